"""The variables of a policy's expressions, and the world they may look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_audit.kube.pod_template import CONTAINER_LISTS, containers
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.admission_request import late
from gitops_audit.policy.cel import CERTAIN, Activation
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.namespace import certain
from gitops_audit.policy.pod_template import template_of

VARIABLES: Mapping[str, str] = {
    "object": "dyn",
    "oldObject": "dyn",
    "namespaceObject": "dyn",
    "podSpec": "dyn",
    "podMetadata": "dyn",
    "containers": "list<dyn>",
    "allContainers": "list<dyn>",
    "managers": "list<dyn>",
}
_PARTS = frozenset(("podSpec", "podMetadata", "containers", "allContainers", "managers"))
_KEPT = "native"


def activation(subject: Subject, world: World) -> Activation:
    """The values of VARIABLES, shared by all policies that look at the same subject. Raises CelError."""
    kept: tuple[World, Activation] | None = subject.derived.get(_KEPT)
    if kept is None or kept[0] is not world:
        kept = (world, Activation.of(_values(subject), _PARTS, late(subject, world)))
        subject.derived[_KEPT] = kept
    return kept[1]


def _values(subject: Subject) -> dict[str, Any]:
    template = template_of(subject)
    spec = template.get("spec") if template else None
    return {
        "object": subject.after,
        "oldObject": subject.before,
        CERTAIN: certain(subject),
        "podSpec": spec,
        "podMetadata": (template.get("metadata") or {}) if template else None,
        "containers": list(containers(spec, "containers")) if spec else [],
        "allContainers": list(containers(spec, *CONTAINER_LISTS)) if spec else [],
        "managers": _managers(subject.body),
    }


def _managers(body: JsonObject) -> list[Any]:
    """The entries of `metadata.managedFields` without the fields: most of an object, which CEL can do little with."""
    metadata = body.get("metadata")
    found = metadata.get("managedFields") if isinstance(metadata, dict) else None
    entries = found if isinstance(found, list) else ()
    return [{k: v for k, v in e.items() if k != "fieldsV1"} if isinstance(e, dict) else e for e in entries]
