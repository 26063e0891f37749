"""The ASN.1 of certificates in its DER encoding (X.690), as much of it as they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CONSTRUCTED, _CONTEXT, _NUMBER = 0x20, 0x80, 0x1F
_MOST_BYTES = 1025
_BOOLEAN, _GENERALIZED_TIME, _BMP_STRING, _LATIN = 1, 24, 30, (20, 27)


class DerError(ValueError):
    """Bytes that are no DER, or another value than was expected."""


@dataclass(frozen=True, slots=True)
class Element:
    """One value: its tag, its content, and both with the header between them (`whole`)."""

    tag: int
    content: bytes
    whole: bytes

    @property
    def number(self) -> int:
        return self.tag & _NUMBER

    @property
    def is_true(self) -> bool:
        return self.tag == _BOOLEAN and self.content == b"\xff"

    @property
    def is_generalized_time(self) -> bool:
        return self.tag == _GENERALIZED_TIME

    def is_context(self, number: int) -> bool:
        return bool(self.tag & _CONTEXT) and self.number == number

    def inner(self) -> Element:
        """The first value within."""
        for child in children(self):
            return child
        raise DerError("a value is empty")

    def integer(self) -> int:
        # str() refuses numbers of more than some thousand digits; serial numbers and keys are far below
        if len(self.content) > _MOST_BYTES:
            raise DerError("a number is too long")
        return int.from_bytes(self.content, "big", signed=True)

    def bits(self) -> bytes:
        """The bytes of a bit string, without the count of its unused bits."""
        if not self.content:
            raise DerError("a bit string is empty")
        return self.content[1:]

    def text(self) -> str:
        encoding = "utf-16-be" if self.tag == _BMP_STRING else "latin-1" if self.tag in _LATIN else "utf-8"
        return self.content.decode(encoding, "replace")

    def oid(self) -> str:
        numbers, value = [], 0
        for byte in self.content:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(value)
                value = 0
        if not numbers or len(self.content) > 100:
            raise DerError("an object identifier is broken")
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def parse(data: bytes) -> Element:
    """The value that the bytes are. Raises DerError."""
    element, end = _read(data, 0)
    if end != len(data):
        raise DerError("there is more than one value")
    return element


def children(element: Element) -> Iterator[Element]:
    """The values within a constructed one. Raises DerError."""
    if not element.tag & _CONSTRUCTED:
        raise DerError("a value has no values within")
    at = 0
    while at < len(element.content):
        child, at = _read(element.content, at)
        yield child


def _read(data: bytes, at: int) -> tuple[Element, int]:
    if at + 2 > len(data):
        raise DerError("a value is cut off")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise DerError("a length is broken")
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    end = start + length
    if end > len(data):
        raise DerError("a value is cut off")
    return Element(data[at], data[start:end], data[at:end]), end
