"""A file's bytes to its documents, cut where kubectl cuts them: JSON objects one after the other, or YAML at `---`.

Every document stands for itself, so a broken one costs none of the others. The rules are those of `YAMLOrJSONDecoder`
in k8s.io/apimachinery (pkg/util/yaml), except that bytes which are no UTF-8 are refused instead of replaced.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from gitops_audit.manifest.compose import Document, compose
from gitops_audit.manifest.events import Unreadable
from gitops_audit.manifest.json_document import JsonStream
from gitops_audit.manifest.limits import MAX_DOCUMENTS

_SEPARATOR = re.compile(rb"^---([^\n]*)\n?", re.MULTILINE)
_CONTENT = re.compile(rb"^[ \t\r]*[^ \t\r\n#]", re.MULTILINE)
_COMMENT = "kubectl takes no comment on the line of a JSON object"
_INLINE = "nothing but a comment may follow `---` on its line: kubectl refuses the file"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file that is one document: its bytes, the line it starts on, and what it came to.

    Exactly one of `document` and `problem` is set.
    """

    data: bytes = field(repr=False)
    line: int
    document: Document | None = None
    problem: Unreadable | None = None


def parts(data: bytes) -> Iterator[Part]:
    """The documents of a file in order; empty ones are left out. Raises Unreadable where the rest of the file is."""
    for number, part in enumerate(_parts(data), start=1):
        if number > MAX_DOCUMENTS:
            raise Unreadable(f"more than {MAX_DOCUMENTS:,} documents in one file (limit: documents)", part.line)
        yield part


def part_at(data: bytes, line: int) -> Part | None:
    """The document that holds a line, not composed; None where there is none. Raises Unreadable as `parts` does."""
    found = _pieces(data)
    after = bisect_right(found, line, key=lambda part: part.line)
    return found[after - 1] if after else None


@lru_cache(maxsize=2)
def _pieces(data: bytes) -> Sequence[Part]:
    """The documents of a file, not composed. Of a large file many are looked up, one after the other."""
    text = _utf8(data)
    return [Part(part.data, part.line) for part in parts(data)] if _is_json(text) else list(_cut(text, 1))


def _is_json(text: bytes) -> bool:
    return text.lstrip()[:1] == b"{"


def _parts(data: bytes) -> Iterator[Part]:
    text = _utf8(data)
    position, line = 0, 1
    if _is_json(text):
        stream = JsonStream(text)
        yield from (Part(text[d.start : d.end], d.document.line, d.document) for d in stream.documents())
        if stream.problem is None:
            return
        if stream.is_json:
            yield Part(b"", stream.problem.line, problem=stream.problem)
            return
        position, line = _after_blank_line(text, stream.position)
        if text[position : position + 1] == b"#" and text[position - 1 : position] != b"\n":
            yield Part(b"", line, problem=Unreadable(_COMMENT, line))
            return
    yield from _yaml_parts(text[position:], line)


def _utf8(data: bytes) -> bytes:
    """Without its byte order mark; UTF-16 is taken only where such a mark announces it, as kubectl does."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return _decoded(data[2:], encoding).encode()
    text = data.removeprefix(codecs.BOM_UTF8)
    if not text.isascii():
        _decoded(text, "utf-8")
    return text


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise Unreadable(f"the file is not {encoding.upper()}: save it as UTF-8", line) from None


def _after_blank_line(text: bytes, position: int) -> tuple[int, int]:
    """Where YAML goes on after JSON objects: past white space, up to and with the first line break."""
    rest = text[position:]
    blank = rest[: len(rest) - len(rest.lstrip())]
    position += blank.index(b"\n") + 1 if b"\n" in blank else len(blank)
    return position, 1 + text.count(b"\n", 0, position)


def _yaml_parts(text: bytes, line: int) -> Iterator[Part]:
    for part in _cut(text, line):
        if part.problem is not None:
            yield part
        elif _CONTENT.search(part.data):
            yield from _composed(part)


def _composed(part: Part) -> Iterator[Part]:
    try:
        document = compose(part.data, part.line)
    except Unreadable as problem:
        yield replace(part, problem=problem)
        return
    if document is not None:
        yield replace(part, document=document)


def _cut(text: bytes, line: int) -> Iterator[Part]:
    """The text between separators. One that carries more than a comment spoils the document it opens.

    `---` right before other characters separates nothing in YAML and is refused by kubectl: it spoils its document.
    """
    start, broken_line = 0, 0
    for match in _SEPARATOR.finditer(text):
        trailing = match[1].strip()
        is_clean = not trailing or trailing.startswith(b"#")
        if not is_clean and not match[1][:1].isspace():
            broken_line = broken_line or line + text.count(b"\n", start, match.start())
            continue
        if start < match.start():
            yield _piece(text[start : match.start()], line, broken_line)
        end = match.end() if is_clean else match.start()
        line += text.count(b"\n", start, end)
        start, broken_line = end, 0 if is_clean else line
    yield _piece(text[start:], line, broken_line)


def _piece(data: bytes, line: int, broken_line: int) -> Part:
    """kubectl reads lines, and ends the last one where the file does not: a block scalar tells the difference."""
    data = data if data.endswith(b"\n") else data + b"\n"
    return Part(data, line, problem=Unreadable(_INLINE, broken_line) if broken_line else None)
