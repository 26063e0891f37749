"""The protobuf wire format, as much of it as checked expressions need (protobuf encoding guide).

The runtime hands out a checked expression only as serialised bytes; the `protobuf` package would be a dependency of
30 MB for the four record types in them.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_SIZES = {FIXED64: 8, FIXED32: 4}

Field = tuple[int, int, int | bytes]


def fields(data: bytes) -> Iterator[Field]:
    """(number, wire type, value) of each field in order; fixed-size values stay raw bytes."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, position = _varint(data, position)
            yield number, wire, value
            continue
        size, position = (_SIZES[wire], position) if wire in _SIZES else _varint(data, position)
        yield number, wire, data[position : position + size]
        position += size


def record(data: bytes) -> dict[int, int | bytes]:
    """The last value of each field: enough for records without repeated fields."""
    return {number: value for number, _, value in fields(data)}


def encode(number: int, value: int | bytes, wire: int = BYTES) -> bytes:
    """One field. Integers are varints (negative ones as 64-bit two's complement); bytes are length-delimited."""
    if isinstance(value, int):
        return _encode_varint(number << 3 | VARINT) + _encode_varint(value & 0xFFFFFFFFFFFFFFFF)
    tag = _encode_varint(number << 3 | wire)
    return tag + (value if wire in _SIZES else _encode_varint(len(value)) + value)


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _encode_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
