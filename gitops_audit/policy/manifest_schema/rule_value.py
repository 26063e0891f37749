"""Values of custom resources as validation rules see them (KEP-2876).

Fields go by their escaped names, numbers are doubles whatever they look like, `byte` is bytes. Times and durations
cannot be given to the runtime, so they go as texts of one form, which rule_types.py turns into what they are. Of
`metadata` only the names can be seen.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from gitops_audit.kube.custom_resource import Schema, field_schema, item_schema, rule_name

TIMES = frozenset(("date", "date-time"))
_NAMES = ("name", "generateName")
_RESOURCE = ("apiVersion", "kind", "metadata")
_UNITS_NS = {
    ("ns", "nano"): 1,
    ("us", "µs", "micro"): 1_000,
    ("ms", "milli"): 1_000_000,
    ("s", "sec"): 1_000_000_000,
    ("m", "min"): 60_000_000_000,
    ("h", "hr", "hour"): 3_600_000_000_000,
    ("d", "day"): 86_400_000_000_000,
    ("w", "wk", "week"): 604_800_000_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([A-Za-zµ]+)\s*")


def rule_value(schema: Schema, value: Any, *, is_resource: bool = False) -> Any:
    """Raises ValueError for a time, a duration or bytes that are none."""
    if isinstance(value, dict):
        return _object(schema, value, is_resource or schema.get("x-kubernetes-embedded-resource") is True)
    if isinstance(value, list):
        return [rule_value(item_schema(schema), item) for item in value]
    if schema.get("type") == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _text(schema, value) if schema.get("type") == "string" and isinstance(value, str) else value


def _object(schema: Schema, value: Mapping[str, Any], is_resource: bool) -> dict[str, Any]:
    found = {}
    for key, inner in value.items():
        if is_resource and key in _RESOURCE:
            found[key] = {k: v for k, v in inner.items() if k in _NAMES} if isinstance(inner, dict) else inner
            continue
        known = field_schema(schema, key)
        is_named = key in (schema.get("properties") or ())
        if is_named and inner is None:  # has() says no of a field that is null
            continue
        found[rule_name(key) if is_named else key] = inner if known is None else rule_value(known, inner)
    return found


def _text(schema: Schema, text: str) -> Any:
    match schema.get("format"):
        case "byte":
            return base64.b64decode(text, validate=True)
        case "date":
            return f"{date.fromisoformat(text).isoformat()}T00:00:00Z"
        case "date-time":
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        case "duration":
            return _duration(text)
    return text


def _duration(text: str) -> str:
    """As a number of seconds, which CEL takes."""
    sign, body = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
    if body == "0":
        return "0s"
    total, at = 0.0, 0
    while at < len(body):
        part = _PART.match(body, at)
        unit = _unit(part[2]) if part else 0
        if part is None or not unit:
            raise ValueError("no duration")
        total, at = total + float(part[1]) * unit, part.end()
    if not body:
        raise ValueError("no duration")
    seconds, rest = divmod(round(total), 1_000_000_000)
    return f"{sign}{seconds}.{rest:09d}s"


def _unit(name: str) -> int:
    """The nanoseconds of a unit; longer words for one are told by how they begin (`minutes`)."""
    for names, size in _UNITS_NS.items():
        if name in names or any(len(known) > 2 and name.startswith(known) for known in names):
            return size
    return 0
