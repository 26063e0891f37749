"""Shell wildcards as users write them for names: `*`, `?` and `[abc]`, case-sensitive."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any


def is_like(pattern: str, value: Any) -> bool:
    """Whether a whole value fits a pattern. What is no text (a label of a faulty manifest) goes by its text."""
    return pattern == "*" or fnmatchcase(value if isinstance(value, str) else str(value), pattern)


def has_wildcards(pattern: str) -> bool:
    """Whether it may fit anything but itself."""
    return any(mark in pattern for mark in "*?[")


def is_like_any(patterns: Iterable[str], value: Any) -> bool:
    """Whether a value fits one of several patterns."""
    return any(is_like(pattern, value) for pattern in patterns)
