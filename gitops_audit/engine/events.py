"""What the engine tells its consumers, in the order it happens."""

from __future__ import annotations

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


Event = Started | Judged | Finished
