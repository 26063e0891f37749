"""Go's view of JSON values: what is a number, and how a value is printed."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

MAX_NODES = 200_000


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a number (in Python, booleans are integers too)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(value: float) -> int | float:
    """Go keeps every JSON number as a float and prints 3.0 as `3`: here such a number is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parse_number(text: str) -> float | None:
    """A decimal number as Go reads one, None where the text is none."""
    if "_" in text or text != text.strip() or not text.isascii():
        return None
    try:
        return whole(float(text))
    except (ValueError, OverflowError):
        return None


def sprint(value: Any) -> str:
    """A value as Go's `fmt.Sprint` shows it, but integers always in full."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else marshal(value)


def marshal(value: Any) -> str:
    """Compact JSON with sorted keys, as Go's `json.Marshal`. Raises TooLarge for what expressions blew up."""
    return json.dumps(_plain(value, _Budget()), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


class TooLarge(ValueError):
    """A value with more than MAX_NODES parts: the same small value, put together over and over."""

    def __init__(self) -> None:
        super().__init__(f"a value has more than {MAX_NODES} parts (limit: value parts)")


class _Budget:
    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_NODES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooLarge


def check_size(value: Any) -> None:
    """Raises TooLarge, after at most MAX_NODES steps."""
    if isinstance(value, dict | list):
        _plain(value, _Budget())


def _plain(value: Any, budget: _Budget) -> Any:
    budget.spend()
    if isinstance(value, dict):
        return {str(key): _plain(item, budget) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, budget) for item in value]
    return whole(value) if is_number(value) else value


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: numbers by value, booleans only with booleans. Raises TooLarge."""
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return type(left) is type(right) and (left is right or marshal(left) == marshal(right))
    if is_number(left) and is_number(right):
        return left == right
    return type(left) is type(right) and bool(left == right)
