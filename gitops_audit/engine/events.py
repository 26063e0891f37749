"""What the engine tells its consumers, in the order it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gitops_audit.model.result import RunInfo, Summary
from gitops_audit.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Started:
    info: RunInfo
    total: int


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finished:
    """`notes` are facts about the run itself: dead ignore rules, expired exceptions, unread history."""

    finished_at: str
    summary: Summary
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a part of the run is: `rendered` 3 of 90 sources, `checked` 500 of 2000 resources on a cluster.

    `what` is one of them (`source`). Without a total there is nothing to count (`listing` objects), and without `what`
    the verb says all. `now` are the names of those that are under way, the first to begin first.
    """

    verb: str
    what: str = ""
    done: int = 0
    total: int = 0
    where: str = ""
    now: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return 0 < self.total <= self.done


OnProgress = Callable[[Stage], None]

Event = Started | Judged | Finished
