"""The types of a cluster's objects, from its OpenAPI v3 documents (CRDs included), resolved as far as they are used.

Where the rules come from: the Kubernetes OpenAPI extensions (`x-kubernetes-list-type`, `-list-map-keys`, `-map-type`,
`-int-or-string`, `-preserve-unknown-fields`, `-embedded-resource`) and KEP-2896 (OpenAPI v3). Documents may come from
anyone who may create a CRD: whatever is malformed, cyclic or endless reads as "anything may stand here".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from gitops_audit.model.resource import JsonObject

ListType = Literal["map", "set", "atomic"]

_REF = "#/components/schemas/"
_EMBEDDED = frozenset({"apiVersion", "kind", "metadata"})
_LABELS = frozenset({"description", "default", "title", "example", "nullable", "deprecated"})
_MAX_PARTS = 64


class TypeSchema:
    """The type of one field. Children are resolved on first use and kept, so recursive types cost nothing.

    `list_type` is None where the schema gives none (the server then treats a list as atomic). `default` is None where
    there is none. `is_atomic` holds for lists and objects that server-side apply owns only as a whole.
    """

    __slots__ = (
        "_additional",
        "_document",
        "_items",
        "_memo",
        "_node",
        "default",
        "enum",
        "format",
        "is_atomic",
        "is_embedded_resource",
        "is_int_or_string",
        "is_quantity",
        "list_keys",
        "list_type",
        "preserves_unknown",
        "type",
    )

    def __init__(self, node: JsonObject, document: _Document, *, name: str = "") -> None:
        self._node = node
        self._document = document
        self._memo: dict[str, TypeSchema | None] = {}
        self._items: TypeSchema | None = None
        self._additional: TypeSchema | None = None
        self.type = _text(node.get("type"))
        self.format = _text(node.get("format"))
        self.default: Any = node.get("default")
        self.enum = tuple(node["enum"]) if isinstance(node.get("enum"), list) else ()
        self.list_type = _list_type(node)
        self.list_keys = _list_keys(node)
        self.is_atomic = self.list_type == "atomic" or node.get("x-kubernetes-map-type") == "atomic"
        self.is_quantity = name.endswith(".api.resource.Quantity")
        self.is_int_or_string = bool(node.get("x-kubernetes-int-or-string")) or self.format == "int-or-string"
        self.is_embedded_resource = bool(node.get("x-kubernetes-embedded-resource"))
        self.preserves_unknown = bool(node.get("x-kubernetes-preserve-unknown-fields")) or self._is_free_form(name)

    def _is_free_form(self, name: str) -> bool:
        """Named types without properties (RawExtension, JSON) hold anything; a CRD's inline ones are pruned empty."""
        if self._node.get("additionalProperties") is True:
            return True
        if self._node.get("properties") or isinstance(self._node.get("additionalProperties"), dict):
            return False
        if not self.type:
            return not (self.is_int_or_string or self.is_quantity)
        return self.type == "object" and bool(name)

    def __repr__(self) -> str:
        return f"TypeSchema({self.type or 'any'}{f', {self.list_type}' if self.list_type else ''})"

    @property
    def properties(self) -> Mapping[str, TypeSchema]:
        """The named fields, resolved as they are looked up."""
        return _Properties(self)

    @property
    def additional(self) -> TypeSchema | None:
        """The type of the values of a map with free keys (labels, data), None for a struct."""
        node = self._node.get("additionalProperties")
        if self._additional is None and isinstance(node, dict):
            self._additional = self._document.resolve(node)
        return self._additional

    @property
    def items(self) -> TypeSchema | None:
        """The type of the elements of a list."""
        node = self._node.get("items")
        if self._items is None and isinstance(node, dict):
            self._items = self._document.resolve(node)
        return self._items

    @property
    def is_map(self) -> bool:
        """Whether keys are free: each is a value of its own, as in labels."""
        return self.additional is not None

    def field(self, name: str) -> TypeSchema | None:
        """The type of a field: named, additional or kept though unknown. None: the server drops such a field."""
        try:
            return self._memo[name]
        except KeyError:
            found = self._memo[name] = self._field(name)
            return found

    def _field(self, name: str) -> TypeSchema | None:
        named = self._named(name)
        if named is not None:
            return named
        if self.additional is not None:
            return self.additional
        return ANYTHING if self.preserves_unknown or self._is_embedded(name) else None

    def _named(self, name: str) -> TypeSchema | None:
        properties = self._node.get("properties")
        if not isinstance(properties, dict) or name not in properties:
            return None
        return self._document.resolve(properties[name])

    def _is_embedded(self, name: str) -> bool:
        return self.is_embedded_resource and name in _EMBEDDED


