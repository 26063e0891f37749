"""Quantities (k8s.io/apimachinery/pkg/api/resource), exact."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_TEXT = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*(?:[-+]?[0-9]*))", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]+)", re.ASCII)
INT64_MAX = 2**63 - 1
_NANO = Fraction(1, 10**9)
_NANO_SCALE = -9
_DIGITS = 18
# the server keeps such numbers as well; no quantity of the real world comes near
_LONGEST = 512
_LARGEST_EXPONENT = 1000

Number = tuple[Fraction, bool]


@lru_cache(maxsize=4096)
def parse(text: str) -> Number:
    """The number a quantity stands for, and whether it is kept as a big one. Raises ValueError as the server does."""
    found = _TEXT.fullmatch(text) if 0 < len(text) <= _LONGEST else None
    if found is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    sign, whole, part, suffix = found.groups()
    whole, part = whole.lstrip("0") or "0", part or ""
    is_big = _is_big(whole, part, suffix)
    if is_big and not any(c.isdigit() for c in text.removesuffix(suffix)):
        raise ValueError("unable to parse numeric part of quantity")
    number = Fraction(int(whole + part), 10 ** len(part)) * _factor(suffix)
    number = _bounded(number, is_binary=suffix in _BINARY)
    return -number if sign == "-" else number, is_big


def _is_big(whole: str, part: str, suffix: str) -> bool:
    """Whether ParseQuantity takes its slow path: too many digits, a scale below nano, or a fraction of a power of 2."""
    if suffix in _BINARY:
        power = _BINARY[suffix]
        is_slow = bool(part) or 15 - len(whole) - power * 3 // 10 - 1 < 0
        return is_slow or int(whole) << power > INT64_MAX
    scale = _scale(suffix) - len(part)
    return len(whole) + len(part) > _DIGITS or scale < _NANO_SCALE


def _scale(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None or abs(int(exponent[1])) > _LARGEST_EXPONENT:
        raise ValueError("unable to parse quantity's suffix")
    return int(exponent[1])


def _factor(suffix: str) -> Fraction:
    return Fraction(2 ** _BINARY[suffix]) if suffix in _BINARY else Fraction(10) ** _scale(suffix)


def _bounded(number: Fraction, is_binary: bool) -> Fraction:
    # rounded up to nano: whoever asks for too little gets the least there is
    nanos = -(-number // _NANO) * _NANO if number.denominator > 1 else number
    return min(nanos, Fraction(INT64_MAX)) if is_binary else nanos
