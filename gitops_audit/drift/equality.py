"""When two values mean the same to the API server.

Sources: apimachinery's `resource.Quantity` (suffixes, rounding up to nano, cap at 2^63-1), `intstr.IntOrString`, Go's
`time.ParseDuration`, RFC 3339, and base64 as Go's decoder takes it (line breaks do not count).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from gitops_audit.kube import duration
from gitops_audit.kube.quantity import amount
from gitops_audit.kube.type_schema import TypeSchema

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
        return amount(one) is not None and amount(one) == amount(other)
    is_bytes = name in _BYTE_FIELDS or parent in _BYTE_MAPS
    return is_bytes and _base64(one) is not None and _base64(one) == _base64(other)


def _is_likely_quantity(above: str, parent: str, name: str) -> bool:
    if name in _QUANTITY_FIELDS or parent in _QUANTITY_MAPS:
        return True
    return name == "value" and (parent == "target" or above in _QUANTITY_MAPS)


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
    """Quantities in custom resources carry no other mark than this. A word that is a bare suffix (`m`) is a word."""
    number = amount(value) if any(map(str.isdigit, str(value))) else None
    return number if number is not None else _int_or_string(value)


_BY_FORMAT: dict[str, Callable[[Any], Any]] = {
    "duration": duration.parse,
    "date-time": instant,
    "byte": _base64,
    "int-or-string": _int_or_string,
}


def _meaning(schema: TypeSchema) -> Callable[[Any], Any] | None:
    if schema.is_quantity:
        return amount
    if schema.format in _BY_FORMAT:
        return _BY_FORMAT[schema.format]
    return _crd_int_or_string if schema.is_int_or_string else None