class _Properties(Mapping[str, TypeSchema]):
    """A lazy view: `JSONSchemaProps` contains itself, so all of it can never be built."""

    __slots__ = ("_names", "_owner")

    def __init__(self, owner: TypeSchema) -> None:
        names = owner._node.get("properties")
        self._owner = owner
        self._names: JsonObject = names if isinstance(names, dict) else {}

    def __getitem__(self, name: str) -> TypeSchema:
        if name not in self._names:
            raise KeyError(name)
        found = self._owner.field(name)
        return ANYTHING if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Document:
    """One OpenAPI document: named schemas, and the kinds they stand for."""

    __slots__ = ("_by_name", "_schemas", "group", "kinds", "version")

    def __init__(self, group: str, version: str, document: JsonObject) -> None:
        components = document.get("components")
        schemas = components.get("schemas") if isinstance(components, dict) else None
        self.group, self.version = group, version
        self._schemas: JsonObject = schemas if isinstance(schemas, dict) else {}
        self._by_name: dict[str, TypeSchema] = {}
        self.kinds = dict(self._named_kinds())

    def _named_kinds(self) -> Iterator[tuple[str, str]]:
        for name, node in self._schemas.items():
            for gvk in _group_version_kinds(node):
                if gvk.get("group") == self.group and gvk.get("version") == self.version:
                    yield str(gvk.get("kind")), name

    def named(self, name: str) -> TypeSchema:
        if name not in self._by_name:
            self._by_name[name] = TypeSchema(self._flatten({"$ref": _REF + name}), self, name=name)
        return self._by_name[name]

    def resolve(self, node: Any) -> TypeSchema:
        """The type a node stands for; a mere reference shares the type of its target."""
        if not isinstance(node, dict):
            return ANYTHING
        target = _sole_reference(node)
        if target is None:
            return TypeSchema(self._flatten(node), self)
        return self.named(target) if target in self._schemas else ANYTHING

    def _flatten(self, node: JsonObject) -> JsonObject:
        """A node with what it refers to folded in: its own words win over those of `allOf` and `$ref`."""
        merged: JsonObject = {}
        properties: JsonObject = {}
        seen: set[str] = set()
        waiting: list[Any] = [node]
        for _ in range(_MAX_PARTS):
            if not waiting:
                break
            part = waiting.pop(0)
            if not isinstance(part, dict):
                continue
            own = part.get("properties")
            properties = (own | properties) if isinstance(own, dict) else properties
            merged = {k: v for k, v in part.items() if k not in ("$ref", "allOf")} | merged
            waiting.extend(part["allOf"] if isinstance(part.get("allOf"), list) else ())
            name = _reference(part)
            if name and name not in seen:
                seen.add(name)
                waiting.append(self._schemas.get(name))
        return merged | {"properties": properties} if properties else merged


class Schemas:
    """The types a cluster serves.

    `documents(group, version)` gives the OpenAPI v3 document of a group version, or None where there is none (an
    aggregated API that is down, a recording without schemas); it is asked once for each.
    """

    __slots__ = ("_documents", "_loaded")

    def __init__(self, documents: Callable[[str, str], JsonObject | None]) -> None:
        self._documents = documents
        self._loaded: dict[tuple[str, str], _Document | None] = {}

    @property
    def documents(self) -> Callable[[str, str], JsonObject | None]:
        """The documents the types come from, for those who validate with them."""
        return self._documents

    def type_for(self, group: str, version: str, kind: str) -> TypeSchema | None:
        """The type of a kind, None where the cluster describes no such kind. Raises what `documents` raises."""
        document = self._document(group, version)
        name = document.kinds.get(kind) if document else None
        return document.named(name) if document and name else None

    def _document(self, group: str, version: str) -> _Document | None:
        key = group, version
        if key not in self._loaded:
            found = self._documents(group, version)
            self._loaded[key] = _Document(group, version, found) if isinstance(found, dict) else None
        return self._loaded[key]


def _group_version_kinds(node: Any) -> Iterator[JsonObject]:
    gvks = node.get("x-kubernetes-group-version-kind") if isinstance(node, dict) else None
    for gvk in gvks if isinstance(gvks, list) else ():
        if isinstance(gvk, dict):
            yield gvk


def _sole_reference(node: JsonObject) -> str | None:
    """The target where a node says nothing of its own: `{$ref}`, or `{allOf: [{$ref}], default, description}`."""
    parts = node.get("allOf")
    if "$ref" in node:
        return _reference(node) if node.keys() - _LABELS == {"$ref"} else None
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
        return _reference(parts[0]) if node.keys() - _LABELS == {"allOf"} and parts[0].keys() == {"$ref"} else None
    return None


def _reference(node: JsonObject) -> str:
    ref = node.get("$ref")
    return ref.removeprefix(_REF) if isinstance(ref, str) else ""


def _list_type(node: JsonObject) -> ListType | None:
    found = node.get("x-kubernetes-list-type")
    if found == "map" and not _list_keys(node):
        return None
    return found if found in ("map", "set", "atomic") else None


def _list_keys(node: JsonObject) -> tuple[str, ...]:
    keys = node.get("x-kubernetes-list-map-keys")
    return tuple(k for k in keys if isinstance(k, str)) if isinstance(keys, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


ANYTHING = TypeSchema({}, _Document("", "", {}))
