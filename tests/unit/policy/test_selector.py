"""Label selectors against labels as manifests have them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.document import Document
from gitops_audit.policy.selector import Requirement, check_expression


@pytest.mark.parametrize(
    ("operator", "label", "expected"),
    [
        ("In", "web", True),
        ("In", "api", False),
        ("NotIn", "api", True),
        ("NotIn", "web", False),
        ("In", ["web"], False),
        ("In", {"web": 1}, False),
        ("NotIn", ["web"], True),
        ("In", None, False),
        ("Exists", ["web"], True),
        ("DoesNotExist", ["web"], False),
    ],
)
def test_a_label_that_is_no_text_is_among_no_values(operator: str, label: Any, expected: bool) -> None:
    requirement = Requirement("tier", operator, frozenset({"web"}))
    assert requirement.matches({"tier": label}) is expected


def test_a_label_that_is_missing_is_not_among_values() -> None:
    assert Requirement("tier", "NotIn", frozenset({"web"})).matches({})
    assert not Requirement("tier", "In", frozenset({"web"})).matches({})


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ({"key": "a", "operator": "in", "values": ["b"]}, "operator is 'in'"),
        ({"key": "a", "operator": "Equals", "values": ["b"]}, "operator is 'Equals'"),
        ({"key": "a"}, "operator is ''"),
        ({"operator": "Exists"}, "has no key"),
        ({"key": "a", "operator": "In"}, "In needs values"),
        ({"key": "a", "operator": "NotIn", "values": []}, "NotIn needs values"),
        ({"key": "a", "operator": "Exists", "values": ["b"]}, "Exists takes no values"),
    ],
)
def test_an_expression_that_could_match_nothing_is_refused(expression: JsonObject, told: str) -> None:
    with pytest.raises(PolicyError, match=told) as caught:
        check_expression(Document(expression, "p.yaml"), "")
    assert caught.value.code == "GA401"
