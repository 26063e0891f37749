"""Typed walks over objects: which fields a value holds, how two versions differ, how one is merged into the other.

The rules are those of KEP-555 and the merge strategies of the API documentation (x-kubernetes-list-type, -map-type).
Values are never changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.sandbox.field_set import FieldSet, Path, display, item_element, to_fields_v1
from gitops_audit.sandbox.types import ANY, MISSING, JsonObject, Type


class SchemaMismatch(Exception):
    """A value does not fit its schema: `path` as the API server shows it."""


def owned_fields(value: Any, schema: Type) -> FieldSet:
    """All fields an applied configuration claims. Raises SchemaMismatch for unknown fields and duplicate items."""
    return frozenset(_claims(value, schema, ()))


def _claims(value: Any, schema: Type, path: Path) -> Iterator[Path]:
    if schema.is_leaf or not isinstance(value, (dict, list)) or (isinstance(value, list) and schema.shape != "list"):
        yield path
    elif isinstance(value, list):
        for element, item in _items(schema, value, path).items():
            yield from _claims(item, schema.element or ANY, (*path, element))
            yield (*path, element)
    else:
        for key, child in value.items():
            yield from _claimed_key(schema, key, child, path)


def _claimed_key(schema: Type, key: str, value: Any, path: Path) -> Iterator[Path]:
    child, here = schema.child(key), (*path, f"f:{key}")
    if child is None and not schema.fields:
        child = ANY
    if child is None:
        raise SchemaMismatch(f"{display(here)}: field not declared in schema")
    if value is None or value == {} or key not in schema.fields:
        yield here
    if value is not None:
        yield from _claims(value, child, here)


def _items(schema: Type, values: list[Any], path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in values:
        try:
            element = item_element(schema, value)
        except ValueError as error:
            raise SchemaMismatch(f"{display(path)}: {error}") from error
        if element in found:
            raise SchemaMismatch(f"{display(path)}: duplicate entries for key {element[2:]}")
        found[element] = value
    return found


@dataclass(slots=True)
class Comparison:
    """Paths that differ between two versions of an object."""

    added: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)

    @property
    def written(self) -> FieldSet:
        return frozenset(self.added | self.modified)


def compare(old: Any, new: Any, schema: Type) -> Comparison:
    """The paths an update from `old` to `new` touched."""
    found = Comparison()
    _compare(found, old, new, schema, ())
    return found


def _compare(found: Comparison, old: Any, new: Any, schema: Type, path: Path) -> None:
    if _is_compared_whole(old, new, schema):
        _compare_leaf(found, old, new, path)
        return
    if schema.shape == "list":
        _compare_items(found, old, new, schema, path)
    else:
        _compare_keys(found, old, new, schema, path)
    if old is MISSING:
        found.added.add(path)
    elif new is MISSING:
        found.removed.add(path)


def _is_compared_whole(old: Any, new: Any, schema: Type) -> bool:
    container = list if schema.shape == "list" else dict
    is_structured = isinstance(old or None, container) or isinstance(new or None, container)
    return schema.is_leaf or not is_structured


def _compare_leaf(found: Comparison, old: Any, new: Any, path: Path) -> None:
    if old is MISSING:
        found.added.add(path)
    elif new is MISSING:
        found.removed.add(path)
    elif old != new or type(old) is not type(new):
        found.modified.add(path)


def _compare_keys(found: Comparison, old: Any, new: Any, schema: Type, path: Path) -> None:
    before, after = _as(dict, old), _as(dict, new)
    for key in before.keys() | after.keys():
        child = schema.child(key) or ANY
        _compare(found, before.get(key, MISSING), after.get(key, MISSING), child, (*path, f"f:{key}"))


def _compare_items(found: Comparison, old: Any, new: Any, schema: Type, path: Path) -> None:
    before, after = _grouped(schema, _as(list, old)), _grouped(schema, _as(list, new))
    for element in before.keys() | after.keys():
        was, becomes = before.get(element, []), after.get(element, [])
        if len(was) <= 1 and len(becomes) <= 1:
            one, other = (was or [MISSING])[0], (becomes or [MISSING])[0]
            _compare(found, one, other, schema.element or ANY, (*path, element))
        else:
            _compare_leaf(found, was or MISSING, becomes or MISSING, (*path, element))


def _grouped(schema: Type, values: list[Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(item_element(schema, value), []).append(value)
    return groups


def _as(container: type, value: Any) -> Any:
    return value if isinstance(value, container) else container()


def merge(live: Any, config: Any, schema: Type) -> Any:
    """`live` with an applied configuration laid over it: lists by their type, order of the configuration first."""
    if config is MISSING:
        return live
    if live is MISSING or _is_compared_whole(live, config, schema):
        return config
    if schema.shape == "list":
        return _merge_items(_as(list, live), _as(list, config), schema)
    return _merge_keys(_as(dict, live), _as(dict, config), schema)


def _merge_keys(live: JsonObject, config: JsonObject, schema: Type) -> JsonObject:
    return {
        key: merge(live.get(key, MISSING), config.get(key, MISSING), schema.child(key) or ANY)
        for key in [*live, *(key for key in config if key not in live)]
    }


def _merge_items(live: list[Any], config: list[Any], schema: Type) -> list[Any]:
    left = [(item_element(schema, item), item) for item in live]
    right = {item_element(schema, item): item for item in config}
    before = dict(left)
    return [
        merge(before.get(element, MISSING), right[element], schema.element or ANY) if item is MISSING else item
        for element, item in _merged_order(left, right)
    ]


def _merged_order(left: list[tuple[str, Any]], right: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Items of `right` in their order (marked MISSING), those of `left` alone kept where they stood between them."""
    known, position = {element for element, _ in left}, 0
    wanted = list(right)
    for index, element in enumerate(wanted):
        target = next((e for e in wanted[index:] if e in known), None)
        while position < len(left) and left[position][0] != target:
            if left[position][0] not in right:
                yield left[position]
            position += 1
        yield element, MISSING
        position += position < len(left) and left[position][0] == element
    yield from ((element, item) for element, item in left[position:] if element not in right)


