"""The validation rules of a definition judge custom resources offline; a rule that cannot be evaluated is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject
from tests.audited import Audited
from tests.faults.test_custom_resources_pass_unchecked import CONFIG, GADGET, definition, faults, gadget, run

REDACTING = CONFIG + "redact: [{match: {kind: Gadget}, fields: [/spec/code]}]\n"


def ruled(*rules: JsonObject, **properties: JsonObject) -> JsonObject:
    return definition({"type": "object", "properties": properties, "x-kubernetes-validations": list(rules)})


def told(found: Audited) -> list[tuple[str, str, int]]:
    return [(fault.path, fault.message, fault.line) for verdict in found for fault in verdict.found("schema")]


ORDER = ruled({"rule": "self.least <= self.most"}, least={"type": "integer"}, most={"type": "integer", "default": 5})


@pytest.mark.parametrize("spec", [{"least": 1, "most": 2}, {"least": 5}, {"least": 4, "most": None}])
def test_what_keeps_the_rules_passes(tmp_path: Path, spec: JsonObject) -> None:
    found = run(tmp_path, ORDER, gadget(spec))
    assert set(found.outcomes.values()) == {"passed"}, faults(found)


@pytest.mark.parametrize(
    ("rule", "spec", "expected"),
    [
        ({}, {"least": 6}, ("spec", "failed rule: self.least <= self.most")),
        ({"message": "too much"}, {"least": 6}, ("spec", "too much")),
        ({"messageExpression": "'at most ' + string(self.most)"}, {"least": 6}, ("spec", "at most 5")),
        ({"fieldPath": ".least"}, {"least": 6}, ("spec.least", "failed rule: self.least <= self.most")),
    ],
)
def test_what_breaks_a_rule_is_invalid(tmp_path: Path, rule: JsonObject, spec: JsonObject, expected: Any) -> None:
    crd = ruled({"rule": "self.least <= self.most", **rule}, least={"type": "integer"}, most=MOST)
    found = run(tmp_path, crd, gadget(spec))
    assert [(path, message) for path, message, _ in told(found)] == [expected]
    assert all(line > 0 for _, _, line in told(found))


MOST: JsonObject = {"type": "integer", "default": 5}


def test_an_error_of_a_rule_is_invalid_as_on_the_server(tmp_path: Path) -> None:
    crd = ruled({"rule": "self.a == 1"}, a={"type": "integer"})
    [(path, message, _)] = told(run(tmp_path, crd, gadget({})))
    assert path == "spec"
    assert "no such key: a" in message


@pytest.mark.parametrize("rule", ["self.a ==", "self.a == nothing", "self.a.unheardOf()", "1 + 1"])
def test_a_rule_that_does_not_compile_is_an_error(tmp_path: Path, rule: str) -> None:
    found = run(tmp_path, ruled({"rule": rule}, a={"type": "integer"}), gadget({"a": 1}))
    verdict = next(v for v in found if v.subject.id.endswith(GADGET))
    assert [error.rule for error in verdict.unevaluated] == ["GA463"]


def test_a_rule_for_updates_does_not_count(tmp_path: Path) -> None:
    found = run(tmp_path, ruled({"rule": "self == oldSelf"}, a={"type": "integer"}), gadget({"a": 1}))
    assert set(found.outcomes.values()) == {"passed"}, faults(found)


def test_a_rule_about_a_redacted_value_is_not_judged_but_noted(tmp_path: Path) -> None:
    crd = ruled(
        {"rule": "self.code.size() < 5"}, {"rule": "self.a > 1"}, code={"type": "string"}, a={"type": "integer"}
    )
    found = run(tmp_path, crd, gadget({"code": "abcdefgh", "a": 1}), config=REDACTING)
    assert [message for _, message, _ in told(found)] == ["failed rule: self.a > 1"]
    assert any("validation rules were not evaluated: 1 times of Gadget" in note for note in found.finished.notes)
