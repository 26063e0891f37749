"""Pointers to fields in rules: RFC 6901, where a segment may also be `*` or select list elements by their keys."""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"/(\[[^\]]*\]|[^/\[\]]+|(?=/|$))")
_SELECTOR = re.compile(r"\[[^=,\[\]]+=[^=,\[\]]+(,[^=,\[\]]+=[^=,\[\]]+)*\]")
_ESCAPE = re.compile(r"~(?![01])")
_DISPLAYED = re.compile(r"([^.\[\]]+)|(\[[^\]]+\])")


def pointer_fault(pointer: str) -> tuple[str, str]:
    """What is wrong with a pointer and what to write instead; both empty where it is sound."""
    if not pointer.startswith("/"):
        return "is no pointer: it must start with `/`", _instead(pointer)
    position = 0
    while position < len(pointer):
        segment = _SEGMENT.match(pointer, position)
        if segment is None:
            return "has a bracket within a segment", _instead(pointer)
        if fault := _segment_fault(segment[1]):
            return fault
        position = segment.end()
    return "", ""


def _segment_fault(segment: str) -> tuple[str, str] | None:
    if not segment:
        return "has an empty segment", ""
    if segment.startswith("["):
        if _SELECTOR.fullmatch(segment):
            return None
        return f"has the selector {segment!r}", "write [key=value], for example [name=web]"
    if "*" in segment and segment != "*":
        return f"has the segment {segment!r}", "`*` stands for a whole segment only"
    if _ESCAPE.search(segment):
        return f"has the segment {segment!r}", "write `~0` for `~` and `~1` for `/`"
    return None


def _instead(pointer: str) -> str:
    """The pointer for a field as reports show it (`spec.containers[name=web].image`)."""
    parts = [key or selector for key, selector in _DISPLAYED.findall(pointer.replace("/", "."))]
    candidate = "".join(f"/{part}" for part in parts)
    return f"did you mean {candidate!r}?" if parts and pointer_fault(candidate) == ("", "") else ""
