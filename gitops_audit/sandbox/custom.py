"""Custom resources: a CustomResourceDefinition becomes kinds; their objects are pruned, defaulted and validated."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_audit.sandbox.field_set import item_element
from gitops_audit.sandbox.kinds import Kind, Scaling
from gitops_audit.sandbox.status import Cause, invalid_value, required
from gitops_audit.sandbox.tables import builtin
from gitops_audit.sandbox.types import ANY, MISSING, Field, JsonObject, Type

META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def kinds_of(definition: JsonObject) -> Iterator[Kind]:
    """The kinds a CustomResourceDefinition serves, one per served version."""
    spec = definition["spec"]
    names = spec["names"]
    for version in spec["versions"]:
        if version["served"]:
            subresources = version.get("subresources") or {}
            yield Kind(
                spec["group"],
                version["name"],
                names["kind"],
                names["plural"],
                object_type((version.get("schema") or {}).get("openAPIV3Schema") or {}),
                singular=names.get("singular", ""),
                is_namespaced=spec["scope"] == "Namespaced",
                short_names=tuple(names.get("shortNames") or ()),
                categories=tuple(names.get("categories") or ()),
                has_status="status" in subresources,
                scaling=_scaling(subresources.get("scale")),
                has_generation=True,
                is_custom=True,
                list_name=names.get("listKind", ""),
            )


def _scaling(scale: JsonObject | None) -> Scaling | None:
    if scale is None:
        return None
    selector = scale.get("labelSelectorPath") or ""
    return Scaling(_json_path(scale["specReplicasPath"]), _json_path(scale["statusReplicasPath"]), _json_path(selector))


def _json_path(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split(".") if part)


def object_type(schema: JsonObject) -> Type:
    """The type of a whole custom object; apiVersion, kind and metadata are the server's own."""
    found = type_of(schema)
    text = Field(Type("scalar", scalar="string"))
    header = {"apiVersion": text, "kind": text, "metadata": Field(builtin(META))}
    return Type("struct", fields=dict(found.fields) | header, element=found.element, rules=schema)


def type_of(schema: JsonObject) -> Type:
    """The type of a node of a structural schema (apiextensions.k8s.io/v1)."""
    if schema.get("x-kubernetes-int-or-string"):
        return Type("scalar", scalar="intstr", rules=schema)
    kind = schema.get("type")
    if kind == "array":
        return _list(schema)
    if kind in _SCALARS:
        return Type("scalar", scalar=kind, rules=schema)
    if kind == "object" or "properties" in schema:
        return _object(schema)
    return Type("any", rules=schema)


def _list(schema: JsonObject) -> Type:
    return Type(
        "list",
        element=type_of(schema.get("items") or {}),
        list_type=schema.get("x-kubernetes-list-type", "atomic"),
        keys=tuple(schema.get("x-kubernetes-list-map-keys", ())),
        rules=schema,
    )


def _object(schema: JsonObject) -> Type:
    is_atomic = schema.get("x-kubernetes-map-type") == "atomic"
    needed = schema.get("required") or ()
    fields = {
        name: Field(type_of(child), default=child.get("default", MISSING), is_required=name in needed, is_kept=True)
        for name, child in (schema.get("properties") or {}).items()
    }
    if schema.get("x-kubernetes-embedded-resource"):
        fields = {name: Field(ANY, is_kept=True) for name in ("apiVersion", "kind", "metadata")} | fields
    element = _other_keys(schema)
    shape: Any = "map" if not fields and element is not None and element is not ANY else "struct"
    return Type(shape, fields=fields, element=element, is_atomic=is_atomic, rules=schema)


def _other_keys(schema: JsonObject) -> Type | None:
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        return type_of(dict(more))
    return ANY if more is True or schema.get("x-kubernetes-preserve-unknown-fields") else None


