"""A YAML document as a tree of nodes that know where they stand: positions count characters of the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import AliasEvent, Event, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

from gitops_audit.manifest.scalar import MERGE, UnusableScalar, key_text

Kind = Literal["scalar", "mapping", "sequence", "alias"]


class Uneditable(Exception):
    """The text cannot be edited as it was asked. The message says why, and quotes no value."""


@dataclass(slots=True)
class Node:
    """`start` is where its content begins (behind anchor and tag), `end` where it ends; `column` is that of `start`.

    `style` is that of a scalar: empty (plain), `'`, `"`, `|` or `>`. `anchor` is also what an alias names.
    """

    kind: Kind
    start: int
    end: int
    column: int
    style: str = ""
    anchor: str = ""
    is_flow: bool = False
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """Whether it is a collection in block style."""
        return self.kind in ("mapping", "sequence") and not self.is_flow

    def nodes(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [n for e in node.entries for n in (e.key, e.value)] + node.items


@dataclass(slots=True)
class Entry:
    """One line of a mapping: `name` is its key as JSON has it, None for a merge (`<<`)."""

    name: str | None
    key: Node
    value: Node


def parsed(text: str) -> Node:
    """The tree of the one document in a text. Raises Uneditable."""
    try:
        return _Reader(text).document()
    except (YAMLError, UnusableScalar, RecursionError):
        raise Uneditable("its YAML is of a kind that is not edited by position") from None


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._next = CParser(text).get_event
        self._scalars: dict[str, ScalarEvent] = {}

    def document(self) -> Node:
        self._next()
        self._next()
        return self._node(self._event())

    def _event(self) -> Event:
        event = self._next()
        if event is None:
            raise YAMLError("the document ends too early")
        return event

    def _node(self, event: Event) -> Node:
        start, column = self._content(event)
        anchor = str(getattr(event, "anchor", None) or "")
        if isinstance(event, AliasEvent):
            return Node("alias", start, _end(event), column, anchor=anchor)
        if isinstance(event, ScalarEvent):
            if anchor:
                self._scalars[anchor] = event
            style = event.style or ""
            return Node("scalar", start, self._scalar_end(event, start, style), column, style, anchor)
        is_flow = bool(getattr(event, "flow_style", False))
        if isinstance(event, MappingStartEvent):
            return self._mapping(Node("mapping", start, start, column, anchor=anchor, is_flow=is_flow))
        return self._sequence(Node("sequence", start, start, column, anchor=anchor, is_flow=is_flow))

    def _mapping(self, node: Node) -> Node:
        while not isinstance(event := self._event(), MappingEndEvent):
            key = self._node(event)
            value = self._node(self._event())
            node.entries.append(Entry(self._name(event), key, value))
            node.end = max(key.end, value.end)
        node.end = _end(event) if node.is_flow else node.end
        return node

    def _sequence(self, node: Node) -> Node:
        while not isinstance(event := self._event(), SequenceEndEvent):
            node.items.append(self._node(event))
            node.end = node.items[-1].end
        node.end = _end(event) if node.is_flow else node.end
        return node

    def _name(self, event: Event) -> str | None:
        if isinstance(event, AliasEvent):
            event = self._scalars.get(str(event.anchor), event)
        if not isinstance(event, ScalarEvent):
            raise UnusableScalar("a key is no scalar")
        if event.value == "<<" and (event.implicit[0] or event.tag == MERGE):
            return None
        return key_text(event.tag, event.value, is_plain=event.implicit[0])

    def _content(self, event: Event) -> tuple[int, int]:
        """Behind the anchor and the tag: where a collection's or scalar's own text starts."""
        mark = event.start_mark
        at = mark.index if mark else 0
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            limit = _end(event) if isinstance(event, ScalarEvent) else len(self._text)
            at = self._behind_properties(at, limit) if not isinstance(event, AliasEvent) else at
        return at, at - (self._text.rfind("\n", 0, at) + 1)

    def _behind_properties(self, at: int, limit: int) -> int:
        text = self._text
        while at < len(text) and text[at] in "&!":
            while at < len(text) and not text[at].isspace() and not (text[at] in ",]}" and text[at - 1] != "<"):
                at += 1
            ahead = at
            while ahead < len(text) and (text[ahead].isspace() or text[ahead] == "#"):
                ahead = text.find("\n", ahead) if text[ahead] == "#" else ahead + 1
                ahead = len(text) if ahead < 0 else ahead
            if ahead > limit and at <= limit:
                return at
            at = ahead
        return at

    def _scalar_end(self, event: ScalarEvent, start: int, style: str) -> int:
        end = _end(event)
        return max(start, len(self._text[:end].rstrip(" \t\r\n"))) if style in ("|", ">") else max(start, end)


def _end(event: Event) -> int:
    return int(event.end_mark.index) if event.end_mark else 0
