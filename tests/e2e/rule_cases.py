"""Definitions with validation rules, and objects that keep or break them.

Each case: a label, the schema of `spec`, and specs to try.
"""

from __future__ import annotations

from typing import Any

from gitops_audit.model.resource import JsonObject

Case = tuple[str, JsonObject, list[Any]]
TEXT: JsonObject = {"type": "string"}
NUMBER: JsonObject = {"type": "integer"}


def rule(text: str, **more: Any) -> JsonObject:
    return {"rule": text, **more}


def fields(*rules: JsonObject, **properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "x-kubernetes-validations": list(rules)}


def bounded(items: JsonObject, **more: Any) -> JsonObject:
    return {"type": "array", "maxItems": 10, "items": items, **more}


def mapped(values: JsonObject, *rules: JsonObject) -> JsonObject:
    found: JsonObject = {"type": "object", "maxProperties": 10, "additionalProperties": values}
    return found | ({"x-kubernetes-validations": list(rules)} if rules else {})


def keyed(*rules: JsonObject) -> JsonObject:
    element = {"type": "object", "required": ["name"], "properties": {"name": SHORT, "port": NUMBER}}
    more: JsonObject = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    return bounded(element, **more) | ({"x-kubernetes-validations": list(rules)} if rules else {})


def pairs() -> JsonObject:
    return bounded({"type": "object", "properties": {"p": keyed()}})


