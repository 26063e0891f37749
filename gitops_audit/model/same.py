"""When two values are the same, and which parts of two lists are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same, types included: `1` is neither `true` nor `1.0`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def replaced(before: list[Any], after: list[Any]) -> Iterator[tuple[int, int, int, int]]:
    """The parts of a list that differ, as from-to in both; by place where that keeps as much."""
    one, other = ([json.dumps(value, sort_keys=True) for value in side] for side in (before, after))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    kept = sum(size for _, _, size in matcher.get_matching_blocks())
    if len(one) == len(other) and sum(a == b for a, b in zip(one, other, strict=True)) >= kept:
        yield from ((i, i + 1, i, i + 1) for i in range(len(one)) if one[i] != other[i])
    else:
        yield from (tuple(code[1:]) for code in matcher.get_opcodes() if code[0] != "equal")  # type: ignore[misc]
