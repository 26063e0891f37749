"""Finds known secret values in a text, whatever became of them on the way: escaped, encoded, wrapped, in other case.

A text is compared by its letters and digits alone, so quotes, escapes, line breaks and the alphabet of a base64 do not
count; a value is looked for as it is and in the encodings that templates and appliers use.

    value   quo"te-Zq91             -> quotezq91, and its base64, hex, ...
    text    {"p":"quo\\"te-Zq91"}    -> pquotezq91: it holds the value
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

# Shorter values stand in any text, and would be found everywhere: they count where they are all of a text.
MIN_PART = 6
_MIN_WHOLE = 4
# Up to so many parts each is searched for; of more, those that start as a place of the text does.
_FEW_PARTS = 200
_MIN_LINE = 12
_MIN_ASSIGNED = 8
# Values are taken apart up to this size; larger ones are looked for as a whole.
_MAX_TAKEN_APART = 1 << 16
_COMMON = frozenset({"true", "false", "null", "none"})
_NO_WORD = re.compile(r"[\W_]+")
_ESCAPED = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[nrtbf0])")
_ASSIGNED = re.compile(r"[\w.-]+[=:]\s*[\"']?([^\s\"']+)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_STANDARD = str.maketrans("-_", "+/")
_USER_INFO = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")


class SecretValues:
    """What texts are searched for. `public` is what is no secret wherever it stands, such as the object's name."""

    __slots__ = ("_by_start", "_longest", "_parts", "_public", "_raw", "_wholes")

    def __init__(
        self, values: Iterable[bytes], *, longest: int, public: Iterable[str] = (), is_taken_apart: bool = False
    ) -> None:
        """`longest` is the length of the longest text that will be searched: a longer value is in none of them.

        `is_taken_apart`: what stands in a value is no value by itself, or is given too.
        """
        self._by_start: dict[str, list[str]] = {}
        self._public = _COMMON.union(map(_squashed, public))
        self._longest = longest
        self._parts: set[str] = set()
        self._wholes: set[str] = set()
        self._raw: set[str] = set()
        parts = values if is_taken_apart else (part for v in values for part in _taken_apart(v, longest))
        for value in set(parts):
            text = value.decode("utf-8", "replace")
            if _MIN_WHOLE <= len(text) <= longest:
                self._add(value, text)

    def _add(self, value: bytes, text: str) -> None:
        plain = _squashed(text)
        if plain in self._public:
            return
        if len(text) < MIN_PART:
            self._wholes |= {plain, _squashed(base64.b64encode(value).decode()), value.hex()} - {""}
            return
        self._parts |= {form for form in _forms(value, text, self._longest) if len(form) >= MIN_PART}
        if len(plain) < MIN_PART:
            self._raw.add(text)

    def is_in(self, text: str) -> bool:
        """Whether a value, in any form, is all of a text or a part of it."""
        if not (self._wholes or self._parts or self._raw):
            return False
        views = _views(text)
        if any(raw in view for raw in self._raw for view in views):
            return True
        squashed = {_squashed(view) for view in views} - self._public
        return not self._wholes.isdisjoint(squashed) or any(map(self._has_part, squashed))

    def _has_part(self, view: str) -> bool:
        if len(self._parts) <= _FEW_PARTS:
            return any(part in view for part in self._parts)
        if not self._by_start:
            for part in self._parts:
                self._by_start.setdefault(part[:MIN_PART], []).append(part)
        for at in range(len(view) - MIN_PART + 1):
            parts = self._by_start.get(view[at : at + MIN_PART])
            if parts and any(view.startswith(part, at) for part in parts):
                return True
        return False


def texts_in(value: Any) -> Iterator[str]:
    """Every scalar below a value, as a text; keys too."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple):
            waiting += found
        elif found is not None and not isinstance(found, bool):
            yield found if isinstance(found, str) else str(found)


def _taken_apart(value: bytes, longest: int) -> Iterator[bytes]:
    """A value, its lines, and what stands in it as JSON, as KEY=VALUE or as the password of a URL."""
    yield value
    if len(value) > _MAX_TAKEN_APART or longest < MIN_PART:
        return
    text = value.decode("utf-8", "replace")
    found = [text.strip()]
    if "=" in text or ":" in text:
        found += [*_USER_INFO.findall(text), *(w for w in _ASSIGNED.findall(text) if len(w) >= _MIN_ASSIGNED)]
        found += _json_texts(text)
    if "\n" in text:
        found += [line.strip() for line in text.splitlines() if len(line.strip()) >= _MIN_LINE and "-----" not in line]
    yield from (part.encode("utf-8", "surrogatepass") for part in found if MIN_PART <= len(part) <= longest)


def _json_texts(text: str) -> list[str]:
    if text.lstrip()[:1] not in ("{", "["):
        return []
    try:
        return list(_leaves(json.loads(text)))
    except (ValueError, RecursionError):
        return []


def _leaves(value: Any) -> Iterator[str]:
    """The values of a document, without its keys."""
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from [child] if isinstance(child, str) else _leaves(child)


def _forms(value: bytes, text: str, longest: int) -> Iterator[str]:
    """A value and its encodings, as letters and digits, as far as they are not longer than the texts."""
    yield _squashed(text)
    yield _squashed(text[::-1])
    if len(value) * 2 <= longest:
        yield value.hex()
    if len(value) * 8 // 5 <= longest:
        yield _squashed(base64.b32encode(value).decode())
    for _ in range(3):
        if len(value) * 4 // 3 > longest + 4:
            return
        yield from map(_squashed, base64_cores(value))
        value = base64.b64encode(value)


def base64_cores(data: bytes) -> Iterator[str]:
    """What base64 makes of the data whatever stands before and behind it: one text for each place it may start at."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + data).decode()
        yield encoded[(0, 2, 3)[shift] : (shift + len(data)) * 8 // 6]


def _views(text: str, depth: int = 2) -> tuple[str, ...]:
    """A text as it is, and with the escapes of JSON, YAML, URLs and HTML, and base64, undone."""
    views = {text}
    if "\\" in text:
        views.add(_ESCAPED.sub(_meant, text))
    if "%" in text:
        views |= {unquote(unquote(view)) for view in tuple(views)}
    if "&" in text:
        views |= {html.unescape(view) for view in tuple(views)}
    if depth:
        views |= {view for inner in _decoded(text) for view in _views(inner, depth - 1)}
    return tuple(views)


def _decoded(text: str) -> Iterator[str]:
    """What stands in a text as base64: it may hold a value that was escaped before it was encoded."""
    for run in _BASE64.findall(text):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(run.translate(_STANDARD) + "=" * (-len(run) % 4)).decode()


def _meant(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else " "


def _squashed(text: str) -> str:
    return _NO_WORD.sub("", text).casefold()
