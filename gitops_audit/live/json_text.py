"""JSON from outside, which one bad object must not make unreadable as a whole.

The quick parser refuses a whole list where one object in it has a number beyond range, half a surrogate or too many
levels. Then the text is parsed again by a patient one, and that object is found out when it is packed.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from gitops_audit.live.limits import MAX_DEPTH

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_BEYOND_RANGE = 1 << 64
_KEPT = MAX_DEPTH + 50  # deep enough to be refused where it is packed, whatever list it is in


class Unpackable(ValueError):
    """An object that cannot be held as JSON. The message says why, without anything of what it holds."""


def parsed(data: bytes) -> Any:
    """The value. Raises ValueError where the text as a whole is no JSON."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        text = data.decode("utf-8", "surrogateescape")
        if text.lstrip()[:1] not in ("{", "["):
            raise
    try:
        return json.loads(_flattened(text), parse_int=_number, parse_float=_number, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("the JSON nests too deeply") from None


def packed(value: Any) -> bytes:
    """The text of an object that is to be kept. Raises Unpackable."""
    try:
        return orjson.dumps(value)
    except (TypeError, RecursionError) as error:
        raise Unpackable(_reason(str(error))) from None


def _reason(words: str) -> str:
    if "UTF-8" in words:
        return "it holds text that is no Unicode (limit: object text)"
    if "64-bit" in words:
        return "it holds a number beyond range (limit: object numbers)"
    return f"it nests deeper than {MAX_DEPTH} levels (limit: object depth)"


def _number(digits: str) -> int | float:
    """As the quick parser reads it; what no float can hold becomes an integer that cannot be packed."""
    if len(digits) <= 20 and digits.lstrip("-").isdecimal():
        number = int(digits)
        return number if -(1 << 63) <= number < 1 << 64 else float(number)
    found = float(digits)
    return found if math.isfinite(found) else _BEYOND_RANGE


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _flattened(text: str) -> str:
    """The text without what stands too deep, so that the rest can be parsed."""
    parts: list[str] = []
    depth = start = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _KEPT + 1:
                parts.append(text[start : token.start()])
        elif token[0] in "]}":
            depth -= 1
            if depth == _KEPT:
                parts.append("null")
                start = token.end()
    return text if not parts else "".join((*parts, text[start:]))
