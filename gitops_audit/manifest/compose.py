"""One YAML document from libyaml's events to JSON values, by the rules of the decoder kubectl is built with.

Aliases share the value they point to; what they stand for is counted, so that no small file becomes a large object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from gitops_audit.manifest.events import (
    MAX_RESTARTS,
    NextEvent,
    Unreadable,
    event_source,
    unreadable,
    with_older_escapes,
)
from gitops_audit.manifest.limits import EXCESSIVE_ALIASES, MAX_DEPTH, TOO_DEEP, is_excessive_aliasing
from gitops_audit.manifest.scalar import MERGE, SPECIAL_STARTS, UnusableScalar, key_text, plain_value, tagged_value

Token = str | int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that stands twice in one mapping, where it stands the second time."""

    path: tuple[Token, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A composed document. `item_lines` has the line of each element of a list under `items`.

    `unread_line` is where text follows the end of the document (`...`), which kubectl never looks at; else 0.
    """

    value: Any = field(repr=False)
    line: int
    duplicates: tuple[Duplicate, ...] = ()
    item_lines: tuple[int, ...] = ()
    unread_line: int = 0


def compose(data: bytes, first_line: int = 1) -> Document | None:
    """The first YAML document in `data` (valid UTF-8), None where there is none. Raises Unreadable.

    `first_line` is the line of the file that `data` starts on.
    """
    for restart in range(MAX_RESTARTS + 1):
        try:
            return _Composer(data, first_line).document()
        except YAMLError as error:
            changed = with_older_escapes(data, error)
            if changed == data or restart == MAX_RESTARTS:
                raise unreadable(error, data, first_line) from None
            data = changed
        except RecursionError:
            break
    raise Unreadable(TOO_DEEP, first_line)


# A scalar that starts with none of these is its own text, quoted or not.
_UNSURE = SPECIAL_STARTS | {"", "<"}


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for, and of how many nodes. A scalar keeps its event: as a key it may read differently."""

    value: Any = field(default=None, repr=False)
    nodes: int = 0
    scalar: ScalarEvent | None = field(default=None, repr=False)
    is_open: bool = False


@dataclass(slots=True)
class _Composer:
    data: bytes = field(repr=False)
    first_line: int
    path: list[Token] = field(default_factory=list)
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)
    item_lines: list[int] = field(default_factory=list)
    nodes: int = 1
    aliased_nodes: int = 0
    next_event: NextEvent = field(init=False)

    def __post_init__(self) -> None:
        self.next_event = event_source(self.data, self.first_line)

    def document(self) -> Document | None:
        self.next_event()
        if not isinstance(self.next_event(), DocumentStartEvent):
            return None
        root = self.next_event()
        self.nodes += 1
        value = _BUILDERS[type(root)](self, root)
        self.next_event()
        line, unread = self.line_of(root), self.unread_line()
        return Document(value, line, tuple(self.duplicates), tuple(self.item_lines), unread)

    def unread_line(self) -> int:
        try:
            event = self.next_event()
        except YAMLError as error:
            return unreadable(error, self.data, self.first_line).line
        except Unreadable as problem:
            return problem.line
        return 0 if isinstance(event, StreamEndEvent) else self.line_of(event)

    def line_of(self, event: Event) -> int:
        mark = event.start_mark
        return self.first_line + (mark.line if mark else 0)

    def fail(self, reason: str, event: Event) -> Unreadable:
        return Unreadable(reason, self.line_of(event))

    def scalar(self, event: ScalarEvent) -> Any:
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(nodes=1, scalar=event)
        try:
            if event.tag is not None:
                return tagged_value(event.tag, event.value)
            return plain_value(event.value) if event.implicit[0] else event.value
        except UnusableScalar as error:
            raise self.fail(str(error), event) from None

    def mapping(self, start: MappingStartEvent) -> dict[str, Any]:
        """One call a level and no call for common scalars: this loop and the next are where the time goes."""
        result: dict[str, Any] = {}
        anchor = self.open(start, result)
        merged: set[str] = set()
        next_event, path = self.next_event, self.path
        while type(event := next_event()) is not MappingEndEvent:
            self.nodes += 2
            if type(event) is ScalarEvent and event.tag is event.anchor is None and event.value[:1] not in _UNSURE:
                key = intern(event.value)
            elif _is_merge(event):
                merged |= self.merge(result, merged)
                continue
            else:
                key = self.key(event)
            if key in result:
                self.note_duplicate(key, merged, event)
            child = next_event()
            if type(child) is ScalarEvent and child.tag is child.anchor is None and child.value[:1] not in _UNSURE:
                result[key] = child.value
                continue
            path.append(key)
            result[key] = _BUILDERS[type(child)](self, child)
            path.pop()
        self.close(anchor)
        return result

    def note_duplicate(self, key: str, merged: set[str], event: Event) -> None:
        if key not in merged:
            self.duplicates.append(Duplicate((*self.path, key), self.line_of(event)))
        merged.discard(key)

    def sequence(self, start: SequenceStartEvent) -> list[Any]:
        result: list[Any] = []
        anchor = self.open(start, result)
        next_event, path, is_items = self.next_event, self.path, self.path == ["items"]
        while type(child := next_event()) is not SequenceEndEvent:
            self.nodes += 1
            if is_items:
                self.item_lines.append(self.line_of(child))
            path.append(len(result))
            result.append(_BUILDERS[type(child)](self, child))
            path.pop()
        self.close(anchor)
        return result

    def open(self, start: MappingStartEvent | SequenceStartEvent, value: Any) -> _Anchor | None:
        """Notes a mapping or list as begun, so that an alias in it to itself is told; gives its anchor."""
        if len(self.path) >= MAX_DEPTH:
            raise self.fail(TOO_DEEP, start)
        if start.anchor is None:
            return None
        anchor = self.anchors[start.anchor] = _Anchor(value, 1 - self.nodes, is_open=True)
        return anchor

    def close(self, anchor: _Anchor | None) -> None:
        if anchor is not None:
            anchor.nodes += self.nodes
            anchor.is_open = False

    def alias(self, event: AliasEvent) -> Any:
        found = self.resolved(event)
        return found.value if found.scalar is None else self.scalar(_without_anchor(found.scalar))

    def resolved(self, event: AliasEvent) -> _Anchor:
        found = self.anchors.get(str(event.anchor))
        if found is None:
            raise self.fail("an alias has no anchor before it", event)
        if found.is_open:
            raise self.fail("an anchor's value contains itself", event)
        self.nodes += found.nodes
        self.aliased_nodes += found.nodes
        if is_excessive_aliasing(self.nodes, self.aliased_nodes):
            raise self.fail(EXCESSIVE_ALIASES, event)
        return found

    def key(self, event: Event) -> str:
        found = self.resolved(event).scalar if isinstance(event, AliasEvent) else event
        if not isinstance(found, ScalarEvent):
            raise self.fail("a mapping or a list stands where a key is expected", event)
        if found.anchor is not None:
            self.anchors[found.anchor] = _Anchor(nodes=1, scalar=found)
        try:
            return intern(key_text(found.tag, found.value, is_plain=found.implicit[0]))
        except UnusableScalar as error:
            raise self.fail(str(error), event) from None

    def merge(self, result: dict[str, Any], merged: set[str]) -> set[str]:
        """Copies what `<<` brings into the mapping, over what stands before it; gives the keys it alone has set."""
        event = self.next_event()
        sources = self.merge_list() if isinstance(event, SequenceStartEvent) else [self.merge_source(event)]
        added: set[str] = set()
        for source in reversed(sources):
            added |= source.keys() - (result.keys() - merged - added)
            result.update(source)
        return added

    def merge_list(self) -> list[dict[str, Any]]:
        sources = []
        while type(event := self.next_event()) is not SequenceEndEvent:
            sources.append(self.merge_source(event))
        return sources

    def merge_source(self, event: Event) -> dict[str, Any]:
        value = _BUILDERS[type(event)](self, event) if isinstance(event, (MappingStartEvent, AliasEvent)) else None
        if not isinstance(value, dict):
            raise self.fail("`<<` merges a mapping or a list of mappings, nothing else", event)
        return value


# Unbound: a composer that held its own methods would be a cycle, and the collector rests while files are read.
_BUILDERS: dict[type[Event], Callable[[_Composer, Any], Any]] = {
    ScalarEvent: _Composer.scalar,
    MappingStartEvent: _Composer.mapping,
    SequenceStartEvent: _Composer.sequence,
    AliasEvent: _Composer.alias,
}


def _is_merge(event: Event) -> bool:
    return type(event) is ScalarEvent and event.value == "<<" and (event.implicit[0] or event.tag == MERGE)


def _without_anchor(event: ScalarEvent) -> ScalarEvent:
    return ScalarEvent(None, event.tag, event.implicit, event.value, event.start_mark, event.end_mark)
