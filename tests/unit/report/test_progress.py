"""Lines that say how far a run is."""

from __future__ import annotations

import threading

from gitops_audit.engine.events import Stage
from gitops_audit.report.progress import ProgressLines, Running


def test_a_line_says_count_time_rate_and_time_left() -> None:
    times = iter([0.0, 20.0, 31.0])
    running = Running(lambda: next(times))
    running.note(Stage("rendered", "source", 1, 93))
    running.note(Stage("rendered", "source", 40, 93))
    assert running.line() == "rendered 40 of 93 sources, 20 s (2.0 a second, about 26 s left)"


def test_a_line_names_what_is_under_way() -> None:
    running = Running(lambda: 0.0)
    running.note(Stage("rendered", "source", 1, 93, now=("shop\x1b[2J", "web", "db")))
    assert running.line() == "rendered 1 of 93 sources (now shop\\x1b[2J and 2 more), 0 s"


def test_stages_side_by_side_share_the_line_and_go_when_they_are_over() -> None:
    running = Running(lambda: 0.0)
    running.note(Stage("reached", "cluster", 1, 3))
    running.note(Stage("rendered", "source", 0, 9))
    assert running.line() == "reached 1 of 3 clusters, 0 s; rendered 0 of 9 sources, 0 s"
    running.note(Stage("reached", "cluster", 3, 3))
    assert running.line() == "rendered 0 of 9 sources, 0 s"


def test_what_cannot_be_counted_goes_when_something_else_begins() -> None:
    running = Running(lambda: 0.0)
    running.note(Stage("listing", "object", where="prod\x1b[2J"))
    assert running.line() == "listing objects on prod\\x1b[2J, 0 s"
    running.note(Stage("listing", "object", 3, 9, "prod\x1b[2J"))
    assert running.line().startswith("listing 3 of 9 objects on prod")
    running.note(Stage("listing", "object", 9, 9, "prod\x1b[2J"))
    running.note(Stage("checked", "resource", 0, 9, "prod"))
    assert running.line() == "checked 0 of 9 resources on prod, 0 s"


def test_lines_come_while_it_runs_though_nothing_happens() -> None:
    told: list[str] = []
    heard = threading.Event()

    def tell(line: str) -> None:
        told.append(line)
        if len(told) == 3:
            heard.set()

    with ProgressLines(tell, first_s=0, every_s=0) as lines:
        lines.stage(Stage("listing", "object", where="prod"))
        assert heard.wait(30)
    assert told[0].startswith("listing objects on prod, ")


def test_a_run_that_is_over_soon_needs_no_line_and_a_message_does_not_wait() -> None:
    told: list[str] = []
    with ProgressLines(told.append) as lines:
        lines.stage(Stage("rendered", "source", 1, 2))
        lines.stage(Stage("waiting for the lock of cluster prod"))
    assert told == ["waiting for the lock of cluster prod"]
