"""One document of a file, cut out so that it can be edited and put back between the same bytes."""

from __future__ import annotations

import codecs
import copy
from dataclasses import dataclass, field, replace
from typing import Any

from gitops_audit.manifest.events import Unreadable
from gitops_audit.manifest.file import placed
from gitops_audit.manifest.stream import parts
from gitops_audit.model.path import pointer_tokens
from gitops_audit.remediate.togit.edit import edited
from gitops_audit.remediate.togit.node import Uneditable


@dataclass(frozen=True, slots=True)
class Document:
    """`text` with what stands before and behind it in the file; `pointer` leads to the object in it."""

    mark: bytes
    head: str = field(repr=False)
    text: str = field(repr=False)
    tail: str = field(repr=False)
    pointer: str = ""

    @classmethod
    def of_object(cls, data: bytes, index: int) -> Document:
        """The document of the n-th object of a file. Raises Uneditable."""
        found = placed(data, index)
        if found is None:
            raise Uneditable("the object is not in its file any more")
        return replace(cls.all_of(data)[found[0]], pointer=found[1])

    @classmethod
    def first(cls, data: bytes) -> Document:
        """The first document of a file that holds anything. Raises Uneditable."""
        return next(iter(cls.all_of(data)), cls(b"", "", "", ""))

    @classmethod
    def all_of(cls, data: bytes) -> list[Document]:
        """Every document of a file that can be read. Raises Uneditable."""
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        try:
            whole = data.removeprefix(mark).decode()
            texts = [(part.line, part.data.decode()) for part in parts(data) if part.document is not None]
        except UnicodeDecodeError:
            raise Uneditable("its file is not UTF-8") from None
        except Unreadable:
            raise Uneditable("its file cannot be read as YAML") from None
        found, end = list[Document](), 0
        for line, text in texts:
            start, own = _located(whole, text, max(end, _line_start(whole, line)))
            end = start + len(own)
            found.append(cls(mark, whole[:start], own, whole[end:]))
        return found

    @property
    def lines(self) -> range:
        """The lines of the file that it takes, from 1."""
        first = self.head.count("\n") + 1
        return range(first, first + self.text.count("\n") + 1)

    @property
    def value(self) -> Any:
        """What the document says. Raises Uneditable."""
        try:
            return read(self.text)
        except Unreadable:
            raise Uneditable("its file cannot be read as YAML") from None

    @property
    def body(self) -> Any:
        """The object in it."""
        found = self.value
        for token in pointer_tokens(self.pointer):
            found = found[int(token)] if isinstance(found, list) else found[token]
        return found

    def with_body(self, body: Any) -> bytes:
        """The file in which the object is another one. Raises Uneditable."""
        value: Any = copy.deepcopy(self.value)
        tokens = pointer_tokens(self.pointer)
        holder: Any = {"": value}
        key: Any = ""
        for token in tokens:
            holder = holder[key]
            key = int(token) if isinstance(holder, list) else token
        if tokens:
            holder[key] = body
        else:
            value = body
        text = edited(self.text, value, read)
        return self.mark + (self.head + text + self.tail).encode()


def read(text: str) -> Any:
    """What the one document of a text says. Raises Unreadable."""
    for part in parts(text.encode("utf-8", "surrogatepass")):
        if part.problem is not None:
            raise part.problem
        if part.document is not None:
            return part.document.value
    return None


def _located(whole: str, text: str, start: int) -> tuple[int, str]:
    """Where a document stands; its last line may have got an end that it has not in the file."""
    for own in (text, text.removesuffix("\n")):
        at = whole.find(own, start)
        if at >= 0:
            return at, own
    raise Uneditable("its file is not UTF-8")


def _line_start(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at
