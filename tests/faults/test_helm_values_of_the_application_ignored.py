"""A record is no evidence where its deployer renders with other values than the audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.finding import Drift
from tests import engines
from tests.audited import audited, drift_of
from tests.engines import SSH_URL, deployed_at
from tests.repository import Repo

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shopMORE}]
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {level: LEVEL}
"""
CHART = {
    "apps/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "apps/values.yaml": "level: info\n",
    "apps/prod.yaml": "level: warn\n",
    "apps/templates/settings.yaml": SETTINGS.replace("LEVEL", "{{ .Values.level }}"),
}


def live(level: str, by: str = "argocd-controller") -> dict[str, Any]:
    time = {"apiVersion": "v1", "time": "2026-02-01T10:00:00Z", "fieldsType": "FieldsV1"}
    deployed = {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {}}}}
    entries = [{**deployed, **time}]
    entries += [{"manager": by, "operation": "Update", **time, "fieldsV1": {"f:data": {"f:level": {}}}}]
    annotations = {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/settings"}
    metadata = {"name": "settings", "namespace": "shop", "managedFields": entries, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"level": level}}


def drift(root: Path, files: dict[str, str], source: dict[str, Any], found: dict[str, Any], more: str = "") -> Drift:
    repo = Repo.init(root)
    repo.git("remote", "add", "origin", SSH_URL)
    applied = repo.commit_files({"gitops-audit.yaml": CONFIG.replace("MORE", more), **files})
    record = engines.application(deployed_at(applied, engines.argo_source() | source))
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [found, record]}))
    [verdict] = audited(root)
    return drift_of(verdict)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"valueFiles": ["prod.yaml"]}, "helm.valueFiles"),
        ({"values": "level: warn"}, "helm.values"),
        ({"valuesObject": {"level": "warn"}}, "helm.valuesObject"),
        ({"parameters": [{"name": "level", "value": "warn"}]}, "helm.parameters"),
        ({"releaseName": "other"}, "the release name"),
    ],
)
def test_values_of_an_application_make_the_cause_unknown_and_are_named(
    tmp_path: Path, options: dict[str, Any], named: str
) -> None:
    found = drift(tmp_path, CHART, {"helm": options}, live("warn"))
    assert [change.cause for change in found.changes] == ["unknown"]
    assert f"Application argocd/shop renders with other values than this audit: {named}" in found.reason


def test_what_another_manager_took_needs_no_record(tmp_path: Path) -> None:
    found = drift(tmp_path, CHART, {"helm": {"valueFiles": ["prod.yaml"]}}, live("debug", "kubectl-edit"))
    assert [change.cause for change in found.changes] == ["cluster"]


def test_the_same_values_on_both_sides_are_evidence(tmp_path: Path) -> None:
    more = ", helm: {valueFiles: [prod.yaml]}"
    options = {"helm": {"valueFiles": ["prod.yaml"]}}
    assert drift(tmp_path / "same", CHART, options, live("warn"), more).status == "in-sync"
    found = drift(tmp_path / "changed", CHART, options, live("debug"), more)
    assert [change.cause for change in found.changes] == ["cluster"]


def test_values_that_only_the_audit_has_are_no_evidence_either(tmp_path: Path) -> None:
    found = drift(tmp_path, CHART, {}, live("info"), ", helm: {valueFiles: [prod.yaml]}")
    assert [change.cause for change in found.changes] == ["unknown"]


@pytest.mark.parametrize(
    ("kustomize", "expected"),
    [
        ({"patches": [{"patch": "..."}]}, "unknown"),
        ({"images": ["web=web:2"]}, "cluster"),
        ({"version": "v5.8.0"}, "cluster"),
    ],
)
def test_inputs_of_a_kustomization_count_where_they_can_have_made_the_value(
    tmp_path: Path, kustomize: dict[str, Any], expected: str
) -> None:
    files = {"apps/kustomization.yaml": "resources: [settings.yaml]\n", "apps/settings.yaml": SETTINGS}
    found = drift(tmp_path, files, {"kustomize": kustomize}, live("warn"))
    assert [change.cause for change in found.changes] == [expected]


def test_values_given_at_installation_are_not_pending_in_git(tmp_path: Path) -> None:
    """No record, and Helm still owns the value: no version of the chart renders it."""
    found = live("debug", "helm")
    found["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}
    found["metadata"]["managedFields"] = found["metadata"]["managedFields"][1:]
    result = drift(tmp_path, CHART, {"path": "elsewhere"}, found)
    assert [change.cause for change in result.changes] == ["unknown"]
