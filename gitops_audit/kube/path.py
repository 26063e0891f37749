"""Where a value stands in an object: followed through lists by key, shown to people, kept as RFC 6901 pointer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops_audit.model.finding import ABSENT
from gitops_audit.model.path import pointer_of

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Item:
    """An element of a list: its index in the side the path points into, and what identifies it in every side.

    `keys` for elements of a list of type map, `value` for those of a set; neither for a place in an atomic list.
    """

    index: int
    keys: tuple[tuple[str, Any], ...] = ()
    value: Any = ABSENT
    is_ambiguous: bool = False

    def __str__(self) -> str:
        if not self.keys or self.is_ambiguous:
            return str(self.index)
        return ",".join(f"{key}={_shown(value)}" for key, value in self.keys)

    def matches(self, element: Any) -> bool:
        """Whether an element of any side is the one meant, by identity alone."""
        if self.keys:
            return isinstance(element, Mapping) and all(_key(element, key) == value for key, value in self.keys)
        return bool(self.value is not ABSENT and element == self.value)


Path = tuple[str | Item, ...]
ROOT: Path = ()

# The only list keys that a built-in API defaults: `protocol` of container and Service ports.
_DEFAULTED = {"protocol": "TCP"}


def pointer(path: Path) -> str:
    """The RFC 6901 pointer; empty for the object itself."""
    return pointer_of(s.index if isinstance(s, Item) else s for s in path)


def display(path: Path) -> str:
    """As people read it: `spec.template.spec.containers[name=web].image`, `metadata.annotations["a.b/c"]`."""
    return "".join(_part(step) for step in path).removeprefix(".")


def lookup(body: Any, path: Path) -> Any:
    """The value at a path of any side, ABSENT where there is none."""
    for step in path:
        body = _element(body, step) if isinstance(step, Item) else _field(body, step)
        if body is ABSENT:
            return ABSENT
    return body


def _field(body: Any, name: str) -> Any:
    return body.get(name, ABSENT) if isinstance(body, Mapping) else ABSENT


def _element(body: Any, item: Item) -> Any:
    if not isinstance(body, list):
        return ABSENT
    in_place = body[item.index] if item.index < len(body) else ABSENT
    if item.is_ambiguous:
        return in_place if item.matches(in_place) else ABSENT
    if item.keys or item.value is not ABSENT:
        return next((element for element in body if item.matches(element)), ABSENT)
    return in_place


def _key(element: Mapping[str, Any], name: str) -> Any:
    found = element.get(name)
    return _DEFAULTED.get(name, found) if found is None or found == "" else found


def _part(step: str | Item) -> str:
    if isinstance(step, Item):
        return f"[{step}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=repr)
