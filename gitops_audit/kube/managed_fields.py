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

from gitops_audit.kube.path import Item, Path
from gitops_audit.model.resource import JsonObject

Trie = JsonObject

STATUS = "status"
_WORDS = ("manager", "operation", "subresource", "time", "apiVersion")


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
        words = (entry.get(key) for key in _WORDS)
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
    return [_with_words(e) for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _with_words(entry: JsonObject) -> JsonObject:
    """The entry; without those of its words that are no text."""
    odd = [key for key in _WORDS if not isinstance(entry.get(key, ""), str)]
    return {k: v for k, v in entry.items() if k not in odd} if odd else entry


def entries(live: JsonObject) -> tuple[Entry, ...]:
    """All entries of an object, those of the status subresource left out: nobody declares a status."""
    return tuple(Entry.from_json(e) for e in managed_fields(live) if e.get("subresource") != STATUS)


def field(trie: Trie, name: str) -> Trie | None:
    """The node of a field or map key."""
    found = trie.get(f"f:{name}")
    return found if isinstance(found, dict) else None


Elements = dict[tuple[Any, ...], Trie]
_Names = tuple[str, ...]


def elements(trie: Trie) -> Elements:
    """The nodes of list elements by identity: the keys (`k:`), the value (`v:`) or the place (`i:`)."""
    found: Elements = {}
    for key, node in trie.items():
        identity = _identity(key)
        if identity is not None and isinstance(node, dict):
            found[identity] = node
            if identity[0] == "k":
                found.setdefault(("names",), {})[",".join(identity[1])] = identity[1]
    return found


def of_element(nodes: Elements, value: Any, index: int) -> Trie | None:
    """The node of an element of the live object, None where it is not owned."""
    if isinstance(value, dict):
        for names in nodes.get(("names",), {}).values():
            found = nodes.get(("k", names, tuple(_text(value.get(name, _NONE)) for name in names)))
            if found is not None:
                return found
    by_value = nodes.get(("v", _text(value)))
    return by_value if by_value is not None else nodes.get(("i", str(index)))


def _identity(key: str) -> tuple[Any, ...] | None:
    kind, text = key[:2], key[2:]
    if kind == "k:" and keys_of(text):
        pairs = sorted(keys_of(text))
        return "k", tuple(name for name, _ in pairs), tuple(_text(value) for _, value in pairs)
    if kind == "v:":
        return "v", _text(value_of(text))
    return ("i", text) if kind == "i:" else None


_NONE = object()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


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
