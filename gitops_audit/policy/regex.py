"""Regular expressions as Go, CEL and Kyverno read them (RE2), in time linear in the text.

Python's own `re` backtracks, so one hostile policy could hold an audit for ever; RE2 cannot. It refuses look-around and
back-references, exactly as Kubernetes and Kyverno do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import re2

MAX_PATTERN_CHARS = 10_000
MAX_RESULT_CHARS = 100_000
_PROGRAM_BYTES = 8 << 20
_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


class RegexError(ValueError):
    """The pattern is no regular expression of RE2, or too large a one. `reason` is RE2's own word, where it has one."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class Match(Protocol):
    """The part of `re.Match` that is used."""

    def group(self, group: int | str = 0, /) -> str | None: ...

    def span(self, group: int = 0, /) -> tuple[int, int]: ...


class Regex(Protocol):
    """The part of `re.Pattern` that is used, and the number of its program's instructions."""

    @property
    def programsize(self) -> int: ...

    def search(self, text: str, /) -> Match | None: ...

    def findall(self, text: str, /) -> list[str]: ...

    def sub(self, replacement: Callable[[Match], str], text: str, /) -> str: ...


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Regex:
    """The compiled pattern. Raises RegexError."""
    if len(pattern) > MAX_PATTERN_CHARS:
        most = f"at most {MAX_PATTERN_CHARS} are read; limit: pattern length"
        raise RegexError(f"a regular expression of {len(pattern)} characters ({most})")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PROGRAM_BYTES
    try:
        regex: Regex = re2.compile(pattern, options)
    except re2.error as error:
        reason = _reason(error)
        raise RegexError(f"{pattern!r} is not a regular expression (RE2): {reason}", reason) from None
    return regex


def is_match(pattern: str, text: str) -> bool:
    """Whether the pattern occurs anywhere in the text. Raises RegexError."""
    return compiled(pattern).search(text) is not None


def is_regex(pattern: str) -> bool:
    """Whether the text is a regular expression of RE2."""
    try:
        compiled(pattern)
    except RegexError:
        return False
    return True


def replace_all(pattern: str, text: str, replacement: str) -> str:
    """Replaces every match; `$1`, `${1}` and `${name}` in the replacement are the groups (Go's rules).

    A group that does not exist is the empty text. Raises RegexError, also where the result would be too long.
    """
    pieces = _parsed(replacement)
    return _bounded(compiled(pattern), text, lambda match: "".join(_shown(piece, match) for piece in pieces))


def replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    """Replaces every match by the replacement as it is written. Raises RegexError."""
    return _bounded(compiled(pattern), text, lambda _: replacement)


def _bounded(regex: Regex, text: str, replace: Callable[[Match], str]) -> str:
    left = MAX_RESULT_CHARS

    def counted(match: Match) -> str:
        nonlocal left
        replacement = replace(match)
        left -= len(replacement)
        if left < 0:
            raise RegexError(f"the replacement gives more than {MAX_RESULT_CHARS} characters")
        return replacement

    return regex.sub(counted, text)


@dataclass(frozen=True, slots=True)
class _Group:
    name: int | str


def _parsed(template: str) -> list[str | _Group]:
    """The texts and groups of a replacement, in order."""
    pieces: list[str | _Group] = []
    at = 0
    for found in _REFERENCE.finditer(template):
        name = found[1] or found[2]
        pieces += [template[at : found.start()], _Group(int(name) if name.isdigit() else name) if name else "$"]
        at = found.end()
    return [*pieces, template[at:]]


def _shown(piece: str | _Group, match: Match) -> str:
    if isinstance(piece, str):
        return piece
    try:
        return match.group(piece.name) or ""
    except (IndexError, KeyError):
        return ""


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "syntax error"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
