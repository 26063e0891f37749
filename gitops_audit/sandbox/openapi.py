"""The OpenAPI v3 documents of what is served, one per group and version, with the extensions clients rely on."""

from __future__ import annotations

import hashlib

import orjson

from gitops_audit.sandbox.kinds import Kind, Kinds
from gitops_audit.sandbox.status import unserved
from gitops_audit.sandbox.types import MISSING, Field, JsonObject, Type

_SCHEMAS = "#/components/schemas/"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
_MICRO_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
_NAMED: dict[str, tuple[str, JsonObject]] = {
    "intstr": (_INT_OR_STRING, {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}),
    "quantity": (_QUANTITY, {"oneOf": [{"type": "string"}, {"type": "number"}]}),
    "time": (_TIME, {"type": "string", "format": "date-time"}),
    "microtime": (_MICRO_TIME, {"type": "string", "format": "date-time"}),
}
_PLAIN: dict[str, JsonObject] = {
    "string": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
}


def index(kinds: Kinds) -> JsonObject:
    """The document at /openapi/v3: where each group and version is described; the hash changes with the content."""
    paths = dict.fromkeys(kind.path for kind in kinds)
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={_hash(kinds, path)}"} for path in paths}}


def _hash(kinds: Kinds, path: str) -> str:
    return hashlib.sha256(orjson.dumps(document(kinds, path))).hexdigest().upper()


def document(kinds: Kinds, path: str) -> JsonObject:
    """The document of `api/v1` or `apis/<group>/<version>`. Raises ApiError 404 where nothing is served there."""
    served = [kind for kind in kinds if kind.path == path]
    if not served:
        raise unserved()
    builder = _Builder()
    for kind in served:
        builder.add_kind(kind)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0+sandbox"},
        "paths": {name: item for kind in served for name, item in _paths(kind).items()},
        "components": {"schemas": dict(sorted(builder.schemas.items()))},
    }


def _paths(kind: Kind) -> JsonObject:
    scope = "/namespaces/{namespace}" if kind.is_namespaced else ""
    names = ("dryRun", "fieldManager", "fieldValidation")
    parameters = [{"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in names]
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.name}
    patch = {"x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": gvk, "parameters": parameters}
    return {f"/{kind.path}{scope}/{kind.plural}/{{name}}": {"patch": patch}}


class _Builder:
    """Collects the named schemas that a document needs."""

    def __init__(self) -> None:
        self.schemas: JsonObject = {}

    def add_kind(self, kind: Kind) -> None:
        gvk = {"group": kind.group, "version": kind.version, "kind": kind.name}
        name = kind.schema.name or f"{'.'.join(reversed(kind.group.split('.')))}.{kind.version}.{kind.name}"
        schema = self._custom(kind) if kind.is_custom else self._struct(kind.schema)
        self.schemas[name] = schema | {"x-kubernetes-group-version-kind": [gvk]}
        list_gvk = gvk | {"kind": kind.list_kind}
        self.schemas[f"{name}List"] = {
            "type": "object",
            "required": ["items"],
            "properties": {"items": {"type": "array", "items": {"$ref": _SCHEMAS + name}}},
            "x-kubernetes-group-version-kind": [list_gvk],
        }

    def _custom(self, kind: Kind) -> JsonObject:
        rules = kind.schema.rules
        header: JsonObject = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
        header["metadata"] = self._reference(kind.schema.fields["metadata"].type)
        return {"type": "object"} | rules | {"properties": (rules.get("properties") or {}) | header}

    def _struct(self, schema: Type) -> JsonObject:
        found: JsonObject = {"type": "object"}
        if schema.fields:
            found["properties"] = {name: self._field(known) for name, known in sorted(schema.fields.items())}
        needed = sorted(name for name, known in schema.fields.items() if known.is_required)
        if needed:
            found["required"] = needed
        if schema.is_atomic:
            found["x-kubernetes-map-type"] = "atomic"
        return found

    def _field(self, known: Field) -> JsonObject:
        schema = self._spelled(known.type)
        if known.default is not MISSING:
            schema = {"allOf": [schema]} if "$ref" in schema else schema
            schema["default"] = known.default
        if known.merge_key:
            schema["x-kubernetes-patch-merge-key"] = known.merge_key
        if known.strategy:
            schema["x-kubernetes-patch-strategy"] = ",".join(known.strategy)
        return schema

    def _spelled(self, schema: Type) -> JsonObject:
        match schema.shape:
            case "list":
                return self._list(schema)
            case "map":
                return self._map(schema)
            case "scalar":
                return self._scalar(schema.scalar)
        return self._reference(schema) if schema.name else {"type": "object"}

    def _list(self, schema: Type) -> JsonObject:
        found: JsonObject = {"type": "array", "items": self._item(schema.element)}
        found["x-kubernetes-list-type"] = schema.list_type
        if schema.keys:
            found["x-kubernetes-list-map-keys"] = list(schema.keys)
        return found

    def _map(self, schema: Type) -> JsonObject:
        found: JsonObject = {"type": "object", "additionalProperties": self._item(schema.element)}
        return found | ({"x-kubernetes-map-type": "atomic"} if schema.is_atomic else {})

    def _item(self, schema: Type | None) -> JsonObject:
        item = self._spelled(schema) if schema is not None else {"type": "object"}
        if "$ref" in item:
            return {"allOf": [item], "default": {}} if schema and schema.shape == "struct" else item
        return item | ({"default": ""} if item.get("type") == "string" else {})

    def _scalar(self, scalar: str) -> JsonObject:
        if scalar not in _NAMED:
            return dict(_PLAIN[scalar])
        name, schema = _NAMED[scalar]
        self.schemas[name] = schema
        return {"$ref": _SCHEMAS + name}

    def _reference(self, schema: Type) -> JsonObject:
        if schema.name not in self.schemas:
            self.schemas[schema.name] = {}
            self.schemas[schema.name] = self._struct(schema)
        return {"$ref": _SCHEMAS + schema.name}
