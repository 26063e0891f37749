"""The variables of a policy's expressions, and the world they may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.admission_request import namespace_of
from gitops_audit.policy.cel import Activation
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.pod_template import containers, template_of

VARIABLES: Mapping[str, str] = {
    "object": "dyn",
    "namespaceObject": "dyn",
    "podSpec": "dyn",
    "podMetadata": "dyn",
    "containers": "list<dyn>",
    "allContainers": "list<dyn>",
}


@dataclass(slots=True)
class _Last:
    """One entry, replaced as a whole: threads may share it."""

    entry: tuple[JsonObject, World, Activation] | None = None


_last = _Last()


def activation(subject: Subject, world: World) -> Activation:
    """The values of VARIABLES, shared by all policies that look at the same object in turn. Raises CelError."""
    entry = _last.entry
    if entry is None or entry[0] is not subject.body or entry[1] is not world:
        namespace = namespace_of(subject, world)
        entry = (subject.body, world, Activation.of(_values(subject, namespace)))
        _last.entry = entry
    return entry[2]


def _values(subject: Subject, namespace: JsonObject | None) -> dict[str, Any]:
    template = template_of(subject)
    spec = template.get("spec") if template else None
    own = list(containers(spec, "containers"))
    return {
        "object": subject.body,
        "namespaceObject": namespace,
        "podSpec": spec,
        "podMetadata": (template.get("metadata") or {}) if template else None,
        "containers": own,
        "allContainers": list(containers(spec, "initContainers", "containers", "ephemeralContainers")),
    }
