"""Quantities (`100m`, `1.5Gi`, `1e3`): read, compared and printed exactly as the API server does.

Source: k8s.io/apimachinery/pkg/api/resource (ParseQuantity, CanonicalizeBytes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

Format = Literal["decimal", "binary", "exponent"]

_TEXT = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*(?:[-+]?[0-9]*))", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIX_OF = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]+)", re.ASCII)
INT64_MAX = 2**63 - 1
_NANOS = 10**9
_NANO_SCALE = -9
_DIGITS = 18
_SMALLEST_BINARY = 1024
# the server keeps such numbers as well; no quantity of the real world comes near
_LONGEST = 512
_LARGEST_EXPONENT = 1000


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and the way it was written.

    `is_big`: the server keeps it in its big representation, which it never takes for an integer (CEL shows this).
    `kept`: the text, where the server takes it for canonical by a rough look (`5.`, `007` and `1e0` come back so).
    """

    value: Fraction
    format: Format = "decimal"
    is_big: bool = False
    kept: str = field(default="", compare=False)

    def __str__(self) -> str:
        """What the server gives back: the text it keeps as it is, else no fraction and the largest suffix for that."""
        if self.kept:
            return self.kept
        if self.format == "binary" and abs(self.value) >= _SMALLEST_BINARY and self.value.denominator == 1:
            return _binary_text(self.value.numerator)
        return _decimal_text(self.value, self.format)


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """The quantity a text stands for. Raises ValueError, with the server's words, where it is none."""
    found = _TEXT.fullmatch(text) if 0 < len(text) <= _LONGEST else None
    if found is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    sign, whole, part, suffix = found.groups()
    whole, part = whole.lstrip("0") or "0", part or ""
    is_big = _is_big(whole, part, suffix)
    if is_big and not any(c.isdigit() for c in text.removesuffix(suffix)):
        raise ValueError("unable to parse numeric part of quantity")
    number = _bounded(Fraction(int(whole + part), 10 ** len(part)) * _factor(suffix), is_binary=suffix in _BINARY)
    kept = text if not is_big and _looks_canonical(whole, part, suffix) else ""
    form: Format = "decimal" if suffix in _BINARY and 0 < number < 1 else _format(suffix)
    return Quantity(-number if sign == "-" else number, form, is_big, kept)


@lru_cache(maxsize=4096)
def read(text: str) -> Quantity | None:
    """The quantity a text stands for, None where it is none."""
    try:
        return parse(text)
    except ValueError:
        return None


def amount(value: Any) -> Fraction | None:
    """The number that a JSON value stands for where a quantity is wanted, None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    # the server trims the text of a field (Quantity.UnmarshalJSON)
    quantity = read(str(value).strip())
    return quantity.value if quantity is not None else None


def _is_big(whole: str, part: str, suffix: str) -> bool:
    """Whether ParseQuantity takes its slow path: too many digits, a scale below nano, or a fraction of a power of 2."""
    if suffix in _BINARY:
        power = _BINARY[suffix]
        is_slow = bool(part) or 15 - len(whole) - power * 3 // 10 - 1 < 0
        return is_slow or int(whole) << power > INT64_MAX
    scale = _scale(suffix) - len(part)
    return len(whole) + len(part) > _DIGITS or scale < _NANO_SCALE


def _looks_canonical(whole: str, part: str, suffix: str) -> bool:
    if suffix in _BINARY:
        return int(whole) % 8 != 0
    digits = whole + part
    return (_scale(suffix) - len(part)) % 3 == 0 and digits[0] != "0" and not digits.endswith("000")


def _scale(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None or abs(int(exponent[1])) > _LARGEST_EXPONENT:
        raise ValueError("unable to parse quantity's suffix")
    return int(exponent[1])


def _factor(suffix: str) -> Fraction:
    return Fraction(2 ** _BINARY[suffix]) if suffix in _BINARY else Fraction(10) ** _scale(suffix)


def _format(suffix: str) -> Format:
    if suffix in _BINARY:
        return "binary"
    return "decimal" if suffix in _DECIMAL else "exponent"


def _bounded(number: Fraction, is_binary: bool) -> Fraction:
    nanos = Fraction(_up(number * _NANOS), _NANOS) if number.denominator > 1 else number
    return min(nanos, Fraction(INT64_MAX)) if is_binary else nanos


def _up(number: Fraction) -> int:
    """Away from zero to a whole number: whoever asks for too little gets the least there is."""
    return -(-number.numerator // number.denominator) if number >= 0 else number.numerator // number.denominator


def _binary_text(value: int) -> str:
    for suffix, power in reversed(_BINARY.items()):
        if value % 2**power == 0:
            return f"{value >> power}{suffix}"
    return str(value)


def _decimal_text(value: Fraction, form: Format) -> str:
    mantissa, exponent = _up(value * _NANOS), _NANO_SCALE
    if mantissa == 0:
        return "0"
    while mantissa % 1000 == 0:
        mantissa, exponent = mantissa // 1000, exponent + 3
    # no suffix stands for more than E: servers before 1.37 leave the exponent out there
    if exponent and (form == "exponent" or exponent not in _SUFFIX_OF):
        return f"{mantissa}e{exponent}"
    return f"{mantissa}{_SUFFIX_OF[exponent]}"
