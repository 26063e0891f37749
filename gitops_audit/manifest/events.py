"""libyaml's events, and where it reads YAML otherwise than the older dialect that kubectl is built with.

libyaml knows YAML 1.2 here and there: `\\/` in double quotes and `?` inside plain scalars of flow collections, both of
which kubectl refuses. The other way round kubectl takes `\\'` in double quotes. It also takes a plain `a:` right before
a comma in a flow collection, which is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import CollectionEndEvent, CollectionStartEvent, Event, ScalarEvent
from yaml.reader import ReaderError

from gitops_audit.manifest.limits import TOO_DEEP

NextEvent = Callable[[], Event]

_ESCAPED_SLASH = re.compile(r"(?:[^\\]|\\[^/])*\\/", re.DOTALL)
_DIRECTIVE = re.compile(rb"^%", re.MULTILINE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_MAX_RESTART_BYTES = 500_000
MAX_RESTARTS = 20


class Unreadable(Exception):
    """A document that kubectl refuses: the reason without any of its values, and the line (from 1) in the file."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def event_source(data: bytes, first_line: int) -> NextEvent:
    """Gives one event a call (YAMLError or Unreadable where there is none); slower only where it must look closer."""
    next_event = cast(NextEvent, CParser(data).get_event)
    if b"?" not in data and b"\\/" not in data:
        return next_event
    return _OlderDialect(next_event, data.decode(), first_line)


@dataclass(slots=True)
class _OlderDialect:
    next_event: NextEvent
    text: str = field(repr=False)
    first_line: int
    flow_depth: int = 0

    def __call__(self) -> Event:
        event = self.next_event()
        if isinstance(event, ScalarEvent):
            self._check(event)
        elif isinstance(event, CollectionStartEvent):
            self.flow_depth += bool(self.flow_depth or event.flow_style)
        elif isinstance(event, CollectionEndEvent):
            self.flow_depth -= bool(self.flow_depth)
        return event

    def _check(self, event: ScalarEvent) -> None:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return
        if event.style == '"' and _ESCAPED_SLASH.match(self.text, start.index, end.index):
            raise Unreadable("`\\/` is no escape in YAML for kubectl: write `/`", self.first_line + start.line)
        if self.flow_depth and not event.style and "?" in event.value:
            reason = "kubectl reads no `?` in an unquoted value within [...] or {...}: put it in quotes"
            raise Unreadable(reason, self.first_line + start.line)


def with_older_escapes(data: bytes, error: YAMLError) -> bytes:
    r"""The document with each `\'` of the string that `error` names as an escape libyaml knows.

    Unchanged where that is not the error, and for documents larger than any object: each string costs a new start.
    """
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if getattr(error, "problem", None) != "found unknown escape character" or mark is None or start is None:
        return data
    text = data.decode()
    quoted = _QUOTED.match(text, start.index)
    if quoted is None or text[mark.index : mark.index + 2] != "\\'" or len(data) > _MAX_RESTART_BYTES:
        return data
    return (text[: quoted.start()] + _ESCAPE.sub(_known, quoted[0]) + text[quoted.end() :]).encode()


def _known(escape: re.Match[str]) -> str:
    return "\\x27" if escape[0] == "\\'" else escape[0]


def unreadable(error: YAMLError, data: bytes, first_line: int) -> Unreadable:
    """libyaml's own words, which name tokens and never content, with the line in the file."""
    if isinstance(error, ReaderError):
        return Unreadable(str(error.reason), first_line + data.count(b"\n", 0, error.position))
    directive = _DIRECTIVE.search(data)
    if directive is not None:
        line = first_line + data.count(b"\n", 0, directive.start())
        return Unreadable("kubectl takes no line that starts with `%`, as directives (`%YAML`, `%TAG`) do", line)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if getattr(error, "problem", None) == "exceeded maximum nesting depth":  # libyaml's own bound, from PyYAML 6.0.4 on
        return Unreadable(TOO_DEEP, first_line + (mark.line if mark else 0))
    words = [str(w) for w in (getattr(error, "context", None), getattr(error, "problem", None)) if w]
    row = min(mark.line, data.count(b"\n")) if mark else 0
    if _is_tab_indented(data, row):
        words.append("a tab is used as indentation, YAML takes only spaces")
    return Unreadable(": ".join(words) or "this is not YAML", first_line + row)


def _is_tab_indented(data: bytes, row: int) -> bool:
    lines = data.split(b"\n", row + 1)
    return row < len(lines) and lines[row].lstrip(b" ").startswith(b"\t")
