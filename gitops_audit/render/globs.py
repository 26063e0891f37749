"""The patterns of `exclude`: as in .gitignore, counted from the source's path.

`*`, `?` and `[...]` stay within one path segment, `**` spans any number of them. A pattern without a slash matches a
name at any depth; one with a slash counts from the source's path. What matches a directory takes all below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a path (relative to the source's path, with slashes) is matched by one of the patterns."""
    translated = [_pattern(pattern) for pattern in patterns]
    return lambda path: any(_matches(segments, path) for segments in translated)


def whole(pattern: str) -> Callable[[str], bool]:
    """Tells whether a path is matched to its end, from its beginning."""
    segments = tuple(None if s == "**" else _segment(s) for s in pattern.strip("/").split("/"))
    return lambda path: _matches(segments, path)


# A segment's expression, None for `**`.
_Segments = tuple[re.Pattern[str] | None, ...]


def _pattern(pattern: str) -> _Segments:
    anchored = pattern.strip("/")
    if "/" not in pattern.rstrip("/"):
        anchored = f"**/{anchored}"
    segments = anchored.split("/")
    # A directory takes all below it; with a slash or `**` at the end only what is below is meant.
    below = ["*"] * (pattern.endswith("/") + (segments[-1] == "**"))
    return tuple(None if s == "**" else _segment(s) for s in (*segments, *below, "**"))


def _matches(pattern: _Segments, path: str) -> bool:
    """Goes back to the latest `**` alone: an earlier one could take no other part of the path to better effect."""
    names = path.split("/")
    at, step, resume, spanned = 0, 0, -1, 0
    while at < len(names):
        if step < len(pattern) and (expression := pattern[step]) is None:
            resume, spanned, step = step, at, step + 1
        elif step < len(pattern) and expression is not None and expression.fullmatch(names[at]):
            at, step = at + 1, step + 1
        elif resume >= 0:
            spanned += 1
            at, step = spanned, resume + 1
        else:
            return False
    return all(expression is None for expression in pattern[step:])


def _segment(segment: str) -> re.Pattern[str]:
    """One path segment; a bracket that is not closed stands for itself.

    Each `*` but the last takes the first place that will do, for good: so no text makes the match slow.
    """
    parts, at = [""], 0
    while at < len(segment):
        char = segment[at]
        end = segment.find("]", at + 2) if char == "[" else -1
        if end > 0:
            parts[-1] += _class(segment[at + 1 : end])
            at = end
        elif char == "*":
            parts.append("")
        else:
            parts[-1] += "." if char == "?" else re.escape(char)
        at += 1
    first, *middle, last = parts if len(parts) > 1 else (parts[0], "")
    starred = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{starred}{'.*' if len(parts) > 1 else ''}{last}", re.DOTALL)


def _class(inner: str) -> str:
    is_negated = inner[0] in "!^"
    body = re.sub(r"([\\\[\]^&~|])", r"\\\1", inner[is_negated:])
    return f"[{'^' if is_negated else ''}{body}]"
