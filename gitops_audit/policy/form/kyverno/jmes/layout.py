"""Times by Go's layouts, in which the reference time `Mon Jan 2 15:04:05 MST 2006` stands for the format."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from gitops_audit.policy.form.kyverno.jmes.error import JmesError

RFC3339 = "2006-01-02T15:04:05Z07:00"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?(?:\d{2})?)"
_NUMERIC_ZONE = r"(?P<zone>[+-]\d{2}:?(?:\d{2})?)"
_PIECES = {
    "January": r"(?P<month_name>[A-Za-z]{3,9})",
    "Jan": r"(?P<month_name>[A-Za-z]{3})",
    "Monday": r"[A-Za-z]{6,9}",
    "Mon": r"[A-Za-z]{3}",
    "MST": r"(?P<zone_name>[A-Z]{3,4})",
    "2006": r"(?P<year>\d{4})",
    "Z07:00": _ZONE,
    "Z0700": _ZONE,
    "-07:00": _NUMERIC_ZONE,
    "-0700": _NUMERIC_ZONE,
    "-07": _NUMERIC_ZONE,
    "01": r"(?P<month>\d{2})",
    "02": r"(?P<day>\d{2})",
    "03": r"(?P<hour12>\d{2})",
    "04": r"(?P<minute>\d{2})",
    "05": r"(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?",
    "06": r"(?P<year2>\d{2})",
    "15": r"(?P<hour>\d{2})",
    "PM": r"(?P<half>[AP]M)",
    "pm": r"(?P<half>[ap]m)",
    "_2": r" ?(?P<day>\d{1,2})",
    "1": r"(?P<month>\d{1,2})",
    "2": r"(?P<day>\d{1,2})",
    "3": r"(?P<hour12>\d{1,2})",
    "4": r"(?P<minute>\d{1,2})",
    "5": r"(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?",
}
_TOKEN = re.compile(r"[.,](?:0+|9+)(?!\d)|" + "|".join(re.escape(piece) for piece in _PIECES))


def parse(layout: str, text: str) -> datetime:
    """The moment a text means by a layout; UTC where it names no zone. Raises JmesError."""
    found = _pattern(layout).fullmatch(text)
    if found is None:
        raise JmesError(f"{text!r} is not a time of the form {layout!r}")
    try:
        return _moment(found.groupdict())
    except ValueError as error:
        raise JmesError(f"{text!r} is not a time: {error}") from None


def _pattern(layout: str) -> re.Pattern[str]:
    parts, at = [], 0
    for token in _TOKEN.finditer(layout):
        parts += [re.escape(layout[at : token.start()]), _PIECES.get(token[0], "")]
        at = token.end()
    try:
        return re.compile("".join([*parts, re.escape(layout[at:])]), re.ASCII)
    except re.error:
        raise JmesError(f"{layout!r} is not a layout of a time: it names a part twice") from None


def _moment(parts: dict[str, str | None]) -> datetime:
    year = parts.get("year") or (parts.get("year2") and _century(str(parts["year2"]))) or "1"
    return datetime(
        int(year),
        _month(parts),
        int(parts.get("day") or 1),
        _hour(parts),
        int(parts.get("minute") or 0),
        int(parts.get("second") or 0),
        int((parts.get("fraction") or "0").ljust(9, "0")) // 1000,
        tzinfo=_zone(parts.get("zone") or ""),
    )


def _century(year: str) -> str:
    return f"{'19' if int(year) >= 69 else '20'}{year}"


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("month_name")
    if not name:
        return int(parts.get("month") or 1)
    return _MONTHS.index(name[:3].title()) + 1


def _hour(parts: dict[str, str | None]) -> int:
    hour12 = parts.get("hour12")
    if hour12 is None:
        return int(parts.get("hour") or 0)
    return int(hour12) % 12 + (12 if (parts.get("half") or "").upper() == "PM" else 0)


def _zone(text: str) -> timezone:
    if text in ("", "Z"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
