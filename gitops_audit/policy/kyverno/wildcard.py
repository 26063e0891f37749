"""Kyverno's wildcards: `*` is any text, `?` is exactly one character, everything else is itself."""

from __future__ import annotations


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def is_match(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern; at most len(pattern) * len(text) steps."""
    if not has_wildcard(pattern):
        return pattern == text
    at, position, star, resume = 0, 0, -1, 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, position, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[position]):
            at, position = at + 1, position + 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")


def is_any_match(patterns: list[str], text: str) -> bool:
    return any(is_match(pattern, text) for pattern in patterns)