def fill_defaults(value: Any, schema: Type) -> Any:
    """The value with the schema's defaults laid under it; null for a field that may not be null takes its default."""
    if isinstance(value, list) and schema.element is not None:
        return [fill_defaults(item, schema.element) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {key: fill_defaults(item, schema.child(key) or ANY) for key, item in value.items()}
    for name, known in schema.fields.items():
        is_void = name not in filled or (filled[name] is None and not known.type.rules.get("nullable"))
        if is_void and known.default is not MISSING and known.type.name != META:
            filled[name] = fill_defaults(copy.deepcopy(known.default), known.type)
    return filled


def faults(value: Any, schema: Type, path: str = "") -> Iterator[Cause]:
    """What of a custom object its schema forbids. CEL rules (`x-kubernetes-validations`) are not evaluated."""
    if value is None and schema.rules.get("nullable"):
        return
    wrong = _type_fault(value, schema, path)
    if wrong is not None:
        yield wrong
        return
    yield from _value_faults(value, schema.rules, path)
    if isinstance(value, dict):
        yield from _object_faults(value, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults(item, schema.element or ANY, f"{path}[{index}]")
        yield from _duplicates(value, schema, path)


def _duplicates(values: list[Any], schema: Type, path: str) -> Iterator[Cause]:
    if schema.list_type == "atomic":
        return
    seen: set[str] = set()
    for index, item in enumerate(values):
        if schema.list_type == "map" and (not isinstance(item, dict) or not item.keys() & set(schema.keys)):
            continue  # told already, as a wrong type or a missing key
        element = item_element(schema, item)
        if element in seen:
            yield Cause("FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {element[2:]}")
        seen.add(element)


def _object_faults(value: JsonObject, schema: Type, path: str) -> Iterator[Cause]:
    for name in schema.rules.get("required") or ():
        if name not in value:
            yield required(_join(path, name))
    for key, item in value.items():
        child = schema.child(key)
        if child is not None and child.name != META:
            yield from faults(item, child, _join(path, key))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_CHECKS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "intstr": (int, str),
}


def _type_fault(value: Any, schema: Type, path: str) -> Cause | None:
    wanted = {"struct": "object", "map": "object", "list": "array"}.get(schema.shape) or schema.scalar
    if schema.shape == "any":
        return None
    expected = {"object": dict, "array": list}.get(wanted) or _CHECKS[wanted]
    is_right = isinstance(value, expected) and (wanted in ("boolean", "object") or not isinstance(value, bool))
    if is_right or (wanted == "integer" and isinstance(value, float) and value.is_integer()):
        return None
    shown = _type_name(value)
    where = path or "<nil>"
    detail = f'{where} in body must be of type {wanted}: "{shown}"'
    return invalid_value(where, shown, detail, "FieldValueTypeInvalid")


def _type_name(value: Any) -> str:
    for kind, name in ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"), (int, "integer")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "number"


def _value_faults(value: Any, rules: JsonObject, path: str) -> Iterator[Cause]:
    if "enum" in rules and value not in rules["enum"]:
        options = ", ".join(f'"{option}"' for option in rules["enum"])
        yield Cause("FieldValueNotSupported", path, f'Unsupported value: "{value}": supported values: {options}')
    if isinstance(value, str):
        yield from _string_faults(value, rules, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number_faults(value, rules, path)
    elif isinstance(value, (list, dict)):
        yield from _size_faults(len(value), rules, path, "Items" if isinstance(value, list) else "Properties")


def _string_faults(value: str, rules: JsonObject, path: str) -> Iterator[Cause]:
    if "pattern" in rules and re.search(rules["pattern"], value) is None:
        yield invalid_value(path, value, f"{path} in body should match '{rules['pattern']}'")
    most = rules.get("maxLength", len(value))
    if len(value) > most:
        yield Cause("FieldValueTooLong", path, f"Too long: may not be more than {most} characters")
    if len(value) < rules.get("minLength", 0):
        least = rules["minLength"]
        yield invalid_value(path, value, f"{path} in body should be at least {least} characters long")


def _size_faults(size: int, rules: JsonObject, path: str, what: str) -> Iterator[Cause]:
    if size < rules.get(f"min{what}", 0):
        least = rules[f"min{what}"]
        yield invalid_value(path, size, f"{path} in body should have at least {least} {what.lower()}")
    if size > rules.get(f"max{what}", size):
        most = rules[f"max{what}"]
        yield Cause("FieldValueTooMany", path, f"Too many: {size}: must have at most {most} {what.lower()}")


def _number_faults(value: float, rules: JsonObject, path: str) -> Iterator[Cause]:
    low, high = rules.get("minimum"), rules.get("maximum")
    if low is not None and (value < low or (value == low and rules.get("exclusiveMinimum"))):
        yield invalid_value(path, value, f"{path} in body should be greater than or equal to {low}")
    if high is not None and (value > high or (value == high and rules.get("exclusiveMaximum"))):
        yield invalid_value(path, value, f"{path} in body should be less than or equal to {high}")
