"""Label selectors against labels as manifests have them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube.selector import EVERYTHING, LabelSelector, Requirement


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


def test_an_operator_that_is_none_selects_nothing() -> None:
    assert not Requirement("tier", "Equals", frozenset({"web"})).matches({"tier": "web"})


def test_all_labels_and_expressions_must_hold() -> None:
    selector = LabelSelector.of({"app": "shop"}, [{"key": "tier", "operator": "In", "values": ["web", "api"]}])
    assert selector.matches({"app": "shop", "tier": "api"})
    assert not selector.matches({"app": "shop", "tier": "db"})
    assert not selector.matches({"tier": "api"})
    assert selector.keys == {"app", "tier"}
    assert EVERYTHING.matches({})
