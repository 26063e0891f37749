"""Freeze windows: the times in which nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gitops_audit.config.remediation import Freeze

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def frozen_by(windows: Sequence[Freeze], now: datetime) -> Freeze | None:
    """The first window that `now` (with a time zone) is in, None where it is in none."""
    return next((window for window in windows if _holds(window, now)), None)


def told(window: Freeze) -> str:
    """The window for people: `sat, sun 00:00-24:00 Europe/Berlin`."""
    return f"{', '.join(window.days) or 'every day'} {window.start}-{window.end} {window.timezone}"


def _holds(window: Freeze, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(window.timezone))
    clock = local.strftime("%H:%M")
    if window.start < window.end:
        return _is_on(window, local) and window.start <= clock < window.end
    yesterday = local - timedelta(days=1)
    return (_is_on(window, local) and clock >= window.start) or (_is_on(window, yesterday) and clock < window.end)


def _is_on(window: Freeze, moment: datetime) -> bool:
    return not window.days or _DAYS[moment.weekday()] in window.days
