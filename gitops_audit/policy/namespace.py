"""The Namespace of an object, as policies see it: with the label that the API server gives to each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gitops_audit.kube.match import labels_of
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import Subject, UnknownNamespace, World

NAME_LABEL = "kubernetes.io/metadata.name"


def is_inside(subject: Subject) -> bool:
    """Whether an object is in a namespace (a Namespace is in none)."""
    return bool(subject.namespace) and (subject.group, subject.kind) != ("", "Namespace")


def namespace_of(subject: Subject, world: World) -> JsonObject | None:
    """The Namespace an object is in, None for cluster-scoped objects. Raises UnknownNamespace."""
    if not is_inside(subject):
        return None
    body = subject.namespace_object or world.get("", "Namespace", "", subject.namespace)
    if body is None:
        raise UnknownNamespace(subject.namespace, "it is not among the objects that are known here")
    metadata = body.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return {**body, "metadata": {**known, "labels": {**labels_of(body), NAME_LABEL: subject.namespace}}}


def certain(subject: Subject) -> JsonObject | None:
    """What is true of the Namespace whatever else it holds."""
    if not is_inside(subject):
        return None
    metadata = {"name": subject.namespace, "labels": {NAME_LABEL: subject.namespace}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def labels_in(subject: Subject, world: World, keys: Collection[str]) -> Mapping[str, Any]:
    """The labels of the Namespace, as far as these keys go. Raises UnknownNamespace where they are not known."""
    if set(keys) <= {NAME_LABEL}:
        return {NAME_LABEL: subject.namespace}
    return labels_of(namespace_of(subject, world) or {})
