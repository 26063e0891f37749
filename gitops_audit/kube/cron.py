"""Schedules of CronJobs, as Kubernetes reads them (five fields, `@daily` and the like, `@every` with a duration)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitops_audit.kube import duration

_DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_NUMBER = re.compile(r"\+?[0-9]+|-0+", re.ASCII)
_MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DAYS = {name: n for n, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)


def schedule_fault(text: str) -> str:
    """What is wrong with a schedule, empty where nothing is."""
    if "TZ" in text:
        return "must not name a time zone: use timeZone"
    if text.startswith("@every "):
        return "" if duration.parse(text[7:]) is not None else "@every needs a duration such as 1h30m"
    if text.startswith("@"):
        return "" if text in _DESCRIPTORS else f"must be one of {', '.join(sorted(_DESCRIPTORS))}, or five fields"
    parts = text.split()
    if len(parts) != len(_FIELDS):
        return f"must have five fields, not {len(parts)}"
    for part, (name, low, high, names) in zip(parts, _FIELDS, strict=True):
        # Empty elements between commas are skipped.
        if not all(_is_range(item, low, high, names) for item in part.split(",") if item):
            return f"the {name} is not one of *, {low}-{high}, ranges, lists and steps of these"
    return ""


def _is_range(text: str, low: int, high: int, names: Mapping[str, int]) -> bool:
    body, slash, step = text.partition("/")
    if slash and not (_number(step, {}) or 0) > 0:
        return False
    first, dash, last = body.partition("-")
    if first in ("*", "?"):
        return last.count("-") == 0
    start = _number(first, names)
    end = _number(last, names) if dash else start
    return start is not None and end is not None and low <= start <= end <= high


def _number(text: str, names: Mapping[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    return int(text) if _NUMBER.fullmatch(text) and len(text) < 19 else None
