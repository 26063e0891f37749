"""JSON as kubectl reads it: objects one after the other, numbers as int64 or float64, the last of equal keys wins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.manifest.compose import Document, Duplicate, compose
from gitops_audit.manifest.events import Unreadable
from gitops_audit.manifest.limits import MAX_DEPTH
from gitops_audit.manifest.scalar import UnusableScalar, decimal_integer, json_number

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOO_DEEP = f"more than {MAX_DEPTH} objects and arrays within each other (limit: manifest depth)"


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """One JSON value and where its bytes stand in the file."""

    document: Document
    start: int
    end: int


@dataclass(slots=True)
class JsonStream:
    """Reads JSON values until the end or the first fault: `problem` is None where all was read.

    A file whose first or second value is not JSON may still be YAML (`position` is where to go on); `is_json` is true
    where it cannot be. That is how kubectl decides.
    """

    data: bytes = field(repr=False)
    position: int = 0
    is_json: bool = False
    problem: Unreadable | None = None
    _count: int = field(default=0, init=False)

    def documents(self) -> Iterator[JsonDocument]:
        text, decoder = self.data.decode(), _Decoder()
        at, line = 0, 1
        while (start := _skip_space(text, at)) < len(text):
            line += text.count("\n", at, start)
            try:
                value, end = decoder.value(text, start, line)
            except Unreadable as problem:
                self.problem, self.is_json = problem, self._count > 1 or decoder.is_json
                return
            first = self.position + len(text[at:start])
            self.position = first + len(text[start:end].encode())
            yield self._document(value, line, first, has_duplicates=decoder.has_duplicates)
            self._count += 1
            line += text.count("\n", start, end)
            at = end

    def _document(self, value: Any, line: int, start: int, *, has_duplicates: bool) -> JsonDocument:
        duplicates, item_lines = self._lines(start, line) if has_duplicates or _is_list(value) else ((), ())
        return JsonDocument(Document(value, line, duplicates, item_lines), start, self.position)

    def _lines(self, start: int, line: int) -> tuple[tuple[Duplicate, ...], tuple[int, ...]]:
        """JSON is YAML, near enough for lines: the parser that knows lines reads it once more."""
        try:
            found = compose(self.data[start : self.position], line)
        except Unreadable:
            return (), ()
        return (found.duplicates, found.item_lines) if found else ((), ())


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("items"), list)


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Decoder:
    """Python's JSON scanner with Go's rules for numbers, surrogates, depth and constants.

    `is_json` tells of a refused value that its syntax was right all the same.
    """

    __slots__ = ("_scan", "has_duplicates", "is_json")

    def __init__(self) -> None:
        self.has_duplicates = self.is_json = False
        self._scan = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=decimal_integer,
            parse_float=_decimal,
            parse_constant=_constant,
        ).raw_decode

    def value(self, text: str, at: int, line: int) -> tuple[Any, int]:
        """The value at a position (which is on `line`) and where it ends. Raises Unreadable."""
        self.has_duplicates = self.is_json = False
        try:
            value, end = self._scan(text, at)
            return _as_go(value, 1, has_surrogates="\\u" in text[at:end]), end
        except json.JSONDecodeError as error:
            raise Unreadable(f"this is not JSON: {error.msg}", error.lineno) from None
        except (UnusableScalar, RecursionError) as error:
            self.is_json = True
            raise Unreadable(str(error) if isinstance(error, UnusableScalar) else _TOO_DEEP, line) from None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        self.has_duplicates |= len(result) < len(pairs)
        return result


def _decimal(text: str) -> int | float:
    return json_number(float(text))


def _constant(text: str) -> Any:
    raise json.JSONDecodeError(f"{text} is no value", "", 0)


def _as_go(value: Any, depth: int, *, has_surrogates: bool) -> Any:
    """Checks the depth, and replaces halves of surrogate pairs, which no UTF-8 can hold, by U+FFFD."""
    if isinstance(value, (dict, list)) and depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        pairs = value.items()
        return {_text(k, has_surrogates): _as_go(v, depth + 1, has_surrogates=has_surrogates) for k, v in pairs}
    if isinstance(value, list):
        return [_as_go(v, depth + 1, has_surrogates=has_surrogates) for v in value]
    return _text(value, has_surrogates) if isinstance(value, str) else value


def _text(text: str, has_surrogates: bool) -> str:
    return _SURROGATE.sub("\ufffd", text) if has_surrogates else text