SHORT: JsonObject = {"type": "string", "maxLength": 20}
A_SET = bounded(SHORT, **{"x-kubernetes-list-type": "set"})
CASES: list[Case] = [
    ("order", fields(rule("self.least <= self.most"), least=NUMBER, most=NUMBER), [
        {"least": 1, "most": 2}, {"least": 3, "most": 2}, {"least": 1},
    ]),
    ("message", fields(rule("self.a == 1", message=" a must be one "), a=NUMBER), [{"a": 1}, {"a": 2}]),
    ("messageExpression", fields(rule("self.a == 'x'", messageExpression="'a is ' + self.a"), a=SHORT), [
        {"a": "x"}, {"a": "y"},
    ]),
    ("failing messageExpression", fields(rule("self.a == 1", message="m", messageExpression="self.t[3]"),
        a=NUMBER, t=bounded(SHORT)), [{"a": 2, "t": []}, {"a": 2, "t": ["", "", "", "said"]}]),
    ("fieldPath", fields(rule("self.a == 1", fieldPath=".a", reason="FieldValueForbidden"), a=NUMBER), [{"a": 2}]),
    ("fieldPath into a map", fields(rule("self.m.all(k, self.m[k] == 'x')", fieldPath=".m['a-b']"),
        m=mapped(SHORT)), [{"m": {"a-b": "y"}}]),
    ("has", fields(rule("has(self.a) != has(self.b)"), a=NUMBER, b=NUMBER), [{}, {"a": 1}, {"a": 1, "b": 1}]),
    ("null is not set", fields(rule("!has(self.a)"), a=NUMBER), [{"a": None}, {"a": 1}]),
    ("nullable", fields(rule("has(self.a)"), a={**SHORT, "nullable": True}), [
        {"a": None}, {"a": "x"}, {},
    ]),
    ("rule of a nullable", fields(a={**SHORT, "nullable": True, "x-kubernetes-validations": [rule("self == 'x'")]}), [
        {"a": None}, {"a": "x"}, {"a": "y"}, {},
    ]),
    ("default", fields(rule("self.a == 3"), a={**NUMBER, "default": 3}), [{}, {"a": 4}, {"a": None}]),
    ("nested default", fields(rule("self.o.a == 3"), o={"type": "object", "default": {}, "properties": {
        "a": {**NUMBER, "default": 3}}}), [{}, {"o": {"a": 2}}, {"o": {}}]),
    ("default in a list", fields(l=bounded({"type": "object", "properties": {"a": {**NUMBER, "default": 3}},
        "x-kubernetes-validations": [rule("self.a > 2")]})), [{"l": [{}, {"a": 1}]}]),
    ("list", fields(rule("self.l.all(x, x.startsWith('a'))"), l=bounded(SHORT)), [{"l": ["a", "ab"]}, {"l": ["b"]}]),
    ("rules of elements", fields(l=bounded({**NUMBER, "x-kubernetes-validations": [rule("self % 2 == 0")]})), [
        {"l": [2, 3, 5]}, {"l": [2]},
    ]),
    ("atomic lists are ordered", fields(rule("self.a == self.b"), a=bounded(SHORT), b=bounded(SHORT)), [
        {"a": ["x", "y"], "b": ["x", "y"]}, {"a": ["x", "y"], "b": ["y", "x"]},
    ]),
    ("sets are not", fields(rule("self.a == self.b"), a=A_SET, b=A_SET), [
        {"a": ["x", "y"], "b": ["y", "x"]}, {"a": ["x"], "b": ["x", "y"]},
    ]),
    ("sets differ", fields(rule("self.a != self.b"), a=A_SET, b=A_SET), [
        {"a": ["x", "y"], "b": ["y", "x"]}, {"a": ["x"], "b": ["x", "y"]},
    ]),
    ("sets are joined", fields(rule("(self.a + self.b).size() == 3"), a=A_SET, b=A_SET), [
        {"a": ["x", "y"], "b": ["y", "z"]}, {"a": ["x", "y"], "b": ["x", "y"]},
    ]),
    ("lists of type map are equal by key", fields(rule("self.l[0].p == self.l[1].p"), l=pairs()), [
        {"l": [{"p": [{"name": "x", "port": 1}, {"name": "y"}]}, {"p": [{"name": "y"}, {"name": "x", "port": 1}]}]},
        {"l": [{"p": [{"name": "x", "port": 1}]}, {"p": [{"name": "x", "port": 2}]}]},
    ]),
    ("lists of type map are merged",
        fields(rule("(self.l[0].p + self.l[1].p).map(e, e.port) == [9, 2, 3]"), l=pairs()), [
        {"l": [{"p": [{"name": "x", "port": 1}, {"name": "y", "port": 2}]},
               {"p": [{"name": "z", "port": 3}, {"name": "x", "port": 9}]}]},
        {"l": [{"p": [{"name": "x", "port": 9}]}, {"p": [{"name": "x", "port": 9}]}]},
    ]),
    ("elements of a list of type map", fields(l=keyed(rule("self.exists_one(e, e.name == 'web')"))), [
        {"l": [{"name": "web"}]}, {"l": [{"name": "x"}]},
    ]),
    ("map", fields(rule("self.m.all(k, k.startsWith('a') && self.m[k] > 1)"), m=mapped(NUMBER)), [
        {"m": {"a-b": 2}}, {"m": {"b": 2}}, {"m": {"a": 1}}, {"m": {}},
    ]),
    ("rules of values", fields(m=mapped({**NUMBER, "x-kubernetes-validations": [rule("self > 1")]})), [
        {"m": {"a.b/c": 1, "d": 2}},
    ]),
    ("rule of a map", fields(m=mapped(SHORT, rule("size(self) > 1"))), [{"m": {"a": "1"}}, {"m": {"a": "1", "b": ""}}]),
    ("int or string", fields(rule("type(self.p) == int ? self.p > 10 : self.p == '50%'"),
        p={"x-kubernetes-int-or-string": True}), [{"p": 11}, {"p": 9}, {"p": "50%"}, {"p": "5"}]),
    ("int or string of the wrong type", fields(rule("self.p > 10"), p={"x-kubernetes-int-or-string": True}), [
        {"p": 11}, {"p": "x"},
    ]),
    ("number", fields(rule("self.n + 0.5 > 2.0 && self.n / 2.0 < 5.0"), n={"type": "number"}), [
        {"n": 2}, {"n": 1.5}, {"n": 100},
    ]),
    ("free fields", fields(rule("has(self.known)"), known=SHORT) | {"x-kubernetes-preserve-unknown-fields": True}, [
        {"known": "x", "other": {"a": [1]}}, {"other": 1},
    ]),
    ("free objects", fields(rule("!has(self.free) || self.a == 1"), a=NUMBER,
        free={"type": "object", "x-kubernetes-preserve-unknown-fields": True}), [
        {"a": 1, "free": {"x": 1}}, {"a": 2, "free": {"x": 1}}, {"a": 2},
    ]),
    ("embedded", fields(e={"type": "object", "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-validations": [
            rule("self.kind == 'Pod' && self.metadata.name.startsWith('a')"), rule("self.apiVersion == 'v1'")]}), [
        {"e": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a1"}}},
        {"e": {"apiVersion": "v2", "kind": "Pod", "metadata": {"name": "b1"}}},
        {"e": {"apiVersion": "v1", "kind": "Pod"}},
    ]),
    ("date", fields(rule("self.d > timestamp('2026-01-01T00:00:00Z')"), d={"type": "string", "format": "date"}), [
        {"d": "2026-01-02"}, {"d": "2025-12-31"},
    ]),
    ("date-time", fields(rule("self.t < timestamp('2026-01-01T00:00:00Z') && self.t.getFullYear() == 2025"),
        t={"type": "string", "format": "date-time"}), [
        {"t": "2025-12-31T23:59:59Z"}, {"t": "2026-01-01T00:30:00+01:00"}, {"t": "2026-01-01T00:00:00Z"},
    ]),
    ("times in a list", fields(rule("self.l.all(t, t.getFullYear() == 2025)"),
        l=bounded({"type": "string", "format": "date-time"})), [
        {"l": ["2025-12-31T23:59:59Z"]}, {"l": ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"]},
    ]),
    ("optional time", fields(rule("self.?t.orValue(timestamp('2025-01-01T00:00:00Z')).getFullYear() == 2025"),
        t={"type": "string", "format": "date-time"}), [{}, {"t": "2026-01-01T00:00:00Z"}]),
    ("duration", fields(rule("self.d >= duration('1m') && self.d.getSeconds() < 7200"),
        d={"type": "string", "format": "duration"}), [{"d": "90s"}, {"d": "1h30m"}, {"d": "59s"}, {"d": "2h"}]),
    ("rule of a duration", fields(d={"type": "string", "format": "duration", "x-kubernetes-validations": [
        rule("self > duration('1s')")]}), [{"d": "2s"}, {"d": "500ms"}]),
    ("bytes", fields(rule("size(self.b) == 3"), b={"type": "string", "format": "byte", "maxLength": 20}), [
        {"b": "YWJj"}, {"b": "YWI="},
    ]),
    ("names that are escaped", fields(rule("self.__namespace__ == 'a'"), rule("self.x__dash__y == 'a'"),
        rule("self.a__dot__b__slash__c == 'a'"), rule("self.u__underscores__v == 'a'"),
        **{"namespace": SHORT, "x-y": SHORT, "a.b/c": SHORT, "u__v": SHORT}), [
        {"namespace": "a", "x-y": "a", "a.b/c": "a", "u__v": "a"},
        {"namespace": "b", "x-y": "b", "a.b/c": "b", "u__v": "b"},
    ]),
    ("transition", fields(rule("self.a == oldSelf.a"), a=NUMBER), [{"a": 1}]),
    ("optionalOldSelf", fields(rule("oldSelf.hasValue() || self.a == 1", optionalOldSelf=True), a=NUMBER), [
        {"a": 1}, {"a": 2},
    ]),
    ("library", fields(rule("quantity(self.q).isLessThan(quantity('1Gi')) && self.q.matches('^[0-9]+Mi$')"),
        q=SHORT), [{"q": "10Mi"}, {"q": "2048Mi"}, {"q": "x"}]),
    ("lists of the library", fields(rule("self.l.isSorted() && self.l.sum() < 10 && self.l.max() < 5"),
        l=bounded(NUMBER)), [{"l": [1, 2, 3]}, {"l": [3, 1]}, {"l": [4, 4, 4]}, {"l": []}]),
    ("optional", fields(rule("self.?o.?a.orValue(1) == 1"), o={"type": "object", "properties": {"a": NUMBER}}), [
        {}, {"o": {}}, {"o": {"a": 1}}, {"o": {"a": 2}},
    ]),
    ("division", fields(rule("10 / self.a > 1"), a=NUMBER), [{"a": 2}, {"a": 0}, {"a": 20}]),
    ("index", fields(rule("self.l[1] == 'x'"), l=bounded(SHORT)), [{"l": ["", "x"]}, {"l": ["x"]}]),
    ("two rules", fields(rule("self.a > 1"), rule("self.a > 2", message="more"), a=NUMBER), [{"a": 1}, {"a": 2}]),
    ("beside a wrong type", fields(rule("self.a > 1"), a=NUMBER, b=NUMBER), [{"a": 1, "b": "x"}]),
    ("beside a wrong value", fields(rule("self.a > 1"), a=NUMBER, b={**NUMBER, "minimum": 5}), [{"a": 1, "b": 2}]),
]  # fmt: skip
