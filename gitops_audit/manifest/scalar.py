"""What a YAML scalar means to kubectl: go.yaml.in/yaml/v2 resolves it, JSON carries it, int64 or float64 comes out.

The order of the rules, and what each accepts, is that of the library's `resolve` and of Go's `strconv`.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from datetime import date
from decimal import Decimal
from typing import Any

_TAG = "tag:yaml.org,2002:"
BINARY, MERGE = f"{_TAG}binary", f"{_TAG}merge"
_BOOL, _INT, _FLOAT, _NULL, _TIMESTAMP = (f"{_TAG}{name}" for name in ("bool", "int", "float", "null", "timestamp"))

_INT64_MIN, _INT64_MAX, _UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_WORD_STARTS = frozenset("yYnNtTfFoO~")
# By its first character most scalars are known to be strings.
SPECIAL_STARTS = _WORD_STARTS | frozenset("+-.0123456789")

_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_DOT = re.compile(r"\.[0-9](?:[0-9_]*[0-9])?(?:[eE][-+]?[0-9](?:[0-9_]*[0-9])?)?")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})"
    r"| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?)?"
)
# 2^64 has 20 decimal digits: longer ones are no integers, and converting millions of digits takes minutes.
_MAX_DECIMAL_DIGITS = 20
_MAX_BINARY_DIGITS = 64


class UnusableScalar(ValueError):
    """A scalar that kubectl refuses. The message never quotes it: it may be a Secret's."""


def plain_value(text: str) -> Any:
    """The JSON value of a plain (unquoted, untagged) scalar. Raises UnusableScalar for infinity and not-a-number."""
    if not text:
        return None
    if text[0] not in SPECIAL_STARTS:
        return text
    return _as_json(_resolve(text))


def tagged_value(tag: str, text: str) -> Any:
    """The JSON value of a scalar with an explicit tag; tags that are not YAML's own make strings."""
    return _as_json(_resolve_tagged(tag, text))


def key_text(tag: str | None, text: str, *, is_plain: bool) -> str:
    """A mapping key as JSON has it. Raises UnusableScalar for null, and for integers beyond int64."""
    if tag is None and not is_plain:
        return text
    value = _resolve(text) if tag is None else _resolve_tagged(tag, text)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float32_text(value)
    if value is None or value > _INT64_MAX:
        raise UnusableScalar("a key is null" if value is None else "a key is an integer beyond int64")
    return str(value)


def json_number(number: float) -> int | float:
    """A number after its passage through Go's JSON: whole floats become integers, integers beyond int64 floats."""
    if isinstance(number, int):
        return number if _INT64_MIN <= number <= _INT64_MAX else float(number)
    if not math.isfinite(number):
        raise UnusableScalar("infinity and not-a-number cannot be written as JSON")
    if not number.is_integer() or abs(number) > _UINT64_MAX:
        return number
    # Go writes the shortest digits that tell the float apart and fills up with zeros: repr() knows those digits.
    whole = int(Decimal(repr(number)))
    return whole if _INT64_MIN <= whole <= _INT64_MAX else number


def decimal_integer(text: str) -> int | float:
    """A JSON integer; one that is too long for int64 becomes a float. Raises UnusableScalar beyond float64."""
    return json_number(int(text) if len(text) <= _MAX_DECIMAL_DIGITS else float(text))


def _as_json(value: Any) -> Any:
    return json_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _resolve(text: str) -> Any:
    if not text or text in _WORDS:
        return _WORDS.get(text)
    if text[0] in _WORD_STARTS or text[0] not in SPECIAL_STARTS:
        return text
    number = _leading_dot(text) if text[0] == "." else _number(text.replace("_", ""))
    return text if number is None else number


def _leading_dot(text: str) -> float | None:
    """Go takes single underscores between digits here, where elsewhere the YAML library drops them all."""
    is_number = "__" not in text and _LEADING_DOT.fullmatch(text)
    return _float(text.replace("_", "")) if is_number else None


def _number(digits: str) -> int | float | None:
    integer = _integer(digits)
    if integer is not None:
        return integer
    return _float(digits) if _DECIMAL.fullmatch(digits) else None


def _integer(digits: str) -> int | None:
    match = _INTEGER.fullmatch(digits)
    if match is None:
        return None
    sign, *by_base = match.groups()
    base, text = next((b, t) for b, t in zip((16, 2, 8, 10), by_base, strict=True) if t is not None)
    text = text.lstrip("0") or "0"
    if len(text) > (_MAX_DECIMAL_DIGITS if base == 10 else _MAX_BINARY_DIGITS):
        return None
    value = -int(text, base) if sign == "-" else int(text, base)
    return value if _INT64_MIN <= value <= (_INT64_MAX if sign else _UINT64_MAX) else None


def _float(text: str) -> float | None:
    """None beyond float64: what Go cannot parse stays a string."""
    number = float(text)
    return number if math.isfinite(number) else None


def _resolve_tagged(tag: str, text: str) -> Any:
    if tag == BINARY:
        return _binary(text)
    if tag not in (_BOOL, _INT, _FLOAT, _NULL, _TIMESTAMP):
        return text
    value = _resolve(text)
    if tag == _FLOAT and isinstance(value, int) and not isinstance(value, bool) and value <= _INT64_MAX:
        return float(value)
    if _tag_of(value) != tag or (tag == _TIMESTAMP and not _is_timestamp(text)):
        raise UnusableScalar(f"a value does not fit its tag !!{tag.removeprefix(_TAG)}")
    return value


def _tag_of(value: Any) -> str:
    if value is None:
        return _NULL
    return {bool: _BOOL, int: _INT, float: _FLOAT}.get(type(value), _TIMESTAMP)


def _is_timestamp(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        date(*(int(part) for part in match.groups()))
    except ValueError:
        return False
    return True


def _binary(text: str) -> str:
    """Bytes that are no UTF-8 become U+FFFD each, as Go's JSON encoder writes them."""
    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableScalar("a !!binary value is not base64") from None
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def _float32_text(number: float) -> str:
    """Go's `strconv.FormatFloat(number, 'g', -1, 32)`: a float key loses all digits that float32 cannot hold."""
    if math.isnan(number):
        return ".nan"
    try:
        packed = struct.pack("f", number)
    except OverflowError:
        packed = struct.pack("f", math.copysign(math.inf, number))
    (single,) = struct.unpack("f", packed)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    digits = next(p for p in range(1, 10) if struct.pack("f", float(f"{single:.{p}g}")) == packed)
    mantissa, exponent = f"{single:.{digits - 1}e}".split("e")
    if -4 <= int(exponent) < 6:
        return f"{single:.{max(digits - 1 - int(exponent), 0)}f}"
    return f"{mantissa}e{int(exponent):+03d}"
