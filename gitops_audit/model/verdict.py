"""The outcome of the audit of one resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from gitops_audit.model.finding import Change, Drift, PolicyResult, Problem, Severity
from gitops_audit.model.resource import Commit, Declared, Invalid

Outcome = Literal["passed", "failed", "error", "skipped"]

INVALID_SEVERITY = Severity.medium
STATUS_SEVERITY = {"missing": Severity.high, "extra": Severity.medium}
PENDING_SEVERITY = Severity.medium
"""How bad it is that an object is missing because it is new in Git: as bad as any other change that is pending."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What makes a finding a failure: `failOn`, and whether a change that is only not deployed yet counts."""

    fail_on: Severity = Severity.low
    is_pending_failure: bool = True

    def counts(self, change: Change) -> bool:
        """Whether a change fails the resource: no rule ignores it, and it is severe enough."""
        if change.ignored is not None or change.severity < self.fail_on:
            return False
        return self.is_pending_failure or change.cause != "git"

    def counts_status(self, drift: Drift) -> bool:
        """The same for an object as a whole: one that is new in Git is missing until it is deployed."""
        return self.is_pending_failure or drift.cause != "git"


def status_severity(drift: Drift) -> Severity:
    """How bad it is that an object is missing or extra."""
    return PENDING_SEVERITY if drift.cause == "git" else STATUS_SEVERITY[drift.status]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything found about one resource, and what it comes to.

    `drift` is None where no cluster was asked. `invalid` and `policies` are complete; reports choose. `unchecked` says
    why the manifest was not checked against a schema; empty where it was.
    """

    resource: Declared
    outcome: Outcome
    drift: Drift | None = None
    policies: tuple[PolicyResult, ...] = ()
    invalid: tuple[Invalid, ...] = ()
    errors: tuple[Problem, ...] = ()
    commit: Commit | None = None
    skip_reason: str = ""
    unchecked: str = ""

    @property
    def counting_changes(self) -> tuple[Change, ...]:
        """The changes that no ignore rule covers."""
        return tuple(c for c in self.drift.changes if c.ignored is None) if self.drift else ()

    @property
    def violations(self) -> tuple[PolicyResult, ...]:
        """The failed policy results that no exception covers."""
        return tuple(p for p in self.policies if p.result == "fail" and p.exception is None)

    @property
    def is_plain(self) -> bool:
        """Whether nothing at all was found, as for most resources: then nobody needs to look closer."""
        is_unchanged = self.drift is None or (self.drift.status == "in-sync" and not self.drift.changes)
        return is_unchanged and not (self.errors or self.invalid) and all(p.result == "pass" for p in self.policies)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything to show a person, failing or not."""
        return bool(self.errors) or any(True for _ in _severities(self, Threshold(Severity.info)))

    def judged(self, threshold: Threshold) -> Verdict:
        """The same facts with the outcome they come to: what could not be evaluated is an error, never a pass."""
        if self.skip_reason:
            return replace(self, outcome="skipped")
        if self.is_plain:
            return self if self.outcome == "passed" else replace(self, outcome="passed")
        is_unknown = self.drift is not None and self.drift.status == "unknown"
        if self.errors or is_unknown or any(p.result == "error" and p.exception is None for p in self.policies):
            return replace(self, outcome="error")
        is_failed = any(severity >= threshold.fail_on for severity in _severities(self, threshold))
        return replace(self, outcome="failed" if is_failed else "passed")


def _severities(verdict: Verdict, threshold: Threshold) -> Iterator[Severity]:
    """How bad each thing is that was found and is not waived."""
    if verdict.drift is not None and verdict.drift.status in STATUS_SEVERITY and threshold.counts_status(verdict.drift):
        yield status_severity(verdict.drift)
    yield from (c.severity for c in verdict.counting_changes if threshold.counts(c))
    yield from (v.severity for v in verdict.violations)
    yield from (INVALID_SEVERITY for _ in verdict.invalid)
