"""The variables of an admission expression, for an object under audit: as if it were being created right now, or
changed as a change does against its base."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.cel import CERTAIN, Activation, Late
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.declared import without_nulls
from gitops_audit.policy.namespace import certain, namespace_of

VARIABLES: Mapping[str, str] = {
    "object": "dyn",
    "oldObject": "dyn",
    "request": "dyn",
    "namespaceObject": "dyn",
    "params": "dyn",
}
_KEPT = "admission"


def activation(subject: Subject, world: World, params: JsonObject | None = None) -> Activation:
    """The values of VARIABLES. The conversion is shared by all policies that look at the same subject.

    Raises CelError for an object CEL cannot hold.
    """
    if params is not None:
        return Activation.of(_values(subject) | {"params": params}, late=late(subject, world))
    kept: tuple[World, Activation] | None = subject.derived.get(_KEPT)
    if kept is None or kept[0] is not world:
        kept = (world, Activation.of(_values(subject) | {"params": None}, late=late(subject, world)))
        subject.derived[_KEPT] = kept
    return kept[1]


def late(subject: Subject, world: World) -> Late:
    """The Namespace, to be found when the first expression needs it."""
    return {"namespaceObject": partial(namespace_of, subject, world)}


def _values(subject: Subject) -> dict[str, Any]:
    return {
        "object": _whole(subject.after),
        "oldObject": _whole(subject.before),
        "request": request(subject),
        CERTAIN: certain(subject),
    }


def _whole(body: JsonObject | None) -> JsonObject | None:
    return None if body is None else without_nulls(body)


def request(subject: Subject) -> JsonObject:
    """An AdmissionRequest of an ordinary user, without what only a real one has."""
    kind = {"group": subject.group, "version": subject.version, "kind": subject.kind}
    resource = {"group": subject.group, "version": subject.version, "resource": subject.plural}
    return {
        "kind": kind,
        "resource": resource,
        "subResource": "",
        "requestKind": kind,
        "requestResource": resource,
        "requestSubResource": "",
        "name": subject.name,
        "namespace": subject.namespace,
        "operation": subject.operation,
        "userInfo": {"username": "gitops-audit", "uid": "", "groups": ["system:authenticated"], "extra": {}},
        "dryRun": True,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": f"{subject.operation.capitalize()}Options"},
    }
