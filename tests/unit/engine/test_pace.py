"""What a stage tells while it goes on."""

from __future__ import annotations

from contextlib import suppress

from gitops_audit.engine.events import Stage
from gitops_audit.engine.pace import Pace


def test_each_step_is_told_with_its_total() -> None:
    told: list[Stage] = []
    pace = Pace(Stage("rendered", "source"), told.append)
    pace.expect(2)
    pace.step()
    pace.step()
    assert [(s.done, s.total, s.is_over) for s in told] == [(0, 2, False), (1, 2, False), (2, 2, True)]


def test_of_very_many_things_only_every_so_many_are_told() -> None:
    told: list[Stage] = []
    pace = Pace(Stage("checked", "resource", total=1_200), told.append)
    assert list(pace.over(range(1_200))) == list(range(1_200))
    assert [s.done for s in told] == [500, 1_000, 1_200]


def test_without_a_listener_nothing_is_counted() -> None:
    assert list(Pace(Stage("checked", "resource"), None).over("abc", every=1)) == ["a", "b", "c"]


def test_what_is_under_way_has_a_name_until_it_is_done_or_failed() -> None:
    told: list[Stage] = []
    pace = Pace(Stage("rendered", "source", total=2), told.append)
    with suppress(ValueError), pace.of("shop"), pace.of("web"):
        raise ValueError
    assert [stage.now for stage in told] == [("shop",), ("shop", "web"), ("shop",), ()]
    assert [stage.done for stage in told] == [0, 0, 1, 2]
