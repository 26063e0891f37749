"""Objects, types and ownership for the tests of the drift engine; the types are those the sandbox serves."""

from __future__ import annotations

import copy
import json
from datetime import date
from functools import cache
from typing import Any

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer, Scalers
from gitops_audit.drift.ignore import Paths
from gitops_audit.kube.type_schema import Schemas, TypeSchema
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.redact import LAST_APPLIED
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, split_api_version
from gitops_audit.sandbox import openapi
from gitops_audit.sandbox.kinds import Kinds

TODAY = date(2026, 7, 1)
BORN = "2026-01-01T00:00:00Z"
LATER = "2026-02-02T00:00:00Z"


@cache
def _schemas() -> Schemas:
    kinds = Kinds()
    paths = {kind.path for kind in kinds}

    def documents(group: str, version: str) -> JsonObject | None:
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        return openapi.document(kinds, path) if path in paths else None

    return Schemas(documents)


def schema_of(body: JsonObject) -> TypeSchema | None:
    return _schemas().type_for(*split_api_version(body["apiVersion"]), body["kind"])


def custom(properties: JsonObject, **more: Any) -> TypeSchema:
    """The type of a custom resource whose `spec` has the given properties."""
    spec = {"type": "object", "properties": properties} | more
    gvk = [{"group": "example.com", "version": "v1", "kind": "Widget"}]
    metadata = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    root = {
        "type": "object",
        "properties": {"metadata": metadata, "spec": spec},
        "x-kubernetes-group-version-kind": gvk,
    }
    document = {"components": {"schemas": {"w": root}}}
    found = Schemas(lambda group, version: document).type_for("example.com", "v1", "Widget")
    assert found is not None
    return found


def widget(**spec: Any) -> JsonObject:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "x"}, "spec": spec}


def deployment(**spec: Any) -> JsonObject:
    containers = [{"name": "web", "image": "nginx:1"}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template} | spec,
    }


def config_map(**data: str) -> JsonObject:
    metadata = {"name": "settings", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def with_metadata(body: JsonObject, **metadata: Any) -> JsonObject:
    return body | {"metadata": body["metadata"] | metadata}


def declared(body: JsonObject) -> Declared:
    group, version = split_api_version(body["apiVersion"])
    metadata = body["metadata"]
    key = ResourceKey("prod", group, body["kind"], metadata.get("namespace", ""), metadata["name"])
    return Declared(key, "shop", version, body, Origin("shop.yaml", 1))


def fields_v1(value: Any) -> JsonObject:
    """The set of all fields of a value, lists whole."""
    if not isinstance(value, dict):
        return {}
    return {f"f:{name}": fields_v1(inner) for name, inner in value.items()}


def entry(manager: str, owned: JsonObject, operation: str = "Update", **more: str) -> JsonObject:
    """A managedFields entry that owns the fields of `owned`, or exactly those of a trie (keys with `f:`)."""
    trie = owned if any(key.startswith("f:") for key in owned) else fields_v1(owned)
    found = {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "time": LATER, "fieldsV1": trie}
    return found | more


def live(body: JsonObject, *entries: JsonObject, applied: JsonObject | None = None, **metadata: Any) -> JsonObject:
    """A live object: a copy, with ownership and (for client-side apply) the record of what was applied."""
    found = copy.deepcopy(body)
    found["metadata"] = found["metadata"] | {"creationTimestamp": BORN, "uid": "u", "managedFields": list(entries)}
    if applied is not None:
        annotations = dict(found["metadata"].get("annotations", {}))
        found["metadata"]["annotations"] = annotations | {LAST_APPLIED: json.dumps(applied)}
    found["metadata"] |= metadata
    return found


def compared(
    body: JsonObject,
    found: JsonObject | None,
    config: DriftConfig | None = None,
    *,
    schema: TypeSchema | None = None,
    scalers: Scalers | None = None,
    paths: Paths = lambda *_: (),
) -> Drift:
    comparer = Comparer(config or DriftConfig(), today=TODAY, scalers=scalers, paths=paths)
    return comparer.compare(declared(body), found, schema or schema_of(body))


def told(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    """Type and path of each change."""
    return [(change.type, change.path) for change in changes]


def differences(body: JsonObject, found: JsonObject, schema: TypeSchema | None = None) -> list[tuple[str, str]]:
    return told(compared(body, found, schema=schema).changes)
