"""Workloads that were scaled to nothing: of that, the API server records no owner.

A zero is left out of what the scale subresource is sent, so nobody owns `replicas: 0` afterwards. Where Git declares no
replicas the server's default is 1: a zero that nobody owns is what somebody scaled (`kubectl scale --replicas=0`).
"""

from __future__ import annotations

from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.path import Path
from gitops_audit.model.resource import JsonObject

REPLICAS: Path = ("spec", "replicas")
_DEFAULTED_TO_ONE = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("", "ReplicationController"),
}


def may_be_scaled_to_zero(declared: JsonObject, live: JsonObject) -> bool:
    """Whether the live object has no replicas and Git declares none. Cheap; `is_scaled_to_zero` decides."""
    spec = live.get("spec")
    if type(spec) is not dict or spec.get("replicas") != 0:
        return False
    wanted = declared.get("spec")
    return type(wanted) is dict and wanted.get("replicas") is None


def is_scaled_to_zero(group: str, kind: str, declared: JsonObject, live: JsonObject) -> bool:
    """Whether somebody scaled to zero what runs one replica by default, without an owner on record."""
    if (group, kind) not in _DEFAULTED_TO_ONE or not may_be_scaled_to_zero(declared, live):
        return False
    entries = fields.managed_fields(live)
    return bool(entries) and not any("f:replicas" in _owned_in_spec(entry) for entry in entries)


def _owned_in_spec(entry: JsonObject) -> JsonObject:
    """What an entry owns in `spec`; a status subresource's `replicas` are elsewhere."""
    owned = entry.get("fieldsV1")
    spec = owned.get("f:spec") if isinstance(owned, dict) else None
    return spec if isinstance(spec, dict) else {}
