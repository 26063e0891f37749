"""Objects built from the schema of a kind with every field filled, their leaves, and the ownership of all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.kube.type_schema import ANYTHING, Schemas, TypeSchema
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey

GroupVersionKind = tuple[str, str, str]
Step = str | int
Steps = tuple[Step, ...]

# A type within itself (JSONSchemaProps) is filled once; deeper it stays empty.
_MOST_OFTEN = 2
_COMPARED_METADATA = frozenset({"labels", "annotations", "finalizers"})
_SYSTEM = frozenset({"apiVersion", "kind", "status"})
_OTHER = {"100m": "200m", "AAEC": "AAED", "2024-01-01T00:00:00Z": "2025-01-01T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar of an object by its path. `is_key`: it identifies the list element that holds it."""

    path: Steps
    is_key: bool

    @property
    def pointer(self) -> str:
        return pointer(self.path)


@dataclass(frozen=True, slots=True)
class Populated:
    """An object of a kind with every field filled: two elements in each list, the second with its scalars only."""

    gvk: GroupVersionKind
    schema: TypeSchema
    body: JsonObject = field(repr=False)

    @classmethod
    def of(cls, schemas: Schemas, gvk: GroupVersionKind) -> Populated:
        schema = schemas.type_for(*gvk)
        assert schema is not None
        body = _struct(schema, ()) | {"apiVersion": "/".join(filter(None, gvk[:2])), "kind": gvk[2]}
        for inner in ("ownerReferences", "managedFields"):
            body["metadata"].pop(inner, None)
        return cls(gvk, schema, body)

    def resource(self, body: JsonObject) -> Declared:
        return Declared(ResourceKey("c", self.gvk[0], self.gvk[2], "ns", "n"), "s", self.gvk[1], body, Origin("f", 1))

    def leaves(self) -> list[Leaf]:
        """What takes part in the comparison: no status, no system metadata, no rules that are aggregated."""
        return [
            leaf
            for leaf in _leaves(self.body, self.schema)
            if leaf.path[0] not in _SYSTEM and (leaf.path[0] != "metadata" or leaf.path[1] in _COMPARED_METADATA)
            if not (leaf.path[0] == "rules" and "aggregationRule" in self.body)
        ]

    def owned(self, path: Steps) -> list[str]:
        """The keys of FieldsV1 that lead to a path, as far as it can be owned in parts."""
        keys: list[str] = []
        value: Any = self.body
        schema = self.schema
        for step in path:
            if schema.is_atomic or (isinstance(value, list) and schema.list_type not in ("map", "set")):
                break
            keys.append(_owned_step(value, step, schema))
            value, schema = value[step], _child(schema, step)
        return keys

    def ownership(self) -> JsonObject:
        """FieldsV1 of everything that takes part."""
        trie: JsonObject = {}
        for leaf in self.leaves():
            node = trie
            for key in self.owned(leaf.path):
                node = node.setdefault(key, {".": {}} if key.startswith("k:") else {})
        return trie


def pointer(path: Steps) -> str:
    """The RFC 6901 pointer of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def kinds(documents: dict[tuple[str, str], JsonObject]) -> list[GroupVersionKind]:
    """The kinds with metadata that OpenAPI documents describe: those that are stored."""
    return sorted({gvk for group_version, document in documents.items() for gvk in _stored(group_version, document)})


def _stored(group_version: tuple[str, str], document: JsonObject) -> Iterator[GroupVersionKind]:
    for node in document["components"]["schemas"].values():
        metadata = json.dumps(node.get("properties", {}).get("metadata", ""))
        for gvk in node.get("x-kubernetes-group-version-kind", ()):
            if "ObjectMeta" in metadata and (gvk["group"], gvk["version"]) == group_version:
                yield gvk["group"], gvk["version"], gvk["kind"]


def mutated(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return _OTHER.get(value, f"{value}!")


def filled_value(schema: TypeSchema, name: str, above: tuple[TypeSchema, ...] = ()) -> Any:
    """A value of a type with all its fields filled."""
    if schema.is_quantity or schema.is_int_or_string:
        return "100m" if schema.is_quantity else 1
    if schema.type == "array":
        return _elements(schema, name, above)
    if schema.type == "object" or schema.properties:
        return _struct(schema, above)
    return _scalar(schema, name)


def _struct(schema: TypeSchema, above: tuple[TypeSchema, ...]) -> JsonObject:
    if above.count(schema) >= _MOST_OFTEN:
        return {}
    inside = (*above, schema)
    if schema.additional is not None:
        return {key: filled_value(schema.additional, key, inside) for key in ("one", "a.b/c")}
    return {name: filled_value(inner, name, inside) for name, inner in schema.properties.items()}


def _elements(schema: TypeSchema, name: str, above: tuple[TypeSchema, ...]) -> list[Any]:
    assert schema.items is not None
    first = second = filled_value(schema.items, name, above)
    if isinstance(first, dict):
        second = {key: value for key, value in first.items() if not isinstance(value, dict | list)}
    if schema.list_type == "map":
        second |= {key: mutated(first[key]) for key in schema.list_keys}
    elif schema.list_type == "set":
        second = mutated(first)
    return [first, second]


def _scalar(schema: TypeSchema, name: str) -> Any:
    if schema.format == "date-time":
        return "2024-01-01T00:00:00Z"
    if schema.format == "byte":
        return "AAEC"
    return {"integer": 3, "number": 1.5, "boolean": True}.get(schema.type, f"a {name}")


def _leaves(value: Any, schema: TypeSchema, path: Steps = ()) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, schema.field(name) or schema, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for leaf in _leaves(inner, schema.items or schema, (*path, index)):
                is_own_key = len(leaf.path) == len(path) + 2 and leaf.path[-1] in schema.list_keys
                is_key = schema.list_type == "set" or (schema.list_type == "map" and is_own_key)
                yield Leaf(leaf.path, leaf.is_key or is_key)
    else:
        yield Leaf(path, is_key=False)


def _owned_step(value: Any, step: Step, schema: TypeSchema) -> str:
    if isinstance(step, str):
        return f"f:{step}"
    if schema.list_type == "map":
        return f"k:{json.dumps({key: value[step].get(key) for key in schema.list_keys})}"
    return f"v:{json.dumps(value[step])}"


def _child(schema: TypeSchema, step: Step) -> TypeSchema:
    return (schema.items if isinstance(step, int) else schema.field(step)) or ANYTHING
