"""What is out of order with an object of Flux: its settings, and what its controller says of the last reconciliation.

Sources: fluxcd.io/flux/components (kustomize/kustomizations, helm/helmreleases, source/*): `suspend`, `prune`,
`driftDetection`, `ref`, `version`, conditions Ready and Stalled, `observedGeneration`, `lastHandledReconcileAt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gitops_audit.deployer.engine_fault import EngineFault, is_fixed, short
from gitops_audit.deployer.flux.marks import (
    GIT_REPOSITORY,
    HELM_CHART,
    HELM_RELEASE,
    HELM_REPOSITORY,
    KUSTOMIZATION,
    OCI_REPOSITORY,
    REQUESTED,
)
from gitops_audit.deployer.status_age import Clock, ago, created, moment, newest, spec_written, status_written
from gitops_audit.kube import duration
from gitops_audit.model.resource import JsonObject, group_of, mapping
from gitops_audit.model.severity import Severity

_FEW = 3
_COMMIT = re.compile(r"(?:.*[@/])?sha1:([0-9a-f]{40})")


def setting_faults(body: JsonObject) -> Iterator[EngineFault]:
    """What its manifest says, in Git as in the cluster."""
    spec, kind = mapping(body.get("spec")), _kind(body)
    if spec.get("suspend") is True:
        yield EngineFault("suspended", "spec.suspend is true", "/spec/suspend")
    if kind == KUSTOMIZATION and spec.get("prune") is not True:
        yield EngineFault("prune-off", "spec.prune is not true", "/spec/prune")
    if kind == HELM_RELEASE and mapping(spec.get("driftDetection")).get("mode") != "enabled":
        yield EngineFault("self-heal-off", "spec.driftDetection.mode is not enabled", "/spec/driftDetection")
    yield from _floating(spec, kind)


def _floating(spec: JsonObject, kind: tuple[str, str]) -> Iterator[EngineFault]:
    reference = mapping(spec.get("ref"))
    if kind == GIT_REPOSITORY and not reference.get("commit"):
        name = str(reference.get("name") or "")
        is_tag = name.startswith("refs/tags/") or (reference.get("tag") and not reference.get("semver"))
        if not is_tag:
            moving = name or reference.get("semver") or reference.get("branch") or "the default branch"
            yield EngineFault("floating-revision", f"its revision {short(moving)} may move", "/spec/ref")
    if kind == OCI_REPOSITORY and not reference.get("digest"):
        moving = reference.get("semver") or reference.get("tag") or "latest"
        if reference.get("semver") or moving == "latest":
            yield EngineFault("floating-revision", f"its tag {short(moving)} may move", "/spec/ref")
    chart, pointer = spec, "/spec/version"
    if kind == HELM_RELEASE:
        chart, pointer = mapping(mapping(spec.get("chart")).get("spec")), "/spec/chart/spec/version"
    is_charts = kind in (HELM_RELEASE, HELM_CHART) and mapping(chart.get("sourceRef")).get("kind") == "HelmRepository"
    version = str(chart.get("version") or "*")
    if is_charts and not is_fixed(version) and "${" not in version:
        yield EngineFault("floating-revision", f"the version {short(version)} of its chart may move", pointer)


def state_faults(live: JsonObject, clock: Clock) -> Iterator[EngineFault]:
    """What the status of a live object says, and how old that is."""
    spec, status = mapping(live.get("spec")), mapping(live.get("status"))
    if _kind(live) == HELM_REPOSITORY and spec.get("type") == "oci":
        return  # nothing reconciles it
    conditions = {str(c.get("type")): c for c in map(mapping, _list(status.get("conditions")))}
    ready, stalled = conditions.get("Ready", {}), conditions.get("Stalled", {})
    if stalled.get("status") == "True":
        message = f"it is stalled, and not tried again: {_said(stalled)}"
        yield EngineFault("not-ready", message, "/status/conditions")
    elif ready.get("status") == "False":
        is_waiting = ready.get("reason") == "DependencyNotReady"
        severity = Severity.medium if is_waiting else None
        yield EngineFault("not-ready", f"it is not ready: {_said(ready)}", "/status/conditions", severity)
    if spec.get("suspend") is not True:
        yield from _stale(live, spec, status, conditions, clock)
        yield from _sync_age(live, status, clock)


def _said(condition: JsonObject) -> str:
    said = [str(condition[f]) for f in ("reason", "message") if condition.get(f)]
    return short(": ".join(said) or "it does not say why")


def _stale(
    live: JsonObject, spec: JsonObject, status: JsonObject, conditions: dict[str, JsonObject], clock: Clock
) -> Iterator[EngineFault]:
    metadata = mapping(live.get("metadata"))
    generation, observed = metadata.get("generation"), status.get("observedGeneration")
    transitions = [c.get("lastTransitionTime") for c in conditions.values()]
    said = newest((*transitions, *status_written(live), *(mapping(h).get("lastReconciled") for h in _history(status))))
    if not status or (isinstance(generation, int) and observed != generation and observed is not None):
        # What was asked of it since, it has not seen: as old as the newest word of either side.
        age = clock.age(max(filter(None, (said, newest(spec_written(live)))), default=None))
        if age is not None and age > clock.status_age:
            seen = f"generation {observed} of {generation}" if status else "nothing: it has no status"
            yield EngineFault("stale-status", f"since {ago(age)} its controller has seen {seen}", "/status")
        return
    asked = mapping(metadata.get("annotations")).get(REQUESTED)
    waiting = clock.age(moment(asked)) if asked != status.get("lastHandledReconcileAt") else None
    if waiting is not None and waiting > clock.status_age:
        message = f"it was asked to reconcile {ago(waiting)} ago, and has not"
        yield EngineFault("stale-status", message, "/status/lastHandledReconcileAt")
    elif _kind(live) == KUSTOMIZATION and (age := clock.age(said)) is not None and age > _limit(spec, clock):
        yield EngineFault("stale-status", f"its controller has said nothing since {ago(age)}", "/status/conditions")


def _limit(spec: JsonObject, clock: Clock) -> timedelta:
    """A Kustomization says something at every interval; a few may be missed."""
    interval = duration.parse(spec.get("interval")) or 0
    return max(clock.status_age, timedelta(seconds=_FEW * min(interval, 10**18) / duration.SECOND_NS))


def _sync_age(live: JsonObject, status: JsonObject, clock: Clock) -> Iterator[EngineFault]:
    """Where a limit is set. The release, the artifact, or the reconciliation that came last."""
    times = [mapping(h).get(f) for h in _history(status) for f in ("lastReconciled", "lastDeployed")]
    times.append(mapping(status.get("artifact")).get("lastUpdateTime"))
    if not newest(times):
        times += [mapping(c).get("lastTransitionTime") for c in _list(status.get("conditions"))]
    age = clock.age(newest((*times, created(live))))
    if clock.sync_age is not None and age is not None and age > clock.sync_age:
        yield EngineFault("sync-age", f"what it did last is {ago(age)} old", "/status")


def deployed_commit(live: JsonObject) -> str:
    """The commit that a Kustomization applied last; empty where it says none."""
    revision = mapping(live.get("status")).get("lastAppliedRevision")
    found = _COMMIT.fullmatch(revision) if isinstance(revision, str) else None
    return found[1] if found else ""


def _history(status: JsonObject) -> list[Any]:
    return _list(status.get("history"))


def _kind(body: JsonObject) -> tuple[str, str]:
    return group_of(body), str(body.get("kind", ""))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
