"""The health of what runs pods: whether as many are there, updated and ready as the spec asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_audit.model.finding import Health
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import JsonObject, mapping

_CURRENT = Health("current")
_OUT_OF_TIME = "ProgressDeadlineExceeded"


def deployment(spec: JsonObject, status: JsonObject, found: Mapping[str, JsonObject]) -> Health:
    progressing = found.get("Progressing", {})
    if progressing.get("reason") == _OUT_OF_TIME:
        return Health("failed", str(progressing.get("message") or "its rollout took longer than it may"))
    wanted = _number(spec, "replicas", 1)
    there, updated = _number(status, "replicas"), _number(status, "updatedReplicas")
    for count, limit, what in (
        (there, wanted, "there"),
        (updated, wanted, "updated"),
        (_number(status, "availableReplicas"), wanted, "available"),
        (_number(status, "readyReplicas"), wanted, "ready"),
    ):
        if count < limit:
            return _short(count, limit, what)
    if there > wanted:
        return Health("in-progress", f"{there - wanted} old replicas are still there")
    available = found.get("Available")
    if available is not None and available.get("status") != "True":
        return Health("in-progress", str(available.get("message") or "it is not available"))
    return _CURRENT


def replica_set(spec: JsonObject, status: JsonObject, found: Mapping[str, JsonObject]) -> Health:
    failure = found.get("ReplicaFailure", {})
    if failure.get("status") == "True":
        return Health("in-progress", str(failure.get("message") or "replicas cannot be made"))
    wanted = _number(spec, "replicas", 1)
    for field, what in (("replicas", "there"), ("availableReplicas", "available"), ("readyReplicas", "ready")):
        if (count := _number(status, field)) < wanted:
            return _short(count, wanted, what)
    return _CURRENT


def stateful_set(spec: JsonObject, status: JsonObject, found: Mapping[str, JsonObject]) -> Health:
    strategy = mapping(spec.get("updateStrategy"))
    if strategy.get("type") == "OnDelete":
        return _CURRENT
    wanted = _number(spec, "replicas", 1)
    for field, what in (("replicas", "there"), ("readyReplicas", "ready")):
        if (count := _number(status, field)) < wanted:
            return _short(count, wanted, what)
    to_update = wanted - _number(mapping(strategy.get("rollingUpdate")), "partition")
    is_one_revision = status.get("currentRevision") == status.get("updateRevision")
    if not is_one_revision and (updated := _number(status, "updatedReplicas")) < to_update:
        return _short(updated, to_update, "updated")
    return _CURRENT


def daemon_set(spec: JsonObject, status: JsonObject, found: Mapping[str, JsonObject]) -> Health:
    if "observedGeneration" not in status:
        return Health("in-progress", "its controller has not seen it")
    if mapping(spec.get("updateStrategy")).get("type") == "OnDelete":
        return _CURRENT
    wanted = _number(status, "desiredNumberScheduled")
    for field, what in (
        ("currentNumberScheduled", "there"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ):
        if (count := _number(status, field)) < wanted:
            return _short(count, wanted, what)
    return _CURRENT


def _short(count: int, wanted: int, what: str) -> Health:
    return Health("in-progress", f"{count} of {how_many(wanted, 'replica')} {'is' if wanted == 1 else 'are'} {what}")


def _number(value: Mapping[str, Any], field: str, default: int = 0) -> int:
    found = value.get(field, default)
    return found if isinstance(found, int) and not isinstance(found, bool) else default
