"""The scale subresource: a small object of its own in front of a few fields of its parent."""

from __future__ import annotations

from typing import Any

from gitops_audit.sandbox.decode import require_object
from gitops_audit.sandbox.kinds import Kind, Scaling
from gitops_audit.sandbox.managed_fields import Managers
from gitops_audit.sandbox.status import ApiError, invalid, invalid_value
from gitops_audit.sandbox.types import JsonObject

_SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(scaling: Scaling, body: JsonObject) -> JsonObject:
    """The Scale object of a parent."""
    metadata = {name: body["metadata"][name] for name in _SHOWN if name in body["metadata"]}
    status: JsonObject = {"replicas": _at(body, scaling.status_replicas) or 0}
    selector = _at(body, scaling.selector) if scaling.selector else None
    if isinstance(selector, dict):
        status["selector"] = ",".join(
            f"{key}={value}" for key, value in sorted(selector.get("matchLabels", {}).items())
        )
    elif selector:
        status["selector"] = selector
    spec = {"replicas": _at(body, scaling.spec_replicas) or 0}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status}


def is_scale_tracked(kind: Kind, body: JsonObject, managers: Managers) -> bool:
    """Whether a written Scale gets an owner, as in the API server: somebody owned the replicas, and they are not 0."""
    if kind.scaling is None:
        return False
    path = tuple(f"f:{part}" for part in kind.scaling.spec_replicas)
    was_owned = any(path in entry.fields for entry in managers.values())
    return was_owned and bool(_at(body, kind.scaling.spec_replicas))


def scaled(scaling: Scaling, body: JsonObject, sent: Any) -> JsonObject:
    """The parent with the replicas of a sent Scale. Raises ApiError 400 or 422."""
    scale = require_object(sent)
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if type(replicas) is not int:
        raise ApiError(400, "Scale cannot be handled as a Scale: spec.replicas must be an integer")
    name = body["metadata"]["name"]
    if replicas < 0:
        fault = invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid("autoscaling", "Scale", name, [fault])
    sent_metadata = scale.get("metadata") or {}
    checked = {key: sent_metadata[key] for key in ("resourceVersion", "uid") if sent_metadata.get(key)}
    return _with(body, scaling.spec_replicas, replicas) | {"metadata": body["metadata"] | checked}


def parent_config(kind: Kind, scaling: Scaling, config: Any) -> JsonObject:
    """What applying a Scale means for its parent: a configuration that holds the replicas only."""
    scale = require_object(config)
    metadata = {key: value for key, value in (scale.get("metadata") or {}).items() if key in ("name", "namespace")}
    header = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}
    return _with(header, scaling.spec_replicas, (scale.get("spec") or {}).get("replicas", 0))


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        body = body.get(part) if isinstance(body, dict) else None
    return body


def _with(body: JsonObject, path: tuple[str, ...], value: Any) -> JsonObject:
    head, *rest = path
    return body | {head: _with(body.get(head) or {}, tuple(rest), value) if rest else value}
