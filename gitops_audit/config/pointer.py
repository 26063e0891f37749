"""Pointers to fields in rules: RFC 6901, where a segment may also be `*` or select list elements by their keys.

Only what every reader of such pointers understands is let through: a rule that silently selects nothing is worst of all
where it is to redact.
"""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"/(\[[^\]]*\]|[^/\[\]]+|(?=/|$))")
_SELECTOR = re.compile(r"\[[^=,\[\]]+=[^=,\[\]]+(,[^=,\[\]]+=[^=,\[\]]+)*\]")
_ESCAPE = re.compile(r"~(?![01])")
_DISPLAYED = re.compile(r"[^./\[\]]+|\[[^\]]+\]")
_POINTED = re.compile(r"[^/\[\]]+|\[[^\]]+\]")


def pointer_fault(pointer: str, *, has_globs: bool = True) -> tuple[str, str]:
    """What is wrong with a pointer and what to write instead; both empty where it is sound.

    `has_globs`: `*` may also be a part of a segment or of a selected value, as in ignore rules.
    """
    if not pointer.startswith("/"):
        return "is no pointer: it must start with `/`", _instead(pointer)
    position = 0
    while position < len(pointer):
        segment = _SEGMENT.match(pointer, position)
        if segment is None:
            return "has a bracket within a segment", _instead(pointer)
        if fault := _segment_fault(segment[1], has_globs):
            return fault
        position = segment.end()
    return "", ""


def _segment_fault(segment: str, has_globs: bool) -> tuple[str, str] | None:
    if not segment:
        return "has an empty segment", ""
    named = f"has the {'selector' if segment.startswith('[') else 'segment'} {segment!r}"
    if segment.startswith("[") and not _SELECTOR.fullmatch(segment):
        return named, "write [key=value], for example [name=web]"
    if "/" in segment or _ESCAPE.search(segment):
        return named, "write `~0` for `~` and `~1` for `/`"
    if "*" in segment and segment != "*" and not has_globs:
        return named, "`*` stands for a whole segment only"
    return None


def _instead(pointer: str) -> str:
    """The pointer for a field as reports show it (`spec.containers[name=web].image`)."""
    if pointer.count("[") != pointer.count("]"):
        return ""
    parts = (_POINTED if pointer.startswith("/") else _DISPLAYED).findall(pointer)
    candidate = "".join(f"/{part}" for part in parts)
    return f"did you mean {candidate!r}?" if parts and pointer_fault(candidate) == ("", "") else ""
