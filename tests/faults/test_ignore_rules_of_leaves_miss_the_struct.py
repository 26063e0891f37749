"""A rule covers a field however much came or went with it: what rules leave of a change is what is reported."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig, IgnoreRule
from gitops_audit.kube.match import Match
from gitops_audit.model.resource import JsonObject
from tests.unit.drift.samples import compared, deployment, entry, live, widget

POD = "/spec/template/spec"
CONTAINER = f"{POD}/containers/[name=web]"


def workload(pod: JsonObject | None = None, **container: Any) -> JsonObject:
    containers = [{"name": "web", "image": "nginx:1"} | container]
    spec = {"containers": containers} | (pod or {})
    return deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": spec})


def by_hand(spec: JsonObject, manager: str = "kubectl-edit") -> JsonObject:
    return entry(manager, {"spec": {"template": {"spec": spec}}})


def outcome(declared: JsonObject, found: JsonObject, *fields: str, managers: tuple[str, ...] = ()) -> Any:
    rules = tuple(IgnoreRule(Match(), fields=(field,), reason="known") for field in fields)
    rules += (IgnoreRule(Match(), managers=managers, reason="known"),) if managers else ()
    changes = compared(declared, found, DriftConfig(ignore=rules)).changes
    return [(c.type, c.path.removeprefix("spec.template.spec.")) for c in changes if c.ignored is None]


REMOVED = (
    workload(resources={"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1"}, "claims": []}),
    live(workload()),
)
ADDED = (
    workload(),
    live(
        workload({"securityContext": {"runAsUser": 5, "fsGroup": 6}}),
        by_hand({"securityContext": {"runAsUser": 5, "fsGroup": 6}}),
    ),
)


@pytest.mark.parametrize(
    ("sides", "fields", "left"),
    [
        (REMOVED, [], [("removed", "containers[name=web].resources")]),
        (REMOVED, [f"{CONTAINER}/resources"], []),
        (REMOVED, [f"{CONTAINER}/resources/limits", f"{CONTAINER}/resources/requests"], []),
        (REMOVED, [f"{CONTAINER}/resources/*/cpu", f"{CONTAINER}/resources/limits/memory"], []),
        (REMOVED, [f"{CONTAINER}/resources/limits"], [("removed", "containers[name=web].resources.requests")]),
        (
            REMOVED,
            [f"{CONTAINER}/resources/*/cpu"],
            [("removed", "containers[name=web].resources.limits.memory")],
        ),
        (ADDED, [f"{POD}/securityContext/runAsUser", f"{POD}/securityContext/fsGroup"], []),
        (ADDED, [f"{POD}/securityContext/runAsUser"], [("added", "securityContext.fsGroup")]),
        (ADDED, [f"{POD}/securityContext/other"], [("added", "securityContext")]),
        (ADDED, [POD], []),
    ],
)
def test_rules_are_matched_at_the_leaves(sides: Any, fields: list[str], left: Any) -> None:
    declared, found = sides
    assert outcome(declared, found, *fields) == left


def test_one_covered_change_stays_one() -> None:
    declared, found = REMOVED
    rule = IgnoreRule(Match(), fields=(f"{CONTAINER}/resources/*",), reason="known")
    drift = compared(declared, found, DriftConfig(ignore=(rule,)))
    assert [(c.path.rpartition(".")[2], c.ignored is not None) for c in drift.changes] == [("resources", True)]


def test_what_is_left_has_its_own_values() -> None:
    declared, found = REMOVED
    rule = IgnoreRule(Match(), fields=(f"{CONTAINER}/resources/limits",), reason="known")
    drift = compared(declared, found, DriftConfig(ignore=(rule,)))
    assert {c.pointer.rpartition("/")[2]: c.declared for c in drift.changes} == {
        "limits": {"cpu": "1", "memory": "1Gi"},
        "requests": {"cpu": "1"},
    }


def test_a_list_element_that_came_as_a_whole_is_covered_by_its_fields() -> None:
    element = {"name": "side", "image": "side:1"}
    found = live(
        deployment(
            template={
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1"}, element]},
            }
        ),
        entry(
            "kubectl-edit",
            {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"side"}': {".": {}, "f:image": {}}}}}}},
        ),
    )
    side = f"{POD}/containers/[name=side]"
    assert outcome(workload(), found) == [("added", "containers[name=side]")]
    assert outcome(workload(), found, f"{side}/image") == [("added", "containers[name=side].name")]
    assert outcome(workload(), found, f"{side}/image", f"{side}/name") == []


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        (["/spec/parts/[name=injected]"], []),
        (["/spec/parts/[name=other]"], [("changed", "spec.parts")]),
    ],
)
def test_a_list_without_keys_is_compared_without_what_rules_cover(fields: list[str], left: Any) -> None:
    mine, injected = {"name": "mine", "size": 1}, {"name": "injected", "size": 9}
    assert outcome(widget(parts=[mine]), live(widget(parts=[injected, mine])), *fields) == left


def test_managers_are_matched_at_the_leaves_too() -> None:
    parts = {"securityContext": {"runAsUser": 5, "fsGroup": 6}}
    found = live(
        workload(parts),
        by_hand({"securityContext": {"runAsUser": 5}}, "k9s"),
        by_hand({"securityContext": {"fsGroup": 6}}, "kubectl-edit"),
    )
    assert outcome(workload(), found, managers=("k9s",)) == [("added", "securityContext.fsGroup")]
    assert outcome(workload(), found, managers=("k9s", "kubectl-*")) == []
