"""`metadata.managedFields`: which manager owns which fields (FieldsV1 of structured-merge-diff, KEP-555).

A set of fields is a trie whose keys are `f:<field>`, `k:<keys of a list element, JSON>`, `v:<element of a set, JSON>`,
`i:<index>` and `.` (the node itself). Entries come from anyone who may write objects: what is malformed owns nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gitops_audit.drift.path import Item, Path
from gitops_audit.model.resource import JsonObject

Trie = JsonObject

STATUS = "status"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of managedFields. `trie` is FieldsV1 as it stands; `time` RFC 3339, empty where none is recorded."""

    manager: str
    operation: str
    subresource: str
    time: str
    api_version: str
    trie: Trie

    @classmethod
    def from_json(cls, entry: JsonObject) -> Entry:
        trie = entry.get("fieldsV1")
        words = (entry.get(key) for key in ("manager", "operation", "subresource", "time", "apiVersion"))
        manager, operation, subresource, time, version = (w if isinstance(w, str) else "" for w in words)
        return cls(manager, operation, subresource, time, version, trie if isinstance(trie, dict) else {})

    @property
    def is_apply(self) -> bool:
        """Whether it states an intent (server-side apply) and not just what a write happened to change."""
        return self.operation == "Apply"


def managed_fields(live: JsonObject) -> list[JsonObject]:
    """The raw entries of an object, empty where it carries none (`kubectl get -o yaml` hides them)."""
    metadata = live.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def entries(live: JsonObject) -> tuple[Entry, ...]:
    """All entries of an object, those of the status subresource left out: nobody declares a status."""
    return tuple(Entry.from_json(e) for e in managed_fields(live) if e.get("subresource") != STATUS)


def field(trie: Trie, name: str) -> Trie | None:
    """The node of a field or map key."""
    found = trie.get(f"f:{name}")
    return found if isinstance(found, dict) else None


def element(trie: Trie, value: Any, index: int) -> Trie | None:
    """The node of a list element as it stands in the live object: by its keys, by value, or by place."""
    for key, node in trie.items():
        if isinstance(node, dict) and is_element(key, value, index):
            return node
    return None


def is_element(key: str, value: Any, index: int) -> bool:
    """Whether a trie key (`k:`, `v:`, `i:`) means a given list element."""
    kind, text = key[:2], key[2:]
    if kind == "k:":
        keys = keys_of(text)
        return bool(keys) and isinstance(value, dict) and all(k in value and value[k] == v for k, v in keys)
    if kind == "v:":
        found = value_of(text)
        return bool(found == value) and type(found) is type(value)
    return kind == "i:" and text == str(index)


def at(trie: Trie, path: Path) -> Trie | None:
    """The node at a path of declared or live object; None where the set does not reach that far."""
    node: Trie | None = trie
    for step in path:
        if node is None:
            return None
        node = _item(node, step) if isinstance(step, Item) else field(node, step)
    return node


def deepest(trie: Trie, path: Path) -> tuple[Trie, int]:
    """The last node on the way to a path, and how many of its steps were taken."""
    for depth, step in enumerate(path):
        found = _item(trie, step) if isinstance(step, Item) else field(trie, step)
        if found is None:
            return trie, depth
        trie = found
    return trie, len(path)


def is_leaf(trie: Trie) -> bool:
    """Whether a node owns its field as a whole, with nothing told apart below."""
    return not trie or trie.keys() == {"."}


def is_member(trie: Trie) -> bool:
    """Whether the manager owns the node itself (it brought the list element or map), not just fields in it."""
    return "." in trie


def leaves(trie: Trie, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The raw keys that lead to each leaf. Raises RecursionError for a trie without end."""
    for key, node in trie.items():
        if key != "." and isinstance(node, dict):
            if is_leaf(node):
                yield (*path, key)
            else:
                yield from leaves(node, (*path, key))


@lru_cache(maxsize=65536)
def keys_of(text: str) -> tuple[tuple[str, Any], ...]:
    """The keys of `k:`; empty for what is no JSON object."""
    found = _json(text)
    return tuple(found.items()) if isinstance(found, dict) else ()


@lru_cache(maxsize=65536)
def value_of(text: str) -> Any:
    """The value of `v:`; None for what is no JSON."""
    return _json(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _item(trie: Trie, item: Item) -> Trie | None:
    for key, node in trie.items():
        if isinstance(node, dict) and _means(key, item):
            return node
    return None


def _means(key: str, item: Item) -> bool:
    if key[:2] == "k:" and item.keys:
        return dict(keys_of(key[2:])) == dict(item.keys)
    if key[:2] == "v:" and not item.keys:
        return bool(value_of(key[2:]) == item.value)
    return key == f"i:{item.index}" and not item.keys
