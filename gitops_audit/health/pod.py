"""The health of a pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_audit.model.finding import Health
from gitops_audit.model.resource import JsonObject, mapping

# A container that waits for one of these will not start by itself.
_STUCK = frozenset(("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CreateContainerError"))


def pod(spec: JsonObject, status: JsonObject, found: Mapping[str, JsonObject]) -> Health:
    phase = status.get("phase")
    if phase == "Succeeded" or (phase == "Running" and found.get("Ready", {}).get("status") == "True"):
        return Health("current")
    if phase == "Failed":
        return Health("failed", str(status.get("message") or status.get("reason") or "its containers failed"))
    if stuck := next(_stuck(status), ""):
        return Health("failed", stuck)
    scheduled = found.get("PodScheduled", {})
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        return Health("failed", str(scheduled.get("message") or "no node takes it"))
    return Health("in-progress", f"it is {phase or 'not started'}, and not ready")


def _stuck(status: JsonObject) -> Iterator[str]:
    for field in ("initContainerStatuses", "containerStatuses"):
        entries = status.get(field)
        for entry in (e for e in (entries if isinstance(entries, list) else ()) if isinstance(e, dict)):
            waiting = mapping(mapping(entry.get("state")).get("waiting"))
            if (reason := waiting.get("reason")) in _STUCK:
                yield f"container {entry.get('name')} waits: {reason}"
