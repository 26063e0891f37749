"""What is out of order with an Application: its settings, and what Argo CD says of its last sync.

Sources: argo-cd.readthedocs.io/en/stable: user-guide/auto_sync, user-guide/tracking_strategies,
user-guide/skip_reconcile, operator-manual/health; `argoproj.io/v1alpha1` ApplicationStatus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitops_audit.deployer.argocd.marks import PREFIX
from gitops_audit.deployer.engine_fault import EngineFault, is_fixed, short
from gitops_audit.deployer.status_age import Clock, ago, created, moment, newest
from gitops_audit.model.resource import JsonObject, mapping
from gitops_audit.model.severity import Severity

_SKIP_RECONCILE = f"{PREFIX}skip-reconcile"
_RUNNING = ("Running", "Terminating")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def setting_faults(application: JsonObject) -> Iterator[EngineFault]:
    """What its manifest says, in Git as in the cluster."""
    if is_suspended(application):
        pointer = f"/metadata/annotations/{_SKIP_RECONCILE.replace('/', '~1')}"
        yield EngineFault("suspended", f"Argo CD leaves it alone: {_SKIP_RECONCILE} is true", pointer)
    spec = mapping(application.get("spec"))
    policy = mapping(spec.get("syncPolicy")).get("automated")
    if not is_automated(application):
        yield EngineFault("auto-sync-off", "it has no automated sync", "/spec/syncPolicy")
    else:
        for rule, field in (("self-heal-off", "selfHeal"), ("prune-off", "prune")):
            if mapping(policy).get(field) is not True:
                yield EngineFault(rule, f"automated.{field} is not true", f"/spec/syncPolicy/automated/{field}")
    for source, pointer in sources(application):
        revision = str(source.get("targetRevision") or "HEAD")
        if (source.get("path") or source.get("chart") or not source.get("ref")) and not is_fixed(revision):
            what = "version" if source.get("chart") else "revision"
            yield EngineFault(
                "floating-revision", f"its {what} {short(revision)} may move", f"{pointer}/targetRevision"
            )


def is_suspended(application: JsonObject) -> bool:
    annotations = mapping(mapping(application.get("metadata")).get("annotations"))
    return str(annotations.get(_SKIP_RECONCILE)).lower() == "true"


def is_automated(application: JsonObject) -> bool:
    policy = mapping(mapping(application.get("spec")).get("syncPolicy")).get("automated")
    return isinstance(policy, dict) and policy.get("enabled") is not False


def sources(application: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    """Its sources, each with its pointer."""
    spec = mapping(application.get("spec"))
    several = _list(spec.get("sources"))
    if several:
        yield from ((source, f"/spec/sources/{n}") for n, source in enumerate(several) if isinstance(source, dict))
    elif isinstance(spec.get("source"), dict):
        yield spec["source"], "/spec/source"


def state_faults(live: JsonObject, clock: Clock) -> Iterator[EngineFault]:
    """What the status of a live Application says, and how old that is."""
    status = mapping(live.get("status"))
    operation = mapping(status.get("operationState"))
    yield from _sync(live, status, operation)
    health = mapping(status.get("health"))
    is_out = mapping(status.get("sync")).get("status") == "OutOfSync"
    if health.get("status") == "Degraded" or (health.get("status") == "Missing" and not is_out):
        reason = f": {short(health['message'])}" if health.get("message") else ""
        yield EngineFault("degraded", f"Argo CD calls it {health['status']}{reason}", "/status/health")
    if not is_suspended(live):
        yield from _age(live, status, operation, clock)


def _sync(live: JsonObject, status: JsonObject, operation: JsonObject) -> Iterator[EngineFault]:
    errors = [c for c in map(mapping, _list(status.get("conditions"))) if str(c.get("type")).endswith("Error")]
    if errors:
        said = (f"{condition['type']}: {short(condition.get('message'))}" for condition in errors)
        yield EngineFault("not-compared", "; ".join(said), "/status/conditions")
    state = mapping(status.get("sync")).get("status")
    if state == "Unknown" and not errors:
        yield EngineFault("not-compared", "Argo CD does not know whether it is in sync", "/status/sync")
    if operation.get("phase") in ("Failed", "Error"):
        message = f"the last sync ended as {operation['phase']}: {short(operation.get('message'))}"
        yield EngineFault("sync-failed", message, "/status/operationState")
    elif state == "OutOfSync" and operation.get("phase") not in _RUNNING:
        severity = None if is_automated(live) else Severity.info
        yield EngineFault("out-of-sync", _out_of_sync(status), "/status/sync", severity)


def _out_of_sync(status: JsonObject) -> str:
    rows = [mapping(row) for row in _list(status.get("resources"))]
    names = [f"{row.get('kind')}/{row.get('name')}" for row in rows if row.get("status") == "OutOfSync"]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return "Argo CD calls it OutOfSync" + (f": {short(shown)}" if names else "")


def _age(live: JsonObject, status: JsonObject, operation: JsonObject, clock: Clock) -> Iterator[EngineFault]:
    finished, history = operation.get("finishedAt"), _list(status.get("history"))
    synced = newest((finished, *(mapping(entry).get("deployedAt") for entry in history)))
    last = newest((status.get("reconciledAt"), operation.get("startedAt"), finished, created(live)))
    age = clock.age(last)
    if age is not None and age > clock.status_age:
        said = f"since {ago(age)}" if status else f"in {ago(age)}: it has no status"
        yield EngineFault("stale-status", f"Argo CD has not looked at it {said}", "/status/reconciledAt")
    running = clock.age(moment(operation.get("startedAt"))) if operation.get("phase") in _RUNNING else None
    if running is not None and age is not None and age <= clock.status_age < running:
        yield EngineFault("stale-status", f"its sync has been running for {ago(running)}", "/status/operationState")
    since = clock.age(synced or moment(created(live)))
    if clock.sync_age is not None and since is not None and since > clock.sync_age:
        what = "its last sync was" if synced else "it was never synced, and made"
        yield EngineFault("sync-age", f"{what} {ago(since)} ago", "/status/operationState")


def deployed_commit(live: JsonObject) -> str:
    """The commit that it deployed last, where it has one source and is in sync; else empty."""
    sync = mapping(mapping(live.get("status")).get("sync"))
    revision = sync.get("revision")
    is_commit = isinstance(revision, str) and _COMMIT.fullmatch(revision)
    return str(revision) if is_commit and sync.get("status") == "Synced" else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
