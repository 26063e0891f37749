"""Go's view of JSON values: what is a number, and how a value is printed."""

from __future__ import annotations

import json
from typing import Any, TypeGuard


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a number (in Python, booleans are integers too)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(value: float) -> int | float:
    """Go keeps every JSON number as a float and prints 3.0 as `3`: here such a number is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def sprint(value: Any) -> str:
    """A value as Go's `fmt.Sprint` shows it, but integers always in full."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else marshal(value)


def marshal(value: Any) -> str:
    """Compact JSON with sorted keys, as Go's `json.Marshal`."""
    return json.dumps(_plain(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return whole(value) if is_number(value) else value


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: numbers by value, booleans only with booleans."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return (
        type(left) is type(right) and bool(left == right) if not is_number(left) else is_number(right) and left == right
    )
