"""Whether the schema of a CustomResourceDefinition is one the API server takes (KEP-1693, structural schemas).

Where the rules come from: the documentation of CustomResourceDefinitions, "Specifying a structural schema" and the
`x-kubernetes-` extensions below it. Each rule is held to a real server by tests/e2e.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gitops_audit.model.path import escaped
from gitops_audit.model.resource import JsonObject

Fault = tuple[str, str]  # pointer into the schema, message
IsPattern = Callable[[str], bool]

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("$ref", "definitions", "dependencies", "patternProperties", "additionalItems")
_NOT_IN_JUNCTIONS = (
    "type",
    "default",
    "nullable",
    "title",
    "description",
    "additionalProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)
_JUNCTIONS = ("allOf", "anyOf", "oneOf")
_MAX_DEPTH = 100
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]


def schema_faults(schema: JsonObject, is_pattern: IsPattern) -> Iterator[Fault]:
    """What is wrong with an openAPIV3Schema, nothing where the API server takes it.

    `is_pattern` says whether a text is a regular expression of RE2.
    """
    if schema.get("type") != "object":
        yield "/type", "the root of a schema must be of type object"
    if "additionalProperties" in schema:
        yield "/additionalProperties", "the root of a schema must name its fields"
    yield from _node(schema, "", is_pattern, _MAX_DEPTH)


def _node(node: JsonObject, at: str, is_pattern: IsPattern, depth: int) -> Iterator[Fault]:
    if depth == 0:
        yield at, f"the schema is nested more than {_MAX_DEPTH} levels deep"
        return
    yield from _values(node, at, is_pattern)
    yield from _shape(node, at)
    yield from _list_and_map(node, at)
    for key, child in _children(node):
        yield from _node(child, f"{at}/{key}", is_pattern, depth - 1)
    for key, child in _alternatives(node):
        yield from _junction(child, f"{at}/{key}", is_pattern, depth - 1, is_either=_is_either(node, key))


def _values(node: JsonObject, at: str, is_pattern: IsPattern) -> Iterator[Fault]:
    """What holds at every level, also within alternatives."""
    for key in _UNSUPPORTED:
        if node.get(key):
            yield f"{at}/{key}", f"{key} is not supported in a CustomResourceDefinition"
    if node.get("uniqueItems") is True:
        yield f"{at}/uniqueItems", "uniqueItems is not supported, use x-kubernetes-list-type: set"
    pattern = node.get("pattern")
    if isinstance(pattern, str) and pattern and not is_pattern(pattern):
        yield f"{at}/pattern", "the pattern is no regular expression (RE2, as Go reads it)"


def _shape(node: JsonObject, at: str) -> Iterator[Fault]:
    kind, is_either = node.get("type"), node.get("x-kubernetes-int-or-string") is True
    preserves = node.get("x-kubernetes-preserve-unknown-fields")
    if not kind and not is_either and preserves is not True:
        yield at, "the type is missing: every field of a structural schema has one"
    elif isinstance(kind, str) and kind and kind not in _TYPES:
        yield f"{at}/type", f"the type must be one of {', '.join(_TYPES)}"
    if preserves is False:
        yield f"{at}/x-kubernetes-preserve-unknown-fields", "must be true, or be left out"
    if node.get("x-kubernetes-embedded-resource") is True and kind != "object":
        yield f"{at}/type", "an embedded resource is of type object"
    elif node.get("x-kubernetes-embedded-resource") is True and not node.get("properties") and preserves is not True:
        yield at, "an embedded resource needs properties or x-kubernetes-preserve-unknown-fields"
    if node.get("properties") and node.get("additionalProperties") not in (None, True):
        yield f"{at}/additionalProperties", "a schema has either properties or additionalProperties"
    if kind == "array" and not isinstance(node.get("items"), dict):
        yield at, "a list needs the schema of its items"


def _list_and_map(node: JsonObject, at: str) -> Iterator[Fault]:
    list_type, keys, map_type = (
        node.get(f"x-kubernetes-{name}") for name in ("list-type", "list-map-keys", "map-type")
    )
    if list_type is not None and (list_type not in ("atomic", "set", "map") or node.get("type") != "array"):
        yield f"{at}/x-kubernetes-list-type", "must be atomic, set or map, on a list"
    if map_type is not None and (map_type not in ("granular", "atomic") or node.get("type") != "object"):
        yield f"{at}/x-kubernetes-map-type", "must be granular or atomic, on an object"
    if list_type == "map" and not keys:
        yield at, "a list of type map needs x-kubernetes-list-map-keys"
    elif keys and list_type != "map":
        yield f"{at}/x-kubernetes-list-map-keys", "only a list of type map has keys"
    elif list_type == "map" and isinstance(keys, list):
        yield from _map_keys(node, keys, at)


def _map_keys(node: JsonObject, keys: list[Any], at: str) -> Iterator[Fault]:
    items = node.get("items")
    fields = items.get("properties") if isinstance(items, dict) else None
    if isinstance(items, dict) and items.get("type") != "object":
        yield f"{at}/items/type", "the elements of a list of type map are objects"
        return
    required = items.get("required") if isinstance(items, dict) else ()
    for key in keys:
        field = fields.get(key) if isinstance(fields, dict) and isinstance(key, str) else None
        if not isinstance(field, dict):
            yield f"{at}/x-kubernetes-list-map-keys", f"the elements have no field {key!r}"
        elif "default" not in field and key not in (required or ()):
            yield f"{at}/x-kubernetes-list-map-keys", f"the key {key!r} must be required or have a default"


def _junction(node: JsonObject, at: str, is_pattern: IsPattern, depth: int, *, is_either: bool) -> Iterator[Fault]:
    """Alternatives hold values to rules; the types of the fields are told outside of them."""
    if depth == 0 or is_either:
        return
    yield from _values(node, at, is_pattern)
    for key in _NOT_IN_JUNCTIONS:
        if node.get(key):
            yield f"{at}/{key}", f"{key} must not stand within allOf, anyOf, oneOf or not"
    for key, child in (*_children(node), *_alternatives(node)):
        yield from _junction(child, f"{at}/{key}", is_pattern, depth - 1, is_either=False)


def _is_either(node: JsonObject, key: str) -> bool:
    """The one place where a type may stand within alternatives: anyOf of an integer and a string."""
    if node.get("x-kubernetes-int-or-string") is not True:
        return False
    return node.get("anyOf") == _INT_OR_STRING or key.startswith("allOf")


def _children(node: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    properties = node.get("properties")
    for name, child in properties.items() if isinstance(properties, dict) else ():
        if isinstance(child, dict):
            yield f"properties/{escaped(str(name))}", child
    for key in ("items", "additionalProperties"):
        child = node.get(key)
        if isinstance(child, dict):
            yield key, child


def _alternatives(node: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for key in _JUNCTIONS:
        parts = node.get(key)
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict):
                yield f"{key}/{index}", part
    if isinstance(node.get("not"), dict):
        yield "not", node["not"]
