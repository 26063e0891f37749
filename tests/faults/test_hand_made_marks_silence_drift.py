"""Marks and directives that a person set on the live object are drift, and excuse nothing."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import OrphanConfig
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.orphans import Candidate, OrphanSearch
from gitops_audit.model.resource import JsonObject, ResourceKey
from tests.unit.drift.samples import compared, config_map, entry, live, told, with_metadata

FLUX = "kustomize.toolkit.fluxcd.io"
MARKS = [
    ("annotations", f"{FLUX}/reconcile", "disabled"),
    ("annotations", f"{FLUX}/ssa", "Ignore"),
    ("annotations", f"{FLUX}/ssa", "IfNotPresent"),
    ("annotations", f"{FLUX}/prune", "disabled"),
    ("labels", f"{FLUX}/reconcile", "disabled"),
    ("annotations", "argocd.argoproj.io/sync-options", "Prune=false"),
    ("annotations", "argocd.argoproj.io/compare-options", "IgnoreExtraneous"),
    ("annotations", "argocd.argoproj.io/tracking-id", "other:/ConfigMap:shop/settings"),
    ("labels", "argocd.argoproj.io/instance", "other"),
    ("labels", "app.kubernetes.io/managed-by", "by-hand"),
    ("labels", "app.kubernetes.io/instance", "other"),
    ("annotations", "meta.helm.sh/release-name", "other"),
]


def marked(where: str, key: str, value: str, **data: str) -> JsonObject:
    return with_metadata(config_map(**data), **{where: {key: value}})


def mark(manager: str, where: str, key: str, operation: str = "Update") -> JsonObject:
    return entry(manager, {"metadata": {where: {key: ""}}}, operation, apiVersion="v1")


FLUX_APPLY = entry("kustomize-controller", {"data": {"a": "1"}}, "Apply", apiVersion="v1")


@pytest.mark.parametrize(("where", "key", "value"), MARKS)
@pytest.mark.parametrize("manager", ["kubectl-annotate", "kubectl-edit", "k9s"])
def test_a_mark_set_by_hand_is_added(where: str, key: str, value: str, manager: str) -> None:
    found = live(marked(where, key, value, a="1"), FLUX_APPLY, mark(manager, where, key))
    (change,) = compared(config_map(a="1"), found).changes
    assert (change.type, change.ignored) == ("added", None)
    assert key in change.path


@pytest.mark.parametrize(("where", "key", "value"), MARKS)
def test_a_mark_set_by_hand_excuses_no_other_change(where: str, key: str, value: str) -> None:
    edit = entry("kubectl-edit", {"data": {"a": "9"}}, apiVersion="v1")
    found = live(marked(where, key, value, a="9"), FLUX_APPLY, edit, mark("kubectl-annotate", where, key))
    drift = compared(config_map(a="1"), found)
    assert ("changed", "data.a") in told(drift.changes)
    assert all(change.ignored is None for change in drift.changes)


def test_a_mark_that_a_person_applies_beside_a_deployer_is_added() -> None:
    found = live(marked(*MARKS[0], a="1"), FLUX_APPLY, mark("kubectl", *MARKS[0][:2], "Apply"))
    assert [c.type for c in compared(config_map(a="1"), found).changes] == ["added"]


@pytest.mark.parametrize(("where", "key", "value"), MARKS)
@pytest.mark.parametrize(("manager", "operation"), [("kustomize-controller", "Apply"), ("argocd-controller", "Update")])
def test_a_mark_that_a_deployer_wrote_is_its_own(
    where: str, key: str, value: str, manager: str, operation: str
) -> None:
    found = live(marked(where, key, value, a="1"), mark(manager, where, key, operation))
    drift = compared(config_map(a="1"), found)
    assert (drift.status, drift.changes) == ("in-sync", ())


def reasons(metadata: JsonObject, *entries: JsonObject) -> list[str]:
    key = ResourceKey("prod", "", "ConfigMap", "shop", "stray")
    config = OrphanConfig(True, ("shop",))
    metadata = {"name": "stray", "namespace": "shop", "managedFields": list(entries)} | metadata
    return [o.reason for o in OrphanSearch(config, Managers(), [], []).find([Candidate(key, "v1", metadata)])]


OWNER = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u"}]
OWNED: JsonObject = {"f:metadata": {"f:ownerReferences": {".": {}, 'k:{"uid":"u"}': {}}}}
HELD: JsonObject = {"f:metadata": {"f:finalizers": {".": {}, 'v:"example.com/keep"': {}}}}


def written(where: str, key: str) -> JsonObject:
    return {"f:metadata": {f"f:{where}": {f"f:{key}": {}}}}


@pytest.mark.parametrize(
    ("metadata", "trie"),
    [
        ({"ownerReferences": OWNER}, OWNED),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/keep"]}, HELD),
        ({"annotations": {f"{FLUX}/prune": "disabled"}}, written("annotations", f"{FLUX}/prune")),
        ({"annotations": {"helm.sh/hook": "test"}}, written("annotations", "helm.sh/hook")),
        (
            {"annotations": {"argocd.argoproj.io/sync-options": "Prune=false"}},
            written("annotations", "argocd.argoproj.io/sync-options"),
        ),
    ],
)
@pytest.mark.parametrize(("manager", "is_told"), [("kubectl-edit", True), ("kustomize-controller", False)])
def test_nobody_hides_an_undeclared_object_by_hand(metadata: Any, trie: Any, manager: str, is_told: bool) -> None:
    assert bool(reasons(metadata, entry(manager, trie, apiVersion="v1"))) is is_told
