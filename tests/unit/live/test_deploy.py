"""The manifests in deploy/ grant what they say, and nothing beyond."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject

DEPLOY = Path(__file__).parents[3] / "deploy"
# deploy/monitoring is for Prometheus and Grafana, not for a cluster: tests/unit/report/test_metrics.py holds it.
FILES = sorted(
    p for p in DEPLOY.rglob("*.yaml") if p.name != "kustomization.yaml" and p.parent != DEPLOY / "monitoring"
)


def objects(path: Path) -> list[JsonObject]:
    rendered = manifest.load(path.read_bytes(), str(path))
    assert rendered.problems == ()
    return [m.body for m in rendered.manifests]


def role(name: str) -> JsonObject:
    (found,) = objects(DEPLOY / "rbac" / name)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_manifest_can_be_read(path: Path) -> None:
    assert objects(path)


@pytest.mark.parametrize("name", ["reader.yaml", "secrets.yaml", "engines.yaml"])
def test_reading_roles_grant_get_and_list_and_no_wildcard(name: str) -> None:
    for rule in role(name)["rules"]:
        assert rule["verbs"] == ["get", "list"]
        assert "*" not in [*rule["apiGroups"], *rule["resources"]]


def test_the_reader_reads_no_secrets() -> None:
    assert "secrets" not in [r for rule in role("reader.yaml")["rules"] for r in rule["resources"]]


def test_the_pod_of_the_example_meets_the_restricted_standard() -> None:
    (job,) = [body for body in objects(DEPLOY / "cronjob.yaml") if body["kind"] == "CronJob"]
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
