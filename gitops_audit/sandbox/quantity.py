"""Quantities in the canonical form in which the API server gives them back (Kubernetes API: Quantity)."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal, localcontext

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d{1,4})?", re.ASCII)
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_EXPONENT = {suffix: exponent for exponent, suffix in _DECIMAL.items()}
_DIGITS = 80
_SMALLEST = Decimal("1e-9")


def canonical(text: str) -> str:
    """`1000m` -> `1`, `0.5` -> `500m`, `1024Mi` -> `1Gi`. Raises ValueError where the text is no quantity."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    try:
        with localcontext(prec=_DIGITS):
            return _canonical(Decimal(match[1]), match[2] or "")
    except ArithmeticError as error:
        raise ValueError(f"a quantity of more than {_DIGITS} digits") from error


def _canonical(number: Decimal, suffix: str) -> str:
    if suffix in _BINARY[1:]:
        return _binary(number * 1024 ** _BINARY.index(suffix))
    if suffix in _EXPONENT:
        return _decimal(number.scaleb(_EXPONENT[suffix]), "")
    return _decimal(number.scaleb(int(suffix[1:])), "e")


def _binary(value: Decimal) -> str:
    if abs(value) < 1024 or value != value.to_integral_value():
        return _decimal(value, "")
    whole, power = int(value), 0
    while whole % 1024 == 0 and power < len(_BINARY) - 1:
        whole, power = whole // 1024, power + 1
    return f"{whole}{_BINARY[power]}"


def _decimal(value: Decimal, notation: str) -> str:
    rounded = value.quantize(_SMALLEST, rounding=ROUND_UP) if value != value.to_integral_value() else value
    if not rounded:
        return "0"
    exponent = next(e for e in sorted(_DECIMAL, reverse=True) if _is_whole(rounded.scaleb(-e)))
    mantissa = int(rounded.scaleb(-exponent))
    if notation and exponent:
        return f"{mantissa}e{exponent}"
    return f"{mantissa}{_DECIMAL[exponent]}"


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()
