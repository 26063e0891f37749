"""Validation rules are bounded: what would be evaluated for ever is told."""

from __future__ import annotations

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema.rules import MAX_EVALUATIONS, Rules

EACH: JsonObject = {"type": "integer", "x-kubernetes-validations": [{"rule": "self > 0"}]}
LIST: JsonObject = {"type": "object", "properties": {"spec": {"type": "array", "items": EACH}}}


def test_too_many_evaluations_are_a_problem() -> None:
    judged = Rules(LIST).judge({"spec": [1] * (MAX_EVALUATIONS + 1)})
    assert (
        judged.problem
        == f"the rules of its definition would be evaluated more than {MAX_EVALUATIONS} times (limit: rule evaluations)"
    )


def test_a_schema_without_rules_costs_nothing() -> None:
    assert not Rules({"type": "object", "properties": {"spec": {"type": "string"}}})


def test_a_value_that_is_no_time_is_a_problem_and_not_passed() -> None:
    time = {"type": "string", "format": "date", "x-kubernetes-validations": [{"rule": "self == self"}]}
    judged = Rules({"type": "object", "properties": {"spec": time}}).judge({"spec": "yesterday"})
    assert "cannot be given to the rules" in judged.problem