def remove(value: Any, paths: Iterable[Path], schema: Type) -> Any:
    """`value` without the fields and list items at `paths`. A container that becomes empty becomes None."""
    return _remove(value, to_fields_v1(paths), schema)


def _remove(value: Any, doomed: JsonObject, schema: Type) -> Any:
    if isinstance(value, dict) and not schema.is_leaf:
        return _remove_keys(value, doomed, schema)
    if isinstance(value, list) and not schema.is_leaf and schema.shape == "list":
        return _remove_items(value, doomed, schema)
    return value


def _remove_keys(value: JsonObject, doomed: JsonObject, schema: Type) -> JsonObject | None:
    kept: JsonObject = {}
    for key, child in value.items():
        node = doomed.get(f"f:{key}")
        if node is None:
            kept[key] = child
        elif not _is_member(node):
            kept[key] = _remove(child, node, schema.child(key) or ANY)
    return kept or None


def _remove_items(values: list[Any], doomed: JsonObject, schema: Type) -> list[Any] | None:
    kept: list[Any] = []
    for item in values:
        node = doomed.get(item_element(schema, item))
        if node is None:
            kept.append(item)
        elif not _is_member(node):
            kept.append(_remove(item, node, schema.element or ANY))
    return kept or None


def _is_member(node: JsonObject) -> bool:
    return not node or "." in node


def with_named_parents(paths: Iterable[Path], schema: Type) -> FieldSet:
    """The set, and every parent of its members that is a named field of a struct (not a map key or a list item)."""
    found = set(paths)
    for path in list(found):
        here: Type | None = schema
        for depth, element in enumerate(path[:-1], 1):
            if here is None:
                break
            named = element.startswith("f:") and element[2:] in here.fields
            if named:
                found.add(path[:depth])
            here = here.child(element[2:]) if element.startswith("f:") else here.element
    return frozenset(found)
