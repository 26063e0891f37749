"""Kyverno's wildcards: `*` is any text, `?` is exactly one character, everything else is itself."""

from __future__ import annotations

import re
from functools import lru_cache


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def is_match(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern. What stands between two stars is looked for once, from the left."""
    if not has_wildcard(pattern):
        return pattern == text
    first, *others = pattern.split("*")
    if not others:
        return len(pattern) == len(text) and _fits_at(pattern, text, 0)
    *middle, last = others
    end = len(text) - len(last)
    if end < len(first) or not _fits_at(first, text, 0) or not _fits_at(last, text, end):
        return False
    at = len(first)
    for part in middle:
        found = _find(part, text, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _fits_at(part: str, text: str, at: int) -> bool:
    if "?" not in part:
        return text.startswith(part, at)
    return len(text) - at >= len(part) and all(c in ("?", text[at + i]) for i, c in enumerate(part))


def _find(part: str, text: str, start: int, end: int) -> int:
    if "?" not in part:
        return text.find(part, start, end)
    found = _compiled(part).search(text, start, end)
    return found.start() if found else -1


@lru_cache(maxsize=256)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(".".join(map(re.escape, part.split("?"))), re.DOTALL)


def is_any_match(patterns: list[str], text: str) -> bool:
    return any(is_match(pattern, text) for pattern in patterns)
