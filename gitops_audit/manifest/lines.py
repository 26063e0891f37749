"""The line of every field of a document: read again only where a finding needs to point somewhere."""

from __future__ import annotations

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from gitops_audit.manifest.scalar import MERGE, UnusableScalar, key_text
from gitops_audit.model.path import escaped

# RFC 6901 pointer, relative to the node it belongs to -> line
Lines = dict[str, int]


def document_lines(data: bytes, first_line: int = 1) -> Lines:
    """Pointer to line (of the key, or of the list element) of the one document in `data`.

    What an alias or a merge brings has the lines of its anchor. Empty where the document cannot be read.
    """
    try:
        return _Reader(data, first_line).document()
    except (YAMLError, UnusableScalar, KeyError, RecursionError):
        return {}


class _Reader:
    def __init__(self, data: bytes, first_line: int) -> None:
        self._next = CParser(data).get_event
        self._first_line = first_line
        self._anchors: dict[str, Lines] = {}
        self._scalars: dict[str, ScalarEvent] = {}

    def document(self) -> Lines:
        self._next()
        self._next()
        event = self._next()
        return self._node(event) if event is not None else {}

    def _node(self, event: Event) -> Lines:
        if isinstance(event, AliasEvent):
            return self._anchors.get(str(event.anchor), {})
        lines: Lines = {}
        if isinstance(event, MappingStartEvent):
            lines = self._mapping()
        elif isinstance(event, SequenceStartEvent):
            lines = self._sequence()
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self._remember(event, event.anchor, lines)
        return lines

    def _remember(self, event: NodeEvent, anchor: str, lines: Lines) -> None:
        self._anchors[anchor] = lines
        if isinstance(event, ScalarEvent):
            self._scalars[anchor] = event

    def _mapping(self) -> Lines:
        lines: Lines = {}
        while not isinstance(event := self._event(), MappingEndEvent):
            if isinstance(event, ScalarEvent) and event.value == "<<" and (event.implicit[0] or event.tag == MERGE):
                lines |= self._merged()
                continue
            _put(lines, self._key(event), self._line(event), self._node(self._event()))
        return lines

    def _sequence(self) -> Lines:
        lines: Lines = {}
        index = 0
        while not isinstance(event := self._event(), SequenceEndEvent):
            _put(lines, str(index), self._line(event), self._node(event))
            index += 1
        return lines

    def _merged(self) -> Lines:
        event = self._event()
        if not isinstance(event, SequenceStartEvent):
            return self._node(event)
        found: list[Lines] = []
        while not isinstance(event := self._event(), SequenceEndEvent):
            found.append(self._node(event))
        return {pointer: line for lines in reversed(found) for pointer, line in lines.items()}

    def _key(self, event: Event) -> str:
        if isinstance(event, AliasEvent):
            event = self._scalars[str(event.anchor)]
        self._node(event)
        if not isinstance(event, ScalarEvent):
            raise UnusableScalar("a key is no scalar")
        return key_text(event.tag, event.value, is_plain=event.implicit[0])

    def _event(self) -> Event:
        event = self._next()
        if event is None:
            raise YAMLError("the document ends too early")
        return event

    def _line(self, event: Event) -> int:
        return self._first_line + (event.start_mark.line if event.start_mark else 0)


def _put(lines: Lines, key: str, line: int, below: Lines) -> None:
    """Enters a field and all below it; a field that stands twice counts where it stands last."""
    pointer = f"/{escaped(key)}"
    if pointer in lines:
        for stale in [p for p in lines if p.startswith(f"{pointer}/")]:
            del lines[stale]
    lines[pointer] = line
    for rest, at in below.items():
        lines[pointer + rest] = at
