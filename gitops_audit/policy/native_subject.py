"""The variables of a policy's expressions, and the world they may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.admission_request import namespace_of
from gitops_audit.policy.cel import Activation
from gitops_audit.policy.cel.world import TEMPLATES
from gitops_audit.policy.contract import Subject, World

VARIABLES: Mapping[str, str] = {
    "object": "dyn",
    "namespaceObject": "dyn",
    "podSpec": "dyn",
    "podMetadata": "dyn",
    "containers": "list<dyn>",
    "allContainers": "list<dyn>",
}
_PATHS = {(group, kind): path for group, kind, path in TEMPLATES}


@dataclass(slots=True)
class _Last:
    """One entry, replaced as a whole: threads may share it."""

    entry: tuple[JsonObject, JsonObject | None, Activation] | None = None


_last = _Last()


def activation(subject: Subject, world: World) -> Activation:
    """The values of VARIABLES, shared by all policies that look at the same object in turn. Raises CelError."""
    namespace = namespace_of(subject, world)
    entry = _last.entry
    if entry is None or entry[0] is not subject.body or entry[1] is not namespace:
        entry = (subject.body, namespace, Activation.of(_values(subject, namespace)))
        _last.entry = entry
    return entry[2]


def _values(subject: Subject, namespace: JsonObject | None) -> dict[str, Any]:
    template = _template(subject)
    spec = template.get("spec") if template else None
    containers = _containers(spec, ("containers",))
    return {
        "object": subject.body,
        "namespaceObject": namespace,
        "podSpec": spec,
        "podMetadata": (template.get("metadata") or {}) if template else None,
        "containers": containers,
        "allContainers": _containers(spec, ("initContainers", "containers", "ephemeralContainers")),
    }


def _template(subject: Subject) -> JsonObject | None:
    path = _PATHS.get((subject.group, subject.kind))
    if path is None:
        return None
    found: Any = subject.body
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _containers(spec: Any, keys: Sequence[str]) -> list[Any]:
    lists = [spec.get(key) for key in keys] if isinstance(spec, dict) else []
    return [container for found in lists if isinstance(found, list) for container in found]
