from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_audit.kube.pod_template import RUNNING
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.cel import selection
from gitops_audit.policy.cel.selection import PodLabels, Selectors

VALUES = st.one_of(st.sampled_from(["x", "y", ""]), st.none(), st.booleans(), st.integers(2, 3), st.just(["x"]))
LABELS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


class Shop:
    """A world of one namespace that counts how often it is read."""

    def __init__(self, *bodies: JsonObject) -> None:
        self.bodies = bodies
        self.lists = 0

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        return None

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        self.lists += 1
        return [body for body in self.bodies if body["kind"] == kind]


def pod(**labels: Any) -> JsonObject:
    return {"kind": "Pod", "metadata": {"labels": labels}}


def budget(selector: Any) -> JsonObject:
    return {"kind": "PodDisruptionBudget", "spec": {"selector": selector}}


@pytest.mark.slow
@given(st.lists(LABELS, max_size=6), LABELS)
def test_pods_are_found_as_by_looking_at_each(pods: list[dict[str, Any]], wanted: dict[str, Any]) -> None:
    expected = sum(all(own.get(key) == value for key, value in wanted.items()) for own in pods)

    assert PodLabels(pods).count(wanted) == expected


@pytest.mark.slow
@given(st.lists(LABELS, max_size=6), LABELS)
def test_selectors_are_found_as_by_looking_at_each(wanted: list[dict[str, Any]], labels: dict[str, Any]) -> None:
    bodies = [budget({"matchLabels": labels}) for labels in wanted]
    expected = sum(all(k in labels and labels[k] == v for k, v in one.items()) for one in wanted)

    assert Selectors(bodies).count(labels) == expected


def test_a_selector_with_expressions_or_without_any_demand_is_taken_to_fit() -> None:
    expression = {"key": "a", "operator": "In", "values": ["z"]}
    fitting = [budget({}), budget({"matchLabels": {}}), budget({"matchExpressions": [expression]})]
    none = [budget(None), budget("a"), budget({"matchLabels": ["a"]}), {"kind": "PodDisruptionBudget"}]

    assert Selectors(fitting + none).count({"a": "x"}) == len(fitting)


def test_a_world_is_read_once_however_often_it_is_asked() -> None:
    world = Shop(pod(a="x"), budget({"matchLabels": {"a": "x"}}))

    assert [selection.pod_labels(world, "shop").count({"a": "x"}) for _ in range(3)] == [1, 1, 1]
    budgets = [selection.selectors(world, "policy", "PodDisruptionBudget", "shop") for _ in range(3)]
    assert [found.count({"a": "x"}) for found in budgets] == [1, 1, 1]
    assert world.lists == len(RUNNING) + 1


def test_what_is_known_of_a_world_ends_with_it() -> None:
    before = len(selection._kept)
    world: Shop | None = Shop(pod(a="x"))
    assert world is not None
    other = Shop()

    assert selection.pod_labels(world, "").count({"a": "x"}) == 1
    assert selection.pod_labels(other, "").count({"a": "x"}) == 0
    assert len(selection._kept) == before + 2

    world = None
    gc.collect()
    assert len(selection._kept) == before + 1


def test_objects_are_found_by_a_text_in_a_field() -> None:
    pods = [pod(app="web") | {"spec": {"nodeName": node}} for node in ("a", "b", "a", None, 1, ["a"])] + [pod()]
    world = Shop(*pods)
    found = selection.by_field(world, "", "Pod", "shop", "/spec/nodeName")

    assert {node: len(bodies) for node, bodies in found.items()} == {"a": 2, "b": 1}
    assert selection.by_field(world, "", "Pod", "shop", "/metadata/labels/app")["web"] == pods[:6]
    assert selection.by_field(world, "", "Pod", "shop", "/spec/nodeName/0") == {"a": [pods[5]]}
    assert selection.by_field(world, "", "Pod", "shop", "/spec/nodeName") is found
    assert world.lists == 3
