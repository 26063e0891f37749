"""The patterns of `${name#pattern}` and its like, as Flux's envsubst matches them: a `*` takes slashes too."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MAX_LENGTH = 1024
_TOKEN = re.compile(r"\*+|\?|\[(\^?)((?:\\.|[^\\\]])+)\]|\\(.)|([^\\\[])", re.DOTALL)


def without_shortest(value: str, pattern: str) -> str:
    """The value without the shortest beginning that the pattern matches, which is never an empty one."""
    return value[next(_ends(value, pattern, range(1, len(value) + 1)), 0) :]


def without_longest(value: str, pattern: str) -> str:
    return value[next(_ends(value, pattern, range(len(value), 0, -1)), 0) :]


def _ends(value: str, pattern: str, lengths: range) -> Iterator[int]:
    expression = _expression(pattern) if max(len(value), len(pattern)) <= _MAX_LENGTH else None
    if expression is not None:
        yield from (end for end in lengths if expression.fullmatch(value, 0, end))


def _expression(pattern: str) -> re.Pattern[str] | None:
    """None for a pattern that is none: it matches nothing. Each `*` but the last takes the first place that will do."""
    parts, at = [""], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        if token[0].startswith("*"):
            parts.append("")
        else:
            parts[-1] += _one(token)
    first, *middle, last = parts if len(parts) > 1 else (parts[0], "")
    starred = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{starred}{'.*' if len(parts) > 1 else ''}{last}", re.DOTALL)


def _one(token: re.Match[str]) -> str:
    if token[0] == "?":
        return "."
    if token[2] is not None:
        inner = re.sub(r"([\[\]^&~|])", r"\\\1", token[2])
        return f"[{token[1]}{inner}]"
    return re.escape(token[3] or token[4])
