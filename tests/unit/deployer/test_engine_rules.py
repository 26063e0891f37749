"""What is out of order with objects of Argo CD and Flux, rule by rule."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.schema import schema
from gitops_audit.deployer.engine_fault import RULES
from gitops_audit.deployer.engine_rules import setting_faults, state_faults
from gitops_audit.deployer.status_age import Clock, ago
from gitops_audit.model.resource import JsonObject

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CLOCK = Clock(NOW, timedelta(hours=24))
FRESH, OLD = "2026-05-01T11:58:00Z", "2026-04-20T11:58:00Z"
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}
FLUX = {
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "GitRepository": "source.toolkit.fluxcd.io/v1",
    "OCIRepository": "source.toolkit.fluxcd.io/v1",
    "HelmRepository": "source.toolkit.fluxcd.io/v1",
}


def app(spec: JsonObject | None = None, status: JsonObject | None = None, **metadata: Any) -> JsonObject:
    own = {"syncPolicy": AUTOMATED, "source": {"repoURL": "r", "path": "p", "targetRevision": "v1.2.3"}}
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop"} | metadata}
    return body | {"spec": own | (spec or {})} | ({} if status is None else {"status": status})


def flux(kind: str, spec: JsonObject, status: JsonObject | None = None, **metadata: Any) -> JsonObject:
    body = {"apiVersion": FLUX[kind], "kind": kind, "metadata": {"name": "shop"} | metadata, "spec": spec}
    return body | ({} if status is None else {"status": status})


def chart(version: str | None, source: str = "HelmRepository") -> JsonObject:
    told = {"version": version} if version is not None else {}
    spec = {"chart": "web", "sourceRef": {"kind": source, "name": "r"}} | told
    return {"chart": {"spec": spec}, "driftDetection": {"mode": "enabled"}}


def rules(faults: Any) -> list[str]:
    return [fault.rule for fault in faults]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (app(), []),
        (app({"syncPolicy": None}), ["auto-sync-off"]),
        (app({"syncPolicy": {"automated": {"enabled": False, "prune": True}}}), ["auto-sync-off"]),
        (app({"syncPolicy": {"automated": {}}}), ["self-heal-off", "prune-off"]),
        (app({"syncPolicy": {"automated": "yes"}}), ["auto-sync-off"]),
        (app({"source": {"repoURL": "r", "path": "p"}}), ["floating-revision"]),
        (app({"source": {"repoURL": "r", "path": "p", "targetRevision": "main"}}), ["floating-revision"]),
        (app({"source": {"repoURL": "r", "path": "p", "targetRevision": "refs/tags/a"}}), []),
        (app({"source": {"repoURL": "r", "chart": "c", "targetRevision": "1.*"}}), ["floating-revision"]),
        (app({"source": None, "sources": [{"repoURL": "r", "ref": "values", "targetRevision": "main"}]}), []),
        (app(annotations={"argocd.argoproj.io/skip-reconcile": "true"}), ["suspended"]),
        (flux("Kustomization", {"prune": True}), []),
        (flux("Kustomization", {"suspend": True, "prune": False}), ["suspended", "prune-off"]),
        (flux("Kustomization", {"suspend": "true", "prune": True}), []),
        (flux("HelmRelease", chart("1.2.3")), []),
        (flux("HelmRelease", chart("1.x")), ["floating-revision"]),
        (flux("HelmRelease", chart(None)), ["floating-revision"]),
        (flux("HelmRelease", chart("${version}")), []),
        (flux("HelmRelease", chart(None, "GitRepository")), []),
        (flux("HelmRelease", {"chartRef": {"kind": "OCIRepository", "name": "web"}}), ["self-heal-off"]),
        (flux("GitRepository", {"ref": {"branch": "main"}}), ["floating-revision"]),
        (flux("GitRepository", {"ref": {"tag": "v1"}}), []),
        (flux("GitRepository", {"ref": {"tag": "v1", "semver": "*"}}), ["floating-revision"]),
        (flux("GitRepository", {"ref": {"branch": "main", "commit": "a"}}), []),
        (flux("GitRepository", {"ref": {"name": "refs/tags/v1"}}), []),
        (flux("OCIRepository", {"ref": {"digest": "sha256:0"}}), []),
        (flux("OCIRepository", {}), ["floating-revision"]),
        ({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": "none"}, ["auto-sync-off"]),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, []),
    ],
)
def test_what_a_manifest_says(body: JsonObject, found: list[str]) -> None:
    assert rules(setting_faults(body)) == found


def condition(kind: str, status: str, reason: str = "", time: str = FRESH) -> JsonObject:
    return {"type": kind, "status": status, "reason": reason, "message": "why", "lastTransitionTime": time}


SYNCED = {"reconciledAt": FRESH, "sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
READY = {"observedGeneration": 1, "conditions": [condition("Ready", "True")]}
DEEP = {"observedGeneration": 1, "conditions": [condition("Ready", "True", time=OLD)]}


@pytest.mark.parametrize(
    ("live", "found"),
    [
        (app(status=SYNCED), []),
        (app(status=SYNCED | {"sync": {"status": "OutOfSync"}}), ["out-of-sync"]),
        (app(status=SYNCED | {"sync": {"status": "OutOfSync"}, "operationState": {"phase": "Running"}}), []),
        (
            app(status=SYNCED | {"sync": {"status": "OutOfSync"}, "operationState": {"phase": "Failed"}}),
            ["sync-failed"],
        ),
        (app(status=SYNCED | {"health": {"status": "Degraded"}}), ["degraded"]),
        (app(status=SYNCED | {"health": {"status": "Missing"}}), ["degraded"]),
        (app(status=SYNCED | {"health": {"status": "Missing"}, "sync": {"status": "OutOfSync"}}), ["out-of-sync"]),
        (app(status=SYNCED | {"health": {"status": "Progressing"}}), []),
        (app(status=SYNCED | {"health": {"status": "Suspended"}}), []),
        (app(status=SYNCED | {"sync": {"status": "Unknown"}}), ["not-compared"]),
        (
            app(status=SYNCED | {"sync": {"status": "Unknown"}, "conditions": [{"type": "ComparisonError"}]}),
            ["not-compared"],
        ),
        (app(status=SYNCED | {"conditions": [{"type": "OrphanedResourceWarning"}]}), []),
        (app(status=SYNCED | {"reconciledAt": OLD}), ["stale-status"]),
        (app(status=SYNCED | {"reconciledAt": OLD, "operationState": {"finishedAt": FRESH}}), []),
        (app(status=SYNCED | {"operationState": {"phase": "Running", "startedAt": OLD}}), ["stale-status"]),
        (app(creationTimestamp=OLD), ["stale-status"]),
        (app(creationTimestamp=FRESH), []),
        (app(status=SYNCED | {"reconciledAt": "yesterday"}), []),
        (
            app(
                status=SYNCED | {"reconciledAt": OLD},
                annotations={"argocd.argoproj.io/skip-reconcile": "true"},
            ),
            [],
        ),
        (app(status={"conditions": "none", "sync": [], "health": 3}), []),
        (flux("Kustomization", {}, READY, generation=1), []),
        (flux("Kustomization", {}, {"conditions": [condition("Ready", "False", "BuildFailed")]}), ["not-ready"]),
        (flux("Kustomization", {}, {"conditions": [condition("Ready", "Unknown", "Progressing")]}), []),
        (
            flux("HelmRelease", {}, {"conditions": [condition("Ready", "False"), condition("Stalled", "True")]}),
            ["not-ready"],
        ),
        (flux("Kustomization", {"interval": "10m"}, DEEP, generation=1), ["stale-status"]),
        (flux("Kustomization", {"interval": "2000h"}, DEEP, generation=1), []),
        (flux("Kustomization", {"suspend": True}, DEEP, generation=1), []),
        (flux("Kustomization", {}, DEEP | {"history": [{"lastReconciled": FRESH}]}, generation=1), []),
        (flux("GitRepository", {}, DEEP, generation=1), []),
        (flux("HelmRelease", {}, DEEP, generation=1), []),
        (flux("HelmRelease", {}, DEEP, generation=2), ["stale-status"]),
        (flux("HelmRelease", {}, READY, generation=2), []),
        (
            flux("HelmRelease", {}, DEEP, generation=2, managedFields=[{"manager": "flux", "time": FRESH}]),
            [],
        ),
        (
            flux("GitRepository", {}, DEEP, annotations={"reconcile.fluxcd.io/requestedAt": OLD}),
            ["stale-status"],
        ),
        (
            flux(
                "GitRepository",
                {},
                DEEP | {"lastHandledReconcileAt": OLD},
                annotations={"reconcile.fluxcd.io/requestedAt": OLD},
            ),
            [],
        ),
        (flux("HelmRelease", {}, creationTimestamp=OLD), ["stale-status"]),
        (flux("HelmRepository", {"type": "oci"}, creationTimestamp=OLD), []),
    ],
)
def test_what_a_status_says(live: JsonObject, found: list[str]) -> None:
    assert rules(state_faults(live, CLOCK)) == found


@pytest.mark.parametrize(
    ("live", "found"),
    [
        (app(status=SYNCED | {"operationState": {"phase": "Succeeded", "finishedAt": OLD}}), ["sync-age"]),
        (app(status=SYNCED | {"history": [{"deployedAt": OLD}, {"deployedAt": FRESH}]}), []),
        (app(status=SYNCED, creationTimestamp=OLD), ["sync-age"]),
        (flux("GitRepository", {}, READY | {"artifact": {"lastUpdateTime": OLD}}), ["sync-age"]),
        (flux("HelmRelease", {}, READY | {"history": [{"lastDeployed": FRESH}]}), []),
    ],
)
def test_a_sync_may_be_too_old_where_a_limit_says_so(live: JsonObject, found: list[str]) -> None:
    assert rules(state_faults(live, Clock(NOW, timedelta(hours=24), timedelta(days=7)))) == found


def test_nothing_is_old_in_a_recording_of_unknown_age() -> None:
    assert rules(state_faults(app(status=SYNCED | {"reconciledAt": OLD}), Clock(None, timedelta(hours=1)))) == []


def test_a_message_is_one_short_line() -> None:
    status = SYNCED | {"health": {"status": "Degraded", "message": "a\n\x1b[31mb" * 500}}
    (fault,) = state_faults(app(status=status), CLOCK)
    assert "\n" not in fault.message
    assert len(fault.message) < 400


@pytest.mark.parametrize(("seconds", "said"), [(30, "30s"), (300, "5m"), (93_600, "26h"), (259_200, "3d")])
def test_an_age_is_told_in_its_largest_unit(seconds: int, said: str) -> None:
    assert ago(timedelta(seconds=seconds)) == said


def test_the_schema_of_the_configuration_names_every_rule() -> None:
    assert schema()["$defs"]["engineRule"]["enum"] == list(RULES)
    assert json.dumps(schema())


def test_the_reference_has_every_rule_with_its_severity() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/engine.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", page, re.MULTILINE)
    assert rows == [(name, str(rule.severity)) for name, rule in RULES.items()]
