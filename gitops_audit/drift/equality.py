"""When two values mean the same to the API server.

Sources: apimachinery's `resource.Quantity` (suffixes, rounding up to nano, cap at 2^63-1), `intstr.IntOrString`, Go's
`time.ParseDuration`, RFC 3339, and base64 as Go's decoder takes it (line breaks do not count).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from gitops_audit.kube.type_schema import TypeSchema

_QUANTITY = re.compile(r"([+-]?)(\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?")
_SUFFIXES: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}
_NANO = 10**9
_LARGEST = Fraction(2**63 - 1)
_DURATION = re.compile(r"([+-]?)((?:(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:ns|us|µs|μs|ms|s|m|h))+|0)")
_DURATION_PART = re.compile(r"(\d*\.?\d*)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_NANOSECONDS["h"] = 60 * _NANOSECONDS["m"]

# Where quantities and bytes stand in the built-in APIs, for objects whose schema nobody has (recordings without
# schemas) and for the pod templates of custom resources, which often keep whatever is in them.
_QUANTITY_MAPS = frozenset({"limits", "requests", "hard", "capacity", "overhead", "podFixed", "default"})
_QUANTITY_MAPS |= {"defaultRequest", "max", "min", "maxLimitRequestRatio", "allocatable"}
_QUANTITY_FIELDS = frozenset({"sizeLimit", "divisor", "averageValue", "maximumVolumeSize", "capacity"})
_BYTE_FIELDS, _BYTE_MAPS = frozenset({"caBundle"}), frozenset({"binaryData"})


def is_hollow(value: Any) -> bool:
    """Whether the API server may leave a value out: null, {}, [], "", 0, false, and a struct of only such."""
    return not value or (isinstance(value, dict) and all(map(is_hollow, value.values())))


def is_identical(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 and 1.0 are the same number, 1 and true are not the same value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_identical(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_identical, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def is_equal(one: Any, other: Any, schema: TypeSchema) -> bool:
    """Whether two scalars mean the same where a schema says what they are."""
    if is_identical(one, other):
        return True
    meaning = _meaning(schema)
    if meaning is None or isinstance(one, bool) or isinstance(other, bool):
        return False
    first = meaning(one)
    return first is not None and first == meaning(other)


def is_likely_equal(one: Any, other: Any, names: Sequence[str]) -> bool:
    """Whether two scalars mean the same by the names of the fields they stand in (their own last), without a schema."""
    above, parent, name = ("", "", "", *names)[-3:]
    if _is_likely_quantity(above, parent, name):
        return quantity(one) is not None and quantity(one) == quantity(other)
    is_bytes = name in _BYTE_FIELDS or parent in _BYTE_MAPS
    return is_bytes and _base64(one) is not None and _base64(one) == _base64(other)


def _is_likely_quantity(above: str, parent: str, name: str) -> bool:
    if name in _QUANTITY_FIELDS or parent in _QUANTITY_MAPS:
        return True
    return name == "value" and (parent == "target" or above in _QUANTITY_MAPS)


def quantity(value: Any) -> Fraction | None:
    """The number a Kubernetes quantity stands for, None for what is none. Digits and exponents are bounded."""
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if match is None:
        return None
    sign, digits, suffix, exponent = match.groups()
    number = Fraction(digits.rstrip(".")) * (_SUFFIXES[suffix] if suffix else Fraction(10) ** int(exponent or 0))
    number = min(Fraction(math.ceil(number * _NANO), _NANO), _LARGEST)
    return -number if sign == "-" else number


def duration(value: Any) -> int | None:
    """Nanoseconds of a Go duration (`1h`, `60m0s`), None for what is none."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    parts = _DURATION_PART.findall(match[2])
    total = sum(Fraction(number.rstrip(".") or 0) * _NANOSECONDS[unit] for number, unit in parts)
    return -int(total) if match[1] == "-" else int(total)


def instant(value: Any) -> datetime | None:
    """A point in time of RFC 3339, None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _base64(value: Any) -> str | None:
    return "".join(value.split()) if isinstance(value, str) else None


def _int_or_string(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) else None


def _crd_int_or_string(value: Any) -> Fraction | str | None:
    """Quantities in custom resources carry no other mark than this."""
    return quantity(value) if quantity(value) is not None else _int_or_string(value)


_BY_FORMAT: dict[str, Callable[[Any], Any]] = {
    "duration": duration,
    "date-time": instant,
    "byte": _base64,
    "int-or-string": _int_or_string,
}


def _meaning(schema: TypeSchema) -> Callable[[Any], Any] | None:
    if schema.is_quantity:
        return quantity
    if schema.format in _BY_FORMAT:
        return _BY_FORMAT[schema.format]
    return _crd_int_or_string if schema.is_int_or_string else None
