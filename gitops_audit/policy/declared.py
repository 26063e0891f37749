"""A declared object as admission would see it: without its nulls, and with the defaults of its built-in kind.

A volume without a source is an `emptyDir`, a Deployment without `replicas` has one. These defaults are fixed in the API
server. What admission plugins and webhooks of a cluster would add is not guessed at, and custom resources stay as they
are declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gitops_audit.kube.defaults import TEMPLATE_GENERATION, apply_defaults, has_defaults
from gitops_audit.kube.pod_template import CONTAINER_LISTS
from gitops_audit.model.resource import JsonObject

_TEMPLATE: JsonObject = {"template": {"spec": {}}}
# what the API server writes even where it is empty, and the defaults are laid into
_ALWAYS: dict[str, JsonObject] = {
    "Service": {"spec": {}},
    "Deployment": {"spec": {"strategy": {}, **_TEMPLATE}},
    "StatefulSet": {"spec": {"updateStrategy": {}, **_TEMPLATE}},
    "DaemonSet": {"spec": {"updateStrategy": {}, **_TEMPLATE}},
    "ReplicaSet": {"spec": _TEMPLATE},
    "Job": {"spec": _TEMPLATE},
    "CronJob": {"spec": {"jobTemplate": {"spec": _TEMPLATE}}},
}


def as_admitted(group: str, version: str, kind: str, body: JsonObject) -> JsonObject:
    """The object as policies of admission get it; the argument is not changed.

    What has no shape of its kind is given back without defaults: its validation tells.
    """
    pruned = without_nulls(body)
    if not has_defaults(group, kind) or (group, version) == ("autoscaling", "v1"):
        return pruned
    try:
        filled: JsonObject = orjson.loads(orjson.dumps(pruned))
        _lay_under(filled, _ALWAYS.get(kind, {"spec": {}}) if "spec" in filled else {})
        for spec in _pod_specs(kind, filled):
            for name in CONTAINER_LISTS:
                for container in spec.get(name) or ():
                    _lay_under(container, {"resources": {}})
        return _without_status(pruned, _defaulted(group, kind, filled))
    except (KeyError, TypeError, ValueError, AttributeError):
        return pruned


def _defaulted(group: str, kind: str, filled: JsonObject) -> JsonObject:
    claims = filled.get("spec", {}).get("volumeClaimTemplates") or () if kind == "StatefulSet" else ()
    for item in (filled, *claims):
        item.setdefault("status", {})
    apply_defaults(group, kind, filled)
    for claim in claims:
        claim.pop("status", None)
    return filled


def _without_status(given: JsonObject, filled: JsonObject) -> JsonObject:
    """Status and marks of controllers are none of what was declared."""
    if "status" not in given:
        filled.pop("status", None)
    metadata = filled["metadata"]
    annotations = metadata.get("annotations")
    if annotations and TEMPLATE_GENERATION not in (given["metadata"].get("annotations") or {}):
        annotations.pop(TEMPLATE_GENERATION, None)
        if not annotations and "annotations" not in given["metadata"]:
            del metadata["annotations"]
    return filled


def _lay_under(target: JsonObject, shape: JsonObject) -> None:
    for key, inner in shape.items():
        _lay_under(target.setdefault(key, {}), inner)


def _pod_specs(kind: str, body: JsonObject) -> Iterator[Any]:
    if kind == "Pod":
        yield body["spec"]
    elif kind == "CronJob":
        yield body["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    elif "template" in _ALWAYS.get(kind, {}).get("spec", {}):
        yield body["spec"]["template"]["spec"]


def without_nulls(body: JsonObject) -> JsonObject:
    """The object as the API server decodes it: a field of null is a field that is not there.

    The rules of RBAC are the exception: they are always written, as null where there are none. The same object where
    it has no null, and where it is no JSON (which is told elsewhere).
    """
    try:
        has_null = b"null" in orjson.dumps(body)
    except (TypeError, ValueError):
        return body
    if not has_null:
        return body
    kept = {"rules": None} if "rules" in body and body["rules"] is None else {}
    return {**_pruned(body), **kept}


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(inner) for key, inner in value.items() if inner is not None}
    return [_pruned(inner) for inner in value] if isinstance(value, list) else value
