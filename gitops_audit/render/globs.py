"""The patterns of `exclude`: as in .gitignore, counted from the source's path.

`*`, `?` and `[...]` stay within one path segment, `**` spans any number of them. A pattern without a slash matches a
name at any depth; one with a slash counts from the source's path. What matches a directory takes all below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a path (relative to the source's path, with slashes) is matched by one of the patterns."""
    translated = [_regex(pattern) for pattern in patterns]
    if not translated:
        return lambda path: False
    combined = re.compile("|".join(f"(?:{regex})" for regex in translated), re.DOTALL)
    return lambda path: combined.fullmatch(path) is not None


def _regex(pattern: str) -> str:
    anchored = pattern.strip("/")
    if "/" not in pattern.rstrip("/"):
        anchored = f"**/{anchored}"
    below = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    return f"{_segments(anchored.split('/'))}{below}"


def _segments(segments: list[str]) -> str:
    regex = ""
    for position, segment in enumerate(segments):
        is_last = position == len(segments) - 1
        if segment == "**":
            regex += ".*" if is_last else "(?:.*/)?"
        else:
            regex += _segment(segment) + ("" if is_last else "/")
    return regex


def _segment(segment: str) -> str:
    """One path segment; a bracket that is not closed stands for itself."""
    regex, at = "", 0
    while at < len(segment):
        char = segment[at]
        end = segment.find("]", at + 2) if char == "[" else -1
        if end > 0:
            regex += _class(segment[at + 1 : end])
            at = end + 1
            continue
        regex += {"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char)
        at += 1
    return regex


def _class(inner: str) -> str:
    is_negated = inner[0] in "!^"
    body = re.sub(r"([\\\[\]^&~|])", r"\\\1", inner[is_negated:])
    return f"(?!/)[{'^' if is_negated else ''}{body}]"
