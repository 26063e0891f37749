from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno import condition
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError


def holds(key: Any, operator: str, value: Any) -> bool:
    return condition.evaluate([{"key": key, "operator": operator, "value": value}], Scope({})).holds


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("a", "Equals", "a", True),
        ("abc", "equals", "a*", True),
        ("1Gi", "Equals", "1024Mi", True),
        ("1h", "Equals", "60m", True),
        ("1h", "Equals", 3600, True),
        (1, "Equal", "1", True),
        (1, "Equals", True, False),
        (True, "Equals", True, True),
        (True, "Equals", "true", False),
        ([1], "Equals", [1], True),
        ({"a": 1}, "Equals", {"a": 2}, False),
        (None, "Equals", None, False),
        (None, "NotEquals", "a", False),
        ("a", "NotEquals", "b", True),
        (5, "NotEquals", 5, False),
        ("5", "NotEquals", "", True),
        ("a", "AnyIn", ["a", "b"], True),
        ("a", "AnyIn", "a", True),
        ("a", "AnyIn", '["a","b"]', True),
        ("c", "AnyIn", ["a", "b"], False),
        (["a", "c"], "AnyIn", ["a", "b"], True),
        (["a", "c"], "AllIn", ["a", "b"], False),
        (["a", "c"], "AllIn", ["*"], True),
        (["a", "c"], "AnyNotIn", ["a", "b"], True),
        (["a"], "AnyNotIn", ["a", "b"], False),
        (["a", "c"], "AllNotIn", ["a", "b"], False),
        (["c"], "AllNotIn", ["a", "b"], True),
        ([], "AllIn", ["a"], True),
        ([], "AnyIn", ["a"], False),
        ("c", "AllNotIn", ["a"], True),
        (5, "AnyIn", "1-10", True),
        ([5, 50], "AnyIn", "1-10", True),
        ([5, 50], "AllIn", "1-10", False),
        ([5, 50], "AnyNotIn", "1-10", True),
        ([50], "AllNotIn", "1-10", True),
        (["a"], "AnyIn", 5, False),
        ([5], "AnyIn", 5, True),
        ([5], "AllIn", 5, False),
        ({"a": 1}, "AnyIn", ["a"], False),
        ("a", "AnyNotIn", {"a": 1}, False),
        ("a", "In", ["a"], True),
        (["a"], "In", ["a", "b"], True),
        (["a*"], "In", ["ab"], False),
        (["a"], "NotIn", ["b"], True),
        ("a", "NotIn", ["b"], True),
        ("a", "NotIn", "b", False),
        ("a", "In", '["a"]', True),
        (["a"], "NotIn", '["b"]', True),
        (["a"], "AnyNotIn", "1-10", False),
        ("a", "AllNotIn", "null", True),
        ("a", "AllNotIn", "true", False),
        ("a", "AnyNotIn", "NaN", True),
        (5, "GreaterThan", 4, True),
        (5, "GreaterThanOrEquals", "5", True),
        ("5", "LessThan", 6, True),
        ("100Mi", "LessThan", "1Gi", True),
        ("10m", "LessThanOrEquals", "1h", True),
        (30, "LessThan", "1m", True),
        ("1.2.3", "GreaterThan", "1.2.0", True),
        ("1.2.3", "GreaterThan", 1, False),
        ("word", "GreaterThan", 1, False),
        (None, "GreaterThan", 1, False),
        (True, "GreaterThan", 0, False),
        ("2h", "DurationGreaterThan", 3600, True),
        (3600, "DurationLessThanOrEquals", "1h", True),
        ("x", "DurationLessThan", "1h", False),
    ],
)
def test_an_operator_compares(key: Any, operator: str, value: Any, *, expected: bool) -> None:
    assert holds(key, operator, value) is expected


TRUE = {"key": 1, "operator": "Equals", "value": 1, "message": "yes"}
FALSE = {"key": 1, "operator": "Equals", "value": 2, "message": "no"}


@pytest.mark.parametrize(
    ("conditions", "expected", "message"),
    [
        (None, True, ""),
        ({}, True, ""),
        ({"any": [FALSE, TRUE]}, True, "yes"),
        ({"any": [FALSE, FALSE]}, False, "no; no"),
        ({"any": []}, False, ""),
        ({"all": [TRUE, FALSE]}, False, "no"),
        ({"any": [TRUE], "all": [FALSE]}, False, "no"),
        ({"any": [TRUE], "all": [TRUE]}, True, "yes; yes"),
        ([TRUE, FALSE], False, "no"),
        ([TRUE, TRUE], True, "yes; yes"),
    ],
)
def test_conditions_combine(conditions: Any, message: str, *, expected: bool) -> None:
    assert condition.evaluate(conditions, Scope({})) == (expected, message)


def test_variables_stand_on_both_sides() -> None:
    scope = Scope({"a": 5, "b": 5})
    assert condition.evaluate([{"key": "{{ a }}", "operator": "Equals", "value": "{{ b }}"}], scope).holds


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(SubstitutionError, match="unknown key"):
        holds("{{ nothing }}", "Equals", 1)
