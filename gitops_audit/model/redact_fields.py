"""Replaces the values at chosen fields of an object: where `redact:` rules point, beside the data of Secrets.

Pointers are those of ignore rules: RFC 6901, where a segment may be `*` or `[key=value,...]` for list elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from gitops_audit.model.path import unescaped
from gitops_audit.model.resource import JsonObject, ResourceKey, group_of

_SEGMENT = re.compile(r"/(\[[^\]]*\]|[^/]*)")


class Selection(Protocol):
    """Which objects a rule is for."""

    def selects(self, key: ResourceKey, labels: Mapping[str, Any], /) -> bool: ...


class RedactionRule(Protocol):
    """One entry of `redact:` in the configuration."""

    @property
    def match(self) -> Selection: ...
    @property
    def fields(self) -> Sequence[str]: ...


def matching_fields(rules: Sequence[RedactionRule], body: JsonObject) -> list[tuple[str, ...]]:
    """The fields, as segments, that the rules redact in this object."""
    return [_segments(pointer) for rule in rules if _is_match(rule.match, body) for pointer in rule.fields]


def replace_at(value: Any, segments: tuple[str, ...], to: Callable[[Any], Any]) -> Any:
    """`value` with `to(old)` at every place the segments select; the input stays. Absent fields stay absent."""
    if not segments:
        return to(value)
    head, rest = segments[0], segments[1:]
    if isinstance(value, dict):
        chosen: dict[Any, Any] = {k: replace_at(v, rest, to) for k, v in value.items() if head in ("*", k)}
        return value | chosen if chosen else value
    if isinstance(value, list):
        return [replace_at(v, rest, to) if _selects(head, i, v) else v for i, v in enumerate(value)]
    return value


def _segments(pointer: str) -> tuple[str, ...]:
    return tuple(map(unescaped, _SEGMENT.findall(pointer)))


def _selects(segment: str, index: int, element: Any) -> bool:
    if segment in ("*", str(index)):
        return True
    if not segment.startswith("[") or not isinstance(element, dict):
        return False
    return all(str(element.get(key)) == wanted for key, wanted in _pairs(segment))


def _pairs(selector: str) -> Iterator[tuple[str, str]]:
    for pair in selector.strip("[]").split(","):
        key, _, wanted = pair.partition("=")
        yield key, wanted


def _is_match(match: Selection, body: JsonObject) -> bool:
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    group = group_of(body)
    kind = str(body.get("kind", ""))
    labels = metadata.get("labels")
    key = ResourceKey("", group, kind, _text(metadata, "namespace"), _text(metadata, "name"))
    return match.selects(key, labels if isinstance(labels, dict) else {})


def _text(metadata: JsonObject, key: str) -> str:
    return str(metadata.get(key) or "")
