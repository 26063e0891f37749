"""What a person applies beside a deployer is the cluster's; what only kubectl deploys is Git's if Git declared it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.finding import Change
from tests.audited import audited, drift_of
from tests.repository import Repo

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
drift: {pending: warn, appliers: [shipper]}
"""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
DEPLOYED, LATER = "2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"
KUBECTL = "kubectl-client-side-apply"


def settings(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop"},
        "data": data,
    }


def entry(manager: str, operation: str, time: str, *keys: str, writes_record: bool = False) -> dict[str, Any]:
    owned: dict[str, Any] = {"f:data": {f"f:{key}": {} for key in keys}}
    record: dict[str, Any] = {"f:metadata": {"f:annotations": {f"f:{LAST_APPLIED}": {}}}}
    who = {"manager": manager, "operation": operation, "apiVersion": "v1", "time": time, "fieldsType": "FieldsV1"}
    return who | {"fieldsV1": owned | (record if writes_record else {})}


def told(root: Path, live: dict[str, Any], *versions: dict[str, Any]) -> tuple[str, list[Change]]:
    """The outcome and the changes where Git had these versions, each a day after the one before."""
    repo = Repo.init(root)
    for version in versions:
        repo.commit_files({"gitops-audit.yaml": CONFIG, "apps/settings.json": json.dumps(version)})
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [live]}))
    [verdict] = audited(root)
    assert verdict.drift is not None
    return verdict.outcome, list(drift_of(verdict).changes)


def live(
    data: dict[str, str], entries: list[dict[str, Any]], applied: dict[str, str] | None = None, **metadata: Any
) -> dict[str, Any]:
    body = settings(**data)
    annotations = metadata.pop("annotations", {})
    if applied is not None:
        annotations |= {LAST_APPLIED: json.dumps(settings(**applied))}
    body["metadata"] |= {"managedFields": entries, "annotations": annotations, **metadata}
    return body


@pytest.mark.parametrize(
    ("deployer", "operation"),
    [("argocd-controller", "Update"), ("helm", "Update"), ("kustomize-controller", "Apply"), ("shipper", "Apply")],
)
@pytest.mark.parametrize("by", [(KUBECTL, "Update"), ("kubectl", "Apply"), ("werf", "Update"), ("script", "Apply")])
def test_whoever_applies_beside_the_deployer_changes_the_cluster(
    tmp_path: Path, deployer: str, operation: str, by: tuple[str, str]
) -> None:
    hand = entry(*by, LATER, "mode", writes_record=by[0] == KUBECTL)
    marks = {"meta.helm.sh/release-name": "shop"} if deployer == "helm" else {}
    found = live(
        {"mode": "by hand", "level": "info"},
        [entry(deployer, operation, DEPLOYED, "level"), hand],
        {"mode": "by hand", "level": "info"} if by[0] == KUBECTL else None,
        annotations=marks,
    )
    outcome, changes = told(tmp_path, found, settings(mode="plain", level="info"))
    assert (outcome, [(c.path, c.cause) for c in changes]) == ("failed", [("data.mode", "cluster")])


@pytest.mark.parametrize("manager", ["kubectl-edit", "kubectl-replace"])
def test_what_an_editor_writes_into_last_applied_is_no_evidence(tmp_path: Path, manager: str) -> None:
    by_hand = {"mode": "by hand"}
    deployed = entry(KUBECTL, "Update", DEPLOYED, "level")
    found = live(by_hand, [deployed, entry(manager, "Update", LATER, "mode", writes_record=True)], by_hand)
    outcome, changes = told(tmp_path, found, settings(mode="plain"))
    assert (outcome, [c.cause for c in changes]) == ("failed", ["cluster"])


def test_a_variable_that_somebody_applied_by_hand_is_added(tmp_path: Path) -> None:
    hand = entry(KUBECTL, "Update", LATER, "more", writes_record=True)
    found = live({"mode": "plain", "more": "1"}, [entry("helm", "Update", DEPLOYED, "mode"), hand], {"more": "1"})
    _, changes = told(tmp_path, found, settings(mode="plain"))
    assert [(c.type, c.cause, c.by and c.by.manager_class) for c in changes] == [("added", "cluster", "interactive")]


@pytest.mark.parametrize(
    ("versions", "value", "expected"),
    [
        (["1"], "by hand", "cluster"),
        (["1", "2"], "1", "git"),
        (["1", "2"], "by hand", "both"),
    ],
)
def test_where_only_kubectl_deploys_the_history_of_git_decides(
    tmp_path: Path, versions: list[str], value: str, expected: str
) -> None:
    """The deployment was after the first commit (the first of January) and before the second."""
    applied = entry(KUBECTL, "Update", "2026-01-01T23:00:00Z", "mode", writes_record=True)
    found = live({"mode": value}, [applied], {"mode": value})
    _, changes = told(tmp_path, found, *(settings(mode=version) for version in versions))
    assert [c.cause for c in changes] == [expected]


def test_without_a_time_of_deployment_what_kubectl_wrote_is_unknown(tmp_path: Path) -> None:
    applied = entry(KUBECTL, "Update", "", "mode", writes_record=True)
    _, changes = told(tmp_path, live({"mode": "2"}, [applied], {"mode": "2"}), settings(mode="1"))
    assert [c.cause for c in changes] == ["unknown"]
