"""Says in words what is wrong with a manifest. Never quotes a value: it may be a secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.config.suggest import did_you_mean
from gitops_audit.model.path import pointer_of, unescaped
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema.convert import MICRO_TIME

_ARTICLES = {"integer": "an integer", "object": "an object", "array": "a list", "number": "a number", "null": "null"}
_ARTICLES |= {"boolean": "true or false", "string": "a string"}
_PYTHON_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (str, "a string"),
    (list, "a list"),
    (dict, "an object"),
)
_SHOWN_CHOICES = 12
_BLOCKING = frozenset(("required", "type", "maxLength", "maxItems", "maxProperties"))


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """`pointer` is the field that is wrong; for a missing field, the object that lacks it.

    `is_blocking`: the API server asks no validation rules of an object with such a fault.
    """

    pointer: str
    message: str
    is_blocking: bool = False


def faults(error: Any, schema: JsonObject) -> Iterator[SchemaFault]:
    """The faults in one error of the validator (jsonschema_rs.ValidationError): one for each unknown field."""
    path = list(error.instance_path)
    if path[:1] == ["status"] and _is_left_to_validation(error):
        return
    if error.kind.name == "additionalProperties":
        known = _fields(schema, path)
        for name in error.kind.unexpected:
            hint = did_you_mean(name, known)
            yield SchemaFault(pointer_of([*path, name]), f"unknown field{f', {hint}' if hint else ''}")
        return
    yield SchemaFault(pointer_of(path), _message(error), is_blocking=error.kind.name in _BLOCKING)


def _is_left_to_validation(error: Any) -> bool:
    """The API server decodes a declared status strictly, then drops it: it asks neither for fields nor for choices."""
    return error.kind.name in ("required", "enum") or (error.kind.name == "type" and error.instance is None)


def _message(error: Any) -> str:
    kind = error.kind
    match kind.name:
        case "required":
            return f"the required field {kind.property!r} is missing"
        case "type":
            return f"must be {_kinds(kind.types)}, not {_kind_of(error.instance)}"
        case "enum":
            return f"must be one of {_choices(kind.options)}"
        case "pattern":
            return _pattern(error)
        case "format":
            return "must be base64" if kind.format == "kubernetes-byte" else f"must be a valid {kind.format}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"must be {_bound(kind)}"
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            return f"must have {'at least' if kind.name.startswith('min') else 'at most'} {_count(kind)}"
        case "uniqueItems":
            return "must not hold an element twice"
        case "anyOf" | "oneOf" | "not":
            return f"has not one of the forms that the schema allows ({kind.name})"
        case _:
            return f"does not satisfy the schema's {kind.name!r}"


def _kinds(types: Sequence[str]) -> str:
    wanted = [_ARTICLES.get(kind, kind) for kind in types if kind != "null"]
    return " or ".join(wanted)


def _kind_of(value: Any) -> str:
    """The type of a value, as a person would say it."""
    for kind, shown in _PYTHON_KINDS:
        if isinstance(value, kind):
            return shown
    return "null"


def _choices(options: Sequence[Any]) -> str:
    shown = [repr(option) for option in options if option not in ("", None)]
    return ", ".join(shown[:_SHOWN_CHOICES]) + (", ..." if len(shown) > _SHOWN_CHOICES else "")


def _pattern(error: Any) -> str:
    pattern = error.kind.pattern
    if pattern.startswith(r"^[+-]?([0-9]+(\.[0-9]*)?|"):
        return "must be a quantity such as 500m, 2 or 1Gi"
    if pattern == MICRO_TIME:
        return "must be a time with microseconds, such as 2026-01-31T12:00:00.000000Z"
    return f"must match the pattern {pattern}"


def _bound(kind: Any) -> str:
    word = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }
    return f"{word[kind.name]} {kind.limit}"


def _count(kind: Any) -> str:
    what = {"Length": "characters", "Items": "elements", "Properties": "fields"}[kind.name[3:]]
    return f"{kind.limit} {what}"


def _fields(schema: JsonObject, path: Sequence[str | int]) -> list[str]:
    """The fields that the schema names for the object at a path."""
    node = _target(schema, schema)
    for step in path:
        child = node.get("items") if isinstance(step, int) else _property(node, step)
        node = _target(child, schema) if isinstance(child, dict) else {}
    return list(node.get("properties", ()))


def _property(node: JsonObject, name: str) -> Any:
    properties = node.get("properties", {})
    return properties[name] if name in properties else node.get("additionalProperties")


def _target(node: JsonObject, schema: JsonObject) -> JsonObject:
    seen = 0
    while "$ref" in node and seen < 16:
        name = unescaped(node["$ref"].removeprefix("#/$defs/"))
        node, seen = schema["$defs"].get(name, {}), seen + 1
    return node
