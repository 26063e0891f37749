"""Quantities (k8s.io/apimachinery/pkg/api/resource), exact.

The carrier is the number as a reduced fraction, with a mark behind it where the API server keeps the number in its
big representation: such a quantity is never an integer there, whatever its value.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from gitops_audit.kube.quantity import INT64_MAX, parse, read

_BIG = b"!"

Number = tuple[Fraction, bool]


@lru_cache(maxsize=4096)
def carrier(number: Fraction, is_big: bool) -> bytes:
    return str(number).encode() + (_BIG if is_big else b"")


@lru_cache(maxsize=4096)
def _read(value: bytes) -> Number:
    return Fraction(value.removesuffix(_BIG).decode()), value.endswith(_BIG)


def _number(value: bytes) -> Fraction:
    return _read(value)[0]


def quantity(text: str) -> bytes:
    number = parse(text)
    return carrier(number.value, number.is_big)


def is_quantity(text: str) -> bool:
    return read(text) is not None


def compare(left: bytes, right: bytes) -> int:
    a, b = _number(left), _number(right)
    return (a > b) - (a < b)


def sign(value: bytes) -> int:
    number = _number(value)
    return (number > 0) - (number < 0)


def is_integer(value: bytes) -> bool:
    number, is_big = _read(value)
    return not is_big and number.denominator == 1 and -INT64_MAX - 1 <= number <= INT64_MAX


def as_integer(value: bytes) -> int:
    if not is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_number(value))


def as_float(value: bytes) -> float:
    try:
        return float(_number(value))
    except OverflowError:
        return float("inf") if sign(value) > 0 else float("-inf")


def add(left: bytes, right: bytes | int) -> bytes:
    (a, a_big), (b, b_big) = _read(left), _operand(right)
    return carrier(a + b, a_big or b_big)


def sub(left: bytes, right: bytes | int) -> bytes:
    (a, a_big), (b, b_big) = _read(left), _operand(right)
    return carrier(a - b, a_big or b_big)


def _operand(value: bytes | int) -> Number:
    return (Fraction(value), False) if isinstance(value, int) else _read(value)
