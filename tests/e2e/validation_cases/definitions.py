"""What the API server's validation refuses and takes: definitions of custom resources and webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.validation_cases.objects import (
    Case,
    cf,
    crd,
)


def definitions() -> Iterator[Case]:
    yield ("crd ok", cf({"type": "string"}))
    yield ("crd notype", cf({}))
    yield ("crd pattern", cf({"type": "string", "pattern": "(["}))
    yield ("crd lookahead", cf({"type": "string", "pattern": "(?=a)"}))
    yield ("crd pattern ok", cf({"type": "string", "pattern": "^[a-z]{1,5}\\d$"}))
    yield ("crd uniq", cf({"type": "array", "uniqueItems": True, "items": {"type": "string"}}))
    yield ("crd items", cf({"type": "array"}))
    yield (
        "crd both",
        cf({"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": {"type": "string"}}),
    )
    yield ("crd addfalse", cf({"type": "object", "additionalProperties": False}))
    yield ("crd addtrue", cf({"type": "object", "additionalProperties": True}))
    yield (
        "crd props addtrue",
        cf({"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": True}),
    )
    yield ("crd ios type", cf({"type": "string", "x-kubernetes-int-or-string": True}))
    yield ("crd ios", cf({"x-kubernetes-int-or-string": True}))
    yield (
        "crd ios anyof",
        cf({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
    )
    yield (
        "crd ios anyof pat",
        cf({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^a$"}),
    )
    yield (
        "crd ios allof",
        cf(
            {
                "x-kubernetes-int-or-string": True,
                "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "a"}],
            }
        ),
    )
    yield ("crd preserve", cf({"x-kubernetes-preserve-unknown-fields": True}))
    yield ("crd preserve false", cf({"type": "object", "x-kubernetes-preserve-unknown-fields": False}))
    yield ("crd preserve obj", cf({"type": "object", "x-kubernetes-preserve-unknown-fields": True}))
    yield (
        "crd embed",
        cf({"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}),
    )
    yield ("crd embed none", cf({"type": "object", "x-kubernetes-embedded-resource": True}))
    yield ("crd root array", crd({"type": "array", "items": {"type": "string"}}))
    yield ("crd root notype", crd({"properties": {}}))
    yield ("crd root preserve", crd({"type": "object", "x-kubernetes-preserve-unknown-fields": True}))
    yield ("crd root add", crd({"type": "object", "additionalProperties": {"type": "string"}}))
    yield ("crd ref", cf({"$ref": "#/definitions/a"}))
    yield (
        "crd list map",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield (
        "crd list map nokey",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield (
        "crd list map notreq",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield (
        "crd list map default",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string", "default": "a"}}},
            }
        ),
    )
    yield (
        "crd list map missing",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["z"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield ("crd list set", cf({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}))
    yield ("crd list x", cf({"type": "array", "x-kubernetes-list-type": "x", "items": {"type": "string"}}))
    yield (
        "crd maptype",
        cf({"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}}}),
    )
    yield ("crd maptype str", cf({"type": "string", "x-kubernetes-map-type": "atomic"}))
    yield ("crd anyof type", cf({"type": "string", "anyOf": [{"type": "string"}]}))
    yield ("crd anyof pattern", cf({"type": "string", "anyOf": [{"pattern": "a"}, {"enum": ["b"]}]}))
    yield ("crd anyof desc", cf({"type": "string", "anyOf": [{"description": "x", "pattern": "a"}]}))
    yield ("crd anyof title", cf({"type": "string", "anyOf": [{"title": "x", "pattern": "a"}]}))
    yield (
        "crd oneof req",
        cf(
            {
                "type": "object",
                "properties": {"x": {"type": "string"}, "y": {"type": "string"}},
                "oneOf": [{"required": ["x"]}, {"required": ["y"]}],
            }
        ),
    )
    yield (
        "crd not props",
        cf({"type": "object", "properties": {"x": {"type": "string"}}, "not": {"properties": {"x": {"enum": ["a"]}}}}),
    )
    yield ("crd anyof nullable", cf({"type": "string", "anyOf": [{"nullable": True}]}))
    yield ("crd anyof default", cf({"type": "string", "anyOf": [{"default": "a"}]}))
    yield (
        "crd anyof items",
        cf({"type": "array", "items": {"type": "string"}, "anyOf": [{"items": {"pattern": "a"}}]}),
    )
    yield (
        "crd anyof addl",
        cf(
            {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "anyOf": [{"additionalProperties": {"pattern": "a"}}],
            }
        ),
    )
    yield ("crd format", cf({"type": "string", "format": "whatever"}))
    yield ("crd default", cf({"type": "string", "default": "a"}))
    yield ("crd nullable", cf({"type": "string", "nullable": True}))
    yield ("crd enum null", cf({"type": "string", "enum": ["a", ""]}))
    yield (
        "crd cel",
        cf(
            {
                "type": "object",
                "properties": {"x": {"type": "integer"}},
                "x-kubernetes-validations": [{"rule": "self.x > 1"}],
            }
        ),
    )
    yield ("crd name", crd({"type": "object"}, name="ys.e.io"))
    yield (
        "crd two storage",
        crd({"type": "object"})
        | {"spec": crd({"type": "object"})["spec"] | {"versions": crd({"type": "object"})["spec"]["versions"] * 2}},
    )
    yield ("crd no storage", crd({"type": "object"}, storage=False))
    yield (
        "crd no schema",
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "xs.e.io"},
            "spec": {
                "group": "e.io",
                "scope": "Namespaced",
                "names": {"kind": "X", "plural": "xs"},
                "versions": [{"name": "v1", "served": True, "storage": True}],
            },
        },
    )
    yield ("crd scope", crd({"type": "object"}) | {"spec": crd({"type": "object"})["spec"] | {"scope": "x"}})
    yield (
        "crd meta",
        crd(
            {
                "type": "object",
                "properties": {
                    "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}
                },
            }
        ),
    )
    yield ("crd type x", cf({"type": "text"}))
    yield ("crd preserve notype", cf({"x-kubernetes-preserve-unknown-fields": True, "nullable": True}))
    yield ("crd ver name", crd({"type": "object"}, name2=None) if False else crd({"type": "object"}))
