"""Lines that say how far a stage is."""

from __future__ import annotations

from gitops_audit.engine.pace import Pace


def test_a_line_comes_every_few_seconds_with_count_and_rate() -> None:
    times = iter([0.0, 1.0, 5.0, 6.0, 11.0, 12.0])
    told: list[str] = []
    pace = Pace("sources rendered", told.append, clock=lambda: next(times))
    pace.expect(5)
    for _ in range(5):
        pace.step()
    assert told == ["2 of 5 sources rendered (0.4 a second)", "4 of 5 sources rendered (0.4 a second)"]


def test_what_is_quick_tells_nothing() -> None:
    told: list[str] = []
    pace = Pace("sources rendered", told.append, clock=lambda: 0.0)
    pace.expect(1)
    pace.step()
    assert told == []
