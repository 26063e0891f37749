"""Anchors on the keys of a pattern: `(key)`, `=(key)`, `^(key)`, `X(key)`, `<(key)`, `+(key)`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

CONDITION, GLOBAL, NEGATION, ADD, EQUALITY, EXISTENCE = "", "<", "X", "+", "=", "^"
_ANCHOR = re.compile(r"([+<=X^])?\((.+)\)", re.DOTALL)


class Anchor(NamedTuple):
    kind: str
    key: str


@lru_cache(maxsize=4096)
def parse(key: str) -> Anchor | None:
    """The anchor of a pattern's key, None where it has none."""
    text = key.strip()
    found = _ANCHOR.fullmatch(text) if text.endswith(")") else None
    return Anchor(found[1] or CONDITION, found[2]) if found else None


def key_of(key: str) -> str:
    """A key without its anchor."""
    found = parse(key)
    return found.key if found else key


def without_anchors(path: str) -> str:
    return "/".join(key_of(part) for part in path.split("/"))
