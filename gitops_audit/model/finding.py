"""The facts a person should look at. Strings are the words of the JSON report (docs/reference/report.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from gitops_audit.model.check import CheckName
from gitops_audit.model.severity import Severity as Severity

ChangeType = Literal["changed", "removed", "stale", "added", "dropped"]
DriftStatus = Literal["in-sync", "modified", "missing", "extra", "unknown"]
Cause = Literal["cluster", "git", "both", "unknown"]
ManagerClass = Literal["applier", "interactive", "controller", "unknown"]
PolicyOutcome = Literal["pass", "fail", "warn", "error", "skip"]
Side = Literal["declared", "live", "both"]
HealthStatus = Literal["current", "in-progress", "failed", "terminating"]
FindingResult = Literal["fail", "warn", "error", "skip"]
FindingState = Literal["new", "persisting"]

CHANGE_MEANING: dict[ChangeType, str] = {
    "changed": "differs from Git",
    "removed": "declared in Git, gone in the cluster",
    "stale": "deployed earlier, no longer in Git",
    "added": "set by hand, not in Git",
    "dropped": "not kept by the API server: unknown to the schema of this kind",
}


class _Absent:
    """The value of a field that is not there: not None, which Kubernetes objects may hold."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """Who last set a field in the cluster, from `metadata.managedFields` (and the audit log, where one is given)."""

    manager: str
    operation: str = ""
    subresource: str = ""
    time: str = ""
    manager_class: ManagerClass = "unknown"
    user: str = ""
    source_ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding does not count: an ignore rule or a policy exception."""

    reason: str
    owner: str = ""
    expires: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between declared and live.

    `pointer` is the RFC 6901 pointer into the side that has the field (the declared one where both have it);
    `path` is the same for people (`spec.template.spec.containers[name=web].image`).
    `declared` and `live` are JSON values or ABSENT; Secret values are tokens already. `built` says of images what they
    are built from, `value_at` where the value stands that a chart made the field of (`values.yaml:12 (image.tag)`).
    """

    type: ChangeType
    pointer: str
    path: str
    declared: Any = ABSENT
    live: Any = ABSENT
    cause: Cause = "unknown"
    severity: Severity = Severity.medium
    by: FieldOwner | None = None
    ignored: Waiver | None = None
    built: str = ""
    value_at: str = ""


@dataclass(frozen=True, slots=True)
class DriftState:
    """How an object as a whole stands against Git. `cause` is which side moved, None where nothing drifted.

    `confirmed`: the server agreed (dry run), or nothing needed confirming.
    """

    status: DriftStatus
    confirmed: bool = False
    cause: Cause | None = None
    reason: str = ""


def together(causes: Iterable[Cause]) -> Cause:
    """Which side moved, several changes taken together."""
    sides = set(causes)
    if len(sides) == 1:
        return sides.pop()
    return "unknown" if "unknown" in sides else "both"


@dataclass(frozen=True, slots=True)
class Drift:
    """The outcome of one comparison. `confirmed`: the server agreed (dry run), or nothing needed confirming.

    `cause` is that of a missing object as a whole; changes have causes of their own.
    `ignored` says why it does not count that the object as a whole is missing or extra. `code` is that of the error
    that an unknown drift is, where it has one.
    """

    status: DriftStatus
    changes: tuple[Change, ...] = ()
    confirmed: bool = False
    reason: str = ""
    cause: Cause = "unknown"
    ignored: Waiver | None = None
    code: str = ""

    @property
    def state(self) -> DriftState:
        """What is told of the object as a whole."""
        if self.status == "in-sync" and not self.reason:
            return _IN_SYNC[self.confirmed]
        return DriftState(self.status, self.confirmed, self.moved, self.reason)

    @property
    def moved(self) -> Cause | None:
        """Which side moved, all counting changes taken together; None where nothing drifted."""
        if self.status != "modified":
            return self.cause if self.status in ("missing", "extra") else None
        return together(change.cause for change in self.changes if change.ignored is None)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to tell: in sync, with no waiver."""
        return self.status == "in-sync" and not self.changes and self.ignored is None


_IN_SYNC = (DriftState("in-sync"), DriftState("in-sync", confirmed=True))
"""Most objects are in sync: one state for all of them."""


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """What one rule of one policy said of one resource. `path` is the field, `pointer` the same as RFC 6901 has it,
    `line` its line in Git (0: unknown)."""

    policy: str
    rule: str
    result: PolicyOutcome
    severity: Severity = Severity.medium
    message: str = ""
    path: str = ""
    on: Side = "declared"
    exception: Waiver | None = None
    pointer: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """The policy, with the rule where that says more."""
        return self.policy if self.rule in ("", self.policy) else f"{self.policy}/{self.rule}"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a live object does what its spec asks, in the words of kstatus; `message` says why it does not."""

    status: HealthStatus
    message: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be evaluated: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact a person should look at, of any check: all reports read these, and nothing else of a verdict.

    `rule` is what was broken: the type of a change, a drift status, `policy` or `policy/rule`, the code of an error;
    `policy` is the policy alone, where it was one. `waiver` says why it does not count (an ignore rule, an exception).
    `change` is the evidence of a drift finding. `fingerprint` names the finding in every run (model/fingerprint.py).
    `state` and `since` (a time or a day, as a baseline has it) are what an earlier run knows of it: None and empty
    where there is none to ask.
    """

    check: CheckName
    rule: str
    result: FindingResult
    message: str
    severity: Severity = Severity.medium
    path: str = ""
    pointer: str = ""
    line: int = 0
    on: Side = "declared"
    waiver: Waiver | None = None
    cause: Cause = "unknown"
    change: Change | None = None
    policy: str = ""
    fingerprint: str = ""
    state: FindingState | None = None
    since: str = ""
