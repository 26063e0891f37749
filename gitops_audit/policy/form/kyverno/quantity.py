"""Kubernetes quantities (`100m`, `1.5Gi`, `1e3`), exact, read and printed as `resource.Quantity` does."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Format = Literal["decimal", "binary", "exponent"]

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SUFFIX_OF = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_SHAPE = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?)|[eE]([+-]?\d{1,9}))", re.ASCII)
_MAX_CHARS = 200
_MAX_EXPONENT = 400
_MAX = Fraction(2**63 - 1)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and the way it was written; capped at 2^63-1, finer than a nano rounded up, as Kubernetes does."""

    value: Fraction
    format: Format = "decimal"

    def __str__(self) -> str:
        if self.format == "binary" and abs(self.value) >= 1024 and self.value.denominator == 1:
            return _binary(self.value.numerator)
        return _decimal(self.value, self.format)


def parse(text: str) -> Quantity | None:
    """The quantity of a text, None where it is none."""
    return _parsed(text) if len(text) <= _MAX_CHARS else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Quantity | None:
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    sign, digits, suffix, exponent = found.groups()
    scale, form = _scale(suffix, exponent)
    return Quantity(_bounded(-1 if sign == "-" else 1, Fraction(_digits(digits)) * scale), form)


def _digits(digits: str) -> str:
    return f"0{digits}" if digits.startswith(".") else digits.removesuffix(".")


def _scale(suffix: str | None, exponent: str | None) -> tuple[Fraction, Format]:
    if exponent is not None:
        bounded = max(-_MAX_EXPONENT, min(_MAX_EXPONENT, int(exponent)))
        return Fraction(10) ** bounded, "exponent"
    if suffix in _BINARY:
        return Fraction(2 ** _BINARY[suffix]), "binary"
    return Fraction(10) ** _DECIMAL[suffix or ""], "decimal"


def _bounded(sign: int, magnitude: Fraction) -> Fraction:
    nano = Fraction(math.ceil(magnitude * 10**9), 10**9)
    return sign * min(nano, _MAX)


def _binary(value: int) -> str:
    for suffix, power in reversed(_BINARY.items()):
        if value % 2**power == 0:
            return f"{value // 2**power}{suffix}"
    return str(value)


def _decimal(value: Fraction, form: Format) -> str:
    """Kubernetes' canonical form: no fraction, and the largest exponent of three that leaves none."""
    scaled = value * 10**9
    mantissa, exponent = math.ceil(scaled) if value >= 0 else math.floor(scaled), -9
    if mantissa == 0:
        return "0"
    while mantissa % 1000 == 0 and exponent < 18:
        mantissa, exponent = mantissa // 1000, exponent + 3
    if form == "exponent":
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    return f"{mantissa}{_SUFFIX_OF[exponent]}"
