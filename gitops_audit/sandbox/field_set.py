"""Sets of field paths and their wire form FieldsV1 (KEP-555, `metadata.managedFields`).

A path is a tuple of path elements as FieldsV1 spells them: `f:name` a field, `k:{...}` a list item by its keys,
`v:...` a list item by its value. A set holds members only: that a path is in it says nothing about its parents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from gitops_audit.sandbox.types import MISSING, JsonObject, Type

Path = tuple[str, ...]
FieldSet = frozenset[Path]
EMPTY: FieldSet = frozenset()


def to_fields_v1(paths: Iterable[Path]) -> JsonObject:
    """The wire form, in the order the API server writes it."""
    tree: JsonObject = {}
    members = set(paths)
    for path in sorted(members):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
    for path in members:
        node = _node(tree, path)
        if node:
            node["."] = {}
    return _sorted(tree)


def from_fields_v1(tree: JsonObject) -> FieldSet:
    """The set a FieldsV1 object stands for. Raises ValueError where it is none."""
    return frozenset(_paths(tree, ()))


def _paths(tree: JsonObject, path: Path) -> Iterator[Path]:
    for element, node in tree.items():
        if element == ".":
            yield path
            continue
        if element[:2] not in ("f:", "k:", "v:", "i:") or not isinstance(node, dict):
            raise ValueError(f"{element!r} is no path element of FieldsV1")
        if node:
            yield from _paths(node, (*path, element))
        else:
            yield (*path, element)


def _node(tree: JsonObject, path: Path) -> JsonObject:
    for element in path:
        tree = tree[element]
    return tree


def _sorted(tree: JsonObject) -> JsonObject:
    return {key: _sorted(tree[key]) for key in sorted(tree)}


def item_element(schema: Type, item: Any) -> str:
    """How an item of a set or map list is addressed. Keys that are left out take the schema's default.

    Raises ValueError where an item of a map list is no object or lacks every key.
    """
    if schema.list_type == "set":
        return "v:" + _json(item)
    if not isinstance(item, dict):
        raise ValueError("associative list may not have non-map elements")
    keys = {key: item.get(key, _key_default(schema, key)) for key in sorted(schema.keys)}
    missing = [key for key, value in keys.items() if value is MISSING]
    if len(missing) == len(keys):
        raise ValueError(
            f'associative list with keys has an element that omits key field "{missing[0]}" '
            "(and doesn't have default value)"
        )
    return "k:" + _json({key: value for key, value in keys.items() if value is not MISSING})


def _key_default(schema: Type, key: str) -> Any:
    known = schema.element.fields.get(key) if schema.element else None
    return known.default if known is not None else MISSING


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def display(path: Path) -> str:
    """As the API server names a field in messages: `.spec.containers[name="web"].image`."""
    return "".join(_display_element(element) for element in path)


def _display_element(element: str) -> str:
    mark, _, rest = element.partition(":")
    if mark == "f":
        return f".{rest}"
    if mark == "k":
        keys = ",".join(f"{key}={_json(value)}" for key, value in json.loads(rest).items())
        return f"[{keys}]"
    return f"[={rest}]"
