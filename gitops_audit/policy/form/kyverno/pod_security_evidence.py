"""What the controls of the Pod Security Standards refuse, piece by piece as Kyverno counts it for its exclusions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gitops_audit.kube.pod_template import CONTAINER_LISTS
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.path import unescaped
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security import Evidence

_ADDED = "capabilities/add/"
_ANNOTATION = "/metadata/annotations/"
_VOLUME = "spec.volumes[*]"
_NON_ROOT = "runAsNonRoot"
_ESCALATION = "allowPrivilegeEscalation"


def as_counted(control: str, evidence: Sequence[Evidence], pod: JsonObject) -> list[Evidence]:
    """One piece for all capabilities that a container adds; the others one by one, named and valued as Kyverno does.

    Beside containers that forbid `runAsNonRoot`, those that only do not ask for it count as well.
    """
    found: dict[str, Evidence] = {}
    for item in (*evidence, *(_silent(pod) if control == _NON_ROOT else ())):
        if _ADDED in item.pointer:
            place = item.pointer.rpartition("/")[0]
            before = found[place].value if place in found else []
            found[place] = replace(item, value=[*before, item.value])
        else:
            found[item.pointer] = _shown(control, item, pod)
    return list(found.values())


def _shown(control: str, item: Evidence, pod: JsonObject) -> Evidence:
    """The path of a volume on the host is its value, and an escalation that is not forbidden within a security context
    is `nil`; an annotation is named by its whole key, and in names of fields numbers are stars."""
    if control == _ESCALATION and item.value is ABSENT and _has_security_context(item, pod):
        return replace(item, value="nil")
    if control == "hostPathVolumes" and isinstance(item.value, dict):
        return replace(item, value=item.value.get("path"))
    if item.field == _VOLUME:
        return replace(item, field=f"{_VOLUME}.unknown")
    _, is_annotation, key = item.pointer.rpartition(_ANNOTATION)
    if not is_annotation:
        return item
    shown = unescaped(key)
    return replace(item, field=re.sub(r"\d+", "*", f"metadata.annotations[{shown}]"))


def _has_security_context(item: Evidence, pod: JsonObject) -> bool:
    _, _, place, index, *_ = item.pointer.split("/")
    return _within(pod["spec"][place][int(index)]) is not None


def _silent(pod: JsonObject) -> Iterator[Evidence]:
    spec = pod["spec"]
    if (_within(spec) or {}).get(_NON_ROOT) is True:
        return
    for place in CONTAINER_LISTS:
        for index, container in enumerate(spec.get(place) or ()):
            if (_within(container) or {}).get(_NON_ROOT) is None:
                pointer = f"/spec/{place}/{index}/securityContext/{_NON_ROOT}"
                name = str(container.get("name", "")) if isinstance(container, dict) else ""
                yield Evidence(pointer, f"spec.{place}[*].securityContext.{_NON_ROOT}", container=name)


def _within(holder: Any) -> JsonObject | None:
    """The security context of a pod or container, null where it has none."""
    found = holder.get("securityContext") if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else None
