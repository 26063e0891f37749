"""Freeze windows: days and times of day in a time zone."""

from __future__ import annotations

from datetime import datetime

import pytest

from gitops_audit.config.remediation import Freeze
from gitops_audit.remediate.freeze import frozen_by

WEEKEND = Freeze(days=("sat", "sun"), timezone="Europe/Berlin")
NIGHT = Freeze(days=("fri",), start="22:00", end="06:00")

CASES = [
    (WEEKEND, "2026-03-06T22:59:00+00:00", False),
    (WEEKEND, "2026-03-06T23:00:00+00:00", True),  # Saturday in Berlin
    (WEEKEND, "2026-03-08T22:59:00+00:00", True),
    (WEEKEND, "2026-03-08T23:00:00+00:00", False),
    (NIGHT, "2026-03-06T21:59:00+00:00", False),
    (NIGHT, "2026-03-06T22:00:00+00:00", True),
    (NIGHT, "2026-03-07T05:59:00+00:00", True),  # begun on Friday
    (NIGHT, "2026-03-07T06:00:00+00:00", False),
    (NIGHT, "2026-03-06T05:00:00+00:00", False),  # Thursday's night is no Friday's
    (Freeze(start="12:00", end="13:00"), "2026-03-04T12:30:00+00:00", True),
]


@pytest.mark.parametrize(("window", "moment", "is_frozen"), CASES)
def test_a_window_holds_the_moments_it_names(window: Freeze, moment: str, is_frozen: bool) -> None:
    assert (frozen_by([window], datetime.fromisoformat(moment)) is window) is is_frozen
