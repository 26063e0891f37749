"""Beside an autoscaler, changes that others made count: a vertical one acts on pods, a horizontal one on replicas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audited import audited, repository

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
"""


def workload(resources: dict[str, Any], replicas: int = 2) -> dict[str, Any]:
    container = {"name": "app", "image": "registry.example.com/app:1", "resources": resources}
    labels = {"app": "api"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "api", "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "serviceName": "api",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def scaler(api: str, kind: str, field: str) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "api"}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "scaler", "namespace": "shop"},
        "spec": {field: target, "maxReplicas": 9},
    }


VPA = scaler("autoscaling.k8s.io/v1", "VerticalPodAutoscaler", "targetRef")
HPA = scaler("autoscaling/v2", "HorizontalPodAutoscaler", "scaleTargetRef")
RESOURCES: dict[str, Any] = {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:resources": {}}}}}}
REPLICAS: dict[str, Any] = {"f:replicas": {}}


def status_beside(tmp_path: Path, beside: dict[str, Any], live: dict[str, Any], manager: str, spec: Any) -> str:
    entry = {"manager": manager, "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": spec}}
    live["metadata"]["managedFields"] = [entry | {"fieldsType": "FieldsV1", "time": "2026-02-02T00:00:00Z"}]
    declared = workload({"limits": {"memory": "1Gi"}})
    files = {
        "gitops-audit.yaml": CONFIG,
        "apps/api.json": json.dumps(declared),
        "apps/scaler.json": json.dumps(beside),
        "live.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [live, beside]}),
    }
    run = audited(repository(tmp_path, files))
    (verdict,) = [v for v in run if v.subject.key.kind == "StatefulSet"]
    assert verdict.drift is not None
    return verdict.drift.status


@pytest.mark.parametrize("manager", ["nightly-script", "argocd-controller", "vpa-recommender", "kubectl-edit"])
@pytest.mark.parametrize("resources", [{"limits": {"memory": "16Gi"}}, {"limits": {}}])
def test_a_vertical_autoscaler_explains_no_resources_of_a_template(
    tmp_path: Path, manager: str, resources: dict[str, Any]
) -> None:
    assert status_beside(tmp_path, VPA, workload(resources), manager, RESOURCES) == "modified"


@pytest.mark.parametrize(
    ("manager", "status"),
    [("kube-controller-manager", "in-sync"), ("nightly-script", "modified"), ("kubectl-edit", "modified")],
)
def test_a_horizontal_autoscaler_explains_the_replicas_that_it_chose(tmp_path: Path, manager: str, status: str) -> None:
    live = workload({"limits": {"memory": "1Gi"}}, replicas=7)
    assert status_beside(tmp_path, HPA, live, manager, REPLICAS) == status
