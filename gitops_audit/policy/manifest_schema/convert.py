"""Turns the OpenAPI v3 schema of a kind into one strict JSON Schema.

The API server is stricter than its OpenAPI document in one way (unknown fields are refused under strict field
validation) and laxer in others. The rules here were found on a real API server; tests/e2e holds them to it:

- built-in types: `null` stands for "not set" everywhere; a few required fields may be left out (LEFT_OUT);
  an empty string stands for "not set" where there is an enumeration.
- custom resources (apiextensions structural schemas): `null` is refused in lists and in required fields that are not
  nullable, elsewhere it stands for "not set";
  `x-kubernetes-preserve-unknown-fields`, `-embedded-resource` and `-int-or-string` are respected.

Documents may come from anyone who may create a CRD. Numbers and patterns are checked by engines of linear time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.model.path import escaped, unescaped
from gitops_audit.model.resource import JsonObject

BYTE_FORMAT = "kubernetes-byte"
_REF = "#/components/schemas/"
BUILT_IN = ("io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator.")
_FREE_FORM = (".RawExtension", ".JSON", ".FieldsV1", ".Patch")
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_FORMATS = frozenset({"date-time", "ipv4", "ipv6"})
_QUANTITY = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$"
MICRO_TIME = r"\.[0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})$"
_EMBEDDED: JsonObject = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
# With empty `properties`, or the validator does not name the fields it finds.
_NO_FIELDS: JsonObject = {"properties": {}, "additionalProperties": False}
_PLAIN = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "multipleOf",
    "pattern",
    "minimum",
    "maximum",
    "uniqueItems",
)
_JUNCTIONS = ("allOf", "anyOf", "oneOf")
# Required by the document, but the API server takes the object without them (it fills in a zero or a default).
LEFT_OUT = frozenset(
    {
        "io.k8s.api.scheduling.v1.PriorityClass/value",
        "io.k8s.api.apps.v1.ControllerRevision/revision",
        "io.k8s.api.apps.v1.StatefulSetSpec/serviceName",
        "io.k8s.api.core.v1.HTTPHeader/value",
        "io.k8s.api.core.v1.ISCSIPersistentVolumeSource/lun",
        "io.k8s.api.core.v1.ISCSIVolumeSource/lun",
        "io.k8s.api.core.v1.LimitRangeSpec/limits",
        "io.k8s.api.core.v1.PreferredSchedulingTerm/preference",
        "io.k8s.api.core.v1.Sysctl/value",
        "io.k8s.api.core.v1.TypedLocalObjectReference/name",
        "io.k8s.api.discovery.v1.EndpointSlice/endpoints",
        "io.k8s.api.networking.v1.NetworkPolicySpec/podSelector",
        "io.k8s.api.rbac.v1.ClusterRole/rules",
        "io.k8s.api.rbac.v1.Role/rules",
        "io.k8s.api.rbac.v1.RoleRef/apiGroup",
        "io.k8s.api.batch.v1.PodFailurePolicy/rules",
        "io.k8s.api.resource.v1.DeviceClass/spec",
        "io.k8s.api.resource.v1.ResourceClaim/spec",
        "io.k8s.api.resource.v1.ResourceClaimTemplate/spec",
        "io.k8s.api.resource.v1.ResourceClaimTemplateSpec/spec",
        "io.k8s.api.storage.v1.CSIDriver/spec",
        "io.k8s.api.storage.v1.CSINode/spec",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion/served",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion/storage",
        "io.k8s.api.storage.v1.CSINodeSpec/drivers",
    }
)


class Converter:
    """Converts the components of one OpenAPI document."""

    __slots__ = ("_components", "_converted")

    def __init__(self, components: JsonObject) -> None:
        self._components = components
        self._converted: JsonObject = {}

    def schema(self, name: str) -> JsonObject:
        """The JSON Schema of a component, with all it refers to under `$defs`. Unknown components allow anything."""
        used = dict(self._closure(name))
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": _local(name), "$defs": used}

    def _closure(self, name: str) -> Iterator[tuple[str, JsonObject]]:
        waiting, seen = [name], {name}
        while waiting:
            current = waiting.pop()
            converted = self._component(current)
            yield current, converted
            for reference in _references(converted):
                if reference not in seen:
                    seen.add(reference)
                    waiting.append(reference)

    def _component(self, name: str) -> JsonObject:
        if name not in self._converted:
            node = self._components.get(name)
            self._converted[name] = _named(name, node) if isinstance(node, dict) else {}
        found: JsonObject = self._converted[name]
        return found


def reference_name(node: JsonObject) -> str:
    """The component a node refers to, alone or as the one part of `allOf`; empty for a node of its own."""
    parts = node.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict) and "properties" not in node:
        node = parts[0] if "$ref" in parts[0] else node
    ref = node.get("$ref")
    return ref.rpartition("/")[2] if isinstance(ref, str) else ""


def _local(name: str) -> str:
    return f"#/$defs/{escaped(name)}"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        ref = node.get("$ref")
        if isinstance(ref, str):
            yield unescaped(ref.removeprefix("#/$defs/"))
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _named(name: str, node: JsonObject) -> JsonObject:
    if name.endswith(".api.resource.Quantity"):
        return {"type": ["string", "number", "null"], "pattern": _QUANTITY}
    if name.endswith(".util.intstr.IntOrString"):
        return {"type": ["integer", "string", "null"]} | _range("int32")
    if name.endswith(".meta.v1.MicroTime"):
        return {"type": ["string", "null"], "format": "date-time", "pattern": MICRO_TIME}
    if name.startswith(BUILT_IN):
        return _BuiltIn(name).convert(node)
    return _Custom().convert(node)


class _BuiltIn:
    """Types of Kubernetes itself, decoded by Go."""

    def __init__(self, name: str) -> None:
        self._name = name

    def convert(self, node: JsonObject, *, is_required: bool = False) -> JsonObject:
        if name := reference_name(node):
            return {"$ref": _local(name)}
        kind = _type(node)
        if node.get("format") == "byte":
            return {"type": ["string", "array", "null"], "items": _range("int32") | {"type": "integer"}} | _format(node)
        if node.get("format") == "int-or-string":
            return {"type": ["integer", "string", "null"]} | _range("int32")
        if not kind:
            return {}
        out: JsonObject = {"type": kind if is_required else [kind, "null"]}
        if isinstance(node.get("enum"), list):
            out["enum"] = [*node["enum"], "", None]
        return out | self._content(kind, node)

    def _content(self, kind: str, node: JsonObject) -> JsonObject:
        if kind == "object":
            return self._object(node)
        if kind == "array":
            items = node.get("items")
            return {"items": self.convert(items)} if isinstance(items, dict) else {}
        return _format(node)

    def _object(self, node: JsonObject) -> JsonObject:
        properties, additional = node.get("properties"), node.get("additionalProperties")
        if isinstance(additional, dict):
            return {"additionalProperties": self.convert(additional)}
        if not isinstance(properties, dict):
            return {} if self._name.endswith(_FREE_FORM) else dict(_NO_FIELDS)
        required = [key for key in _strings(node.get("required")) if f"{self._name}/{key}" not in LEFT_OUT]
        fields = {key: self.convert(child, is_required=key in required) for key, child in _objects(properties)}
        return {"properties": fields, "additionalProperties": False} | ({"required": required} if required else {})


class _Custom:
    """Structural schemas of custom resources, checked by the apiextensions API server."""

    def convert(self, node: JsonObject, *, is_optional: bool = False) -> JsonObject:
        if name := reference_name(node):
            return {"$ref": _local(name)}
        kind, may_be_null = _type(node), is_optional or node.get("nullable") is True or "default" in node
        out = _or_null(_constraints(node)) if may_be_null else _constraints(node)
        if kinds := _custom_types(kind, node):
            out["type"] = [*kinds, "null"] if may_be_null else kinds
        if isinstance(node.get("enum"), list):
            out["enum"] = [*node["enum"], None] if may_be_null else list(node["enum"])
        return out | self._content(kind, node)

    def _content(self, kind: str, node: JsonObject) -> JsonObject:
        if kind == "array":
            return self._list(node)
        return self._object(node) if kind == "object" or "properties" in node else _format(node)

    def _list(self, node: JsonObject) -> JsonObject:
        items = node.get("items")
        out = {"items": self.convert(items)} if isinstance(items, dict) else {}
        return out | ({"uniqueItems": True} if node.get("x-kubernetes-list-type") == "set" else {})

    def _object(self, node: JsonObject) -> JsonObject:
        declared = dict(_objects(node.get("properties")))
        # A default is filled in before anything is asked for.
        required = [k for k in _strings(node.get("required")) if declared.get(k, {}).get("default") is None]
        fields = {k: self.convert(child, is_optional=k not in required) for k, child in declared.items()}
        if node.get("x-kubernetes-embedded-resource") is True:
            fields = _EMBEDDED | fields
            required = [*required, *(key for key in ("apiVersion", "kind") if key not in required)]
        out: JsonObject = {"required": required} if required else {}
        return out | self._additional(node) | ({"properties": fields} if fields else {})

    def _additional(self, node: JsonObject) -> JsonObject:
        additional = node.get("additionalProperties")
        if isinstance(additional, dict):
            return {"additionalProperties": self.convert(additional, is_optional=True)}
        if additional is True or node.get("x-kubernetes-preserve-unknown-fields") is True:
            return {}
        return dict(_NO_FIELDS)


def _custom_types(kind: str, node: JsonObject) -> list[str]:
    if node.get("x-kubernetes-int-or-string") is True:
        return ["integer", "string"]
    if kind == "string" and (node.get("format") == "byte" or node.get("format") in _FORMATS):
        return ["string", "array"]  # the API server's validator lets lists pass where a string has a format
    return [kind] if kind else []


def _or_null(constraints: JsonObject) -> JsonObject:
    """The alternatives of a schema do not hold for a value that is not set."""
    junctions = {key: constraints.pop(key) for key in (*_JUNCTIONS, "not") if key in constraints}
    return constraints | ({"if": {"type": "null"}, "else": junctions} if junctions else {})


def _constraints(node: JsonObject) -> JsonObject:
    """What a schema demands of values, without the strictness about fields: also within anyOf, oneOf, allOf, not."""
    out = {key: node[key] for key in _PLAIN if key in node}
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if node.get(strict) is True and bound in out:
            out[strict] = out.pop(bound)
    if node.get("x-kubernetes-int-or-string") is not True:
        for key in _JUNCTIONS:
            if isinstance(node.get(key), list):
                out[key] = [_junction(part) for part in node[key] if isinstance(part, dict)]
    if isinstance(node.get("not"), dict):
        out["not"] = _junction(node["not"])
    return out


def _junction(node: JsonObject) -> JsonObject:
    out = _constraints(node) | {key: node[key] for key in ("type", "enum", "required") if key in node}
    if isinstance(node.get("properties"), dict):
        out["properties"] = {key: _junction(child) for key, child in _objects(node["properties"])}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            out[key] = _junction(node[key])
    return out


def _format(node: JsonObject) -> JsonObject:
    name = node.get("format")
    if name == "byte":
        return {"format": BYTE_FORMAT}
    if _type(node) == "integer":
        return _range(name if name in _RANGES else "int64", node)
    return {"format": name} if name in _FORMATS else {}


def _range(name: str, node: JsonObject | None = None) -> JsonObject:
    low, high = _RANGES[name]
    own = node or {}
    return {key: own.get(key, bound) for key, bound in (("minimum", low), ("maximum", high))}


def _type(node: JsonObject) -> str:
    """The one type of a node (schemas of the offline package write `[string, null]`); empty where it has none."""
    found = node.get("type")
    if isinstance(found, list):
        found = next((kind for kind in found if kind != "null"), "")
    return found if isinstance(found, str) else ""


def _objects(value: Any) -> Iterator[tuple[str, JsonObject]]:
    for key, child in value.items() if isinstance(value, dict) else ():
        yield key, child if isinstance(child, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
