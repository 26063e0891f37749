"""Quantities (k8s.io/apimachinery/pkg/api/resource), exact: the carrier is the number as a reduced fraction."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_TEXT = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*(?:[-+]?[0-9]*))", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]+)", re.ASCII)
_INT64_MAX = 2**63 - 1
_NANO = Fraction(1, 10**9)
# the server keeps such numbers as well; no quantity of the real world comes near
_LONGEST = 512
_LARGEST_EXPONENT = 1000


@lru_cache(maxsize=4096)
def parse(text: str) -> Fraction:
    """The number a quantity stands for. Raises ValueError where the API server refuses it."""
    found = _TEXT.fullmatch(text) if 0 < len(text) <= _LONGEST else None
    if found is None or text in ("+", "-"):
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    sign, whole, part, suffix = found.groups()
    part = part or ""
    if not whole and not part and suffix:
        raise ValueError("unable to parse numeric part of quantity")
    number = Fraction(int((whole + part) or "0"), 10 ** len(part)) * _factor(suffix)
    number = _bounded(number, is_binary=suffix in _BINARY)
    return -number if sign == "-" else number


def _factor(suffix: str) -> Fraction:
    if suffix in _DECIMAL:
        return Fraction(10) ** _DECIMAL[suffix]
    if suffix in _BINARY:
        return Fraction(2 ** _BINARY[suffix])
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None or abs(int(exponent[1])) > _LARGEST_EXPONENT:
        raise ValueError("unable to parse quantity's suffix")
    return Fraction(10) ** int(exponent[1])


def _bounded(number: Fraction, is_binary: bool) -> Fraction:
    # rounded up to nano: whoever asks for too little gets the least there is
    nanos = -(-number // _NANO) * _NANO if number.denominator > 1 else number
    return min(nanos, Fraction(_INT64_MAX)) if is_binary else nanos


@lru_cache(maxsize=4096)
def carrier(number: Fraction) -> bytes:
    return str(number).encode()


@lru_cache(maxsize=4096)
def _number(value: bytes) -> Fraction:
    return Fraction(value.decode())


def quantity(text: str) -> bytes:
    return carrier(parse(text))


def is_quantity(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def compare(left: bytes, right: bytes) -> int:
    a, b = _number(bytes(left)), _number(bytes(right))
    return (a > b) - (a < b)


def sign(value: bytes) -> int:
    number = _number(bytes(value))
    return (number > 0) - (number < 0)


def is_integer(value: bytes) -> bool:
    number = _number(bytes(value))
    return number.denominator == 1 and -_INT64_MAX - 1 <= number <= _INT64_MAX


def as_integer(value: bytes) -> int:
    if not is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_number(bytes(value)))


def as_float(value: bytes) -> float:
    try:
        return float(_number(bytes(value)))
    except OverflowError:
        return float("inf") if sign(value) > 0 else float("-inf")


def add(left: bytes, right: bytes | int) -> bytes:
    return carrier(_number(bytes(left)) + _operand(right))


def sub(left: bytes, right: bytes | int) -> bytes:
    return carrier(_number(bytes(left)) - _operand(right))


def _operand(value: bytes | int) -> Fraction:
    return Fraction(value) if isinstance(value, int) else _number(bytes(value))
