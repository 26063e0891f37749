"""The outcome of the audit of one resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from gitops_audit.model.check import DRIFT, POLICY, SCHEMA, CheckName
from gitops_audit.model.finding import CHANGE_MEANING, Drift, Finding, PolicyResult, Problem, Severity
from gitops_audit.model.fingerprint import fingerprint
from gitops_audit.model.resource import Commit, Invalid
from gitops_audit.model.subject import Subject, Unread

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

    def is_failure(self, finding: Finding) -> bool:
        """Whether a finding fails the resource: nothing waives it, and it is severe enough."""
        if finding.result != "fail" or finding.waiver is not None or finding.severity < self.fail_on:
            return False
        return self.is_pending_failure or finding.cause != "git"


def status_severity(drift: Drift) -> Severity:
    """How bad it is that an object is missing or extra."""
    return PENDING_SEVERITY if drift.cause == "git" else STATUS_SEVERITY[drift.status]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything found about one resource, and what it comes to.

    `drift` is None where no cluster was asked. Reports read `findings`, the one walk over all of it. `unchecked` says
    why the manifest was not checked against a schema; empty where it was. `skip_reason` says why the object was
    not compared (a hook), or why nothing of it could be checked: what is found all the same counts.
    """

    resource: Subject
    outcome: Outcome
    drift: Drift | None = None
    policies: tuple[PolicyResult, ...] = ()
    invalid: tuple[Invalid, ...] = ()
    errors: tuple[Problem, ...] = ()
    commit: Commit | None = None
    skip_reason: str = ""
    unchecked: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found, of every check: the one walk over a verdict. Errors first, then as reports tell them."""
        return () if self.is_plain and not self.skip_reason else tuple(_findings(self))

    @property
    def is_plain(self) -> bool:
        """Whether nothing at all was found, as for most resources: then nobody needs to look closer."""
        if self.errors or self.invalid or not (self.drift is None or self.drift.is_plain):
            return False
        return not self.policies or all(p.result == "pass" for p in self.policies)

    @property
    def is_compared(self) -> bool:
        """Whether it is known how the live object differs."""
        return self.drift is not None and self.drift.status != "unknown"

    @property
    def is_evaluated(self) -> bool:
        """Whether any check came to an answer: without one, there is nothing that could pass."""
        return self.is_compared or not self.unchecked or any(p.result not in ("skip", "error") for p in self.policies)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything a person must see, failing or not: what is neither waived nor skipped."""
        return any(f.waiver is None and f.result != "skip" for f in self.findings)

    def fingerprint(self, check: CheckName, rule: str, place: str = "") -> str:
        """The stable name of what a check found at a place of this resource (`place` as people read it)."""
        return fingerprint(f"{self.resource.key.cluster}/{self.resource.title}", check, rule, place)

    def judged(self, threshold: Threshold) -> Verdict:
        """The same facts with the outcome they come to: what could not be evaluated is an error, never a pass."""
        sound: Outcome = "skipped" if self.skip_reason else "passed"
        if self.is_plain:
            return self if self.outcome == sound else replace(self, outcome=sound)
        findings = self.findings
        if any(f.result == "error" and f.waiver is None for f in findings):
            return replace(self, outcome="error")
        # Of a broken file it is not known what it declares.
        is_unread = bool(self.invalid) and isinstance(self.resource, Unread)
        is_failed = is_unread or any(threshold.is_failure(f) for f in findings)
        return replace(self, outcome="failed" if is_failed else sound)


def _findings(verdict: Verdict) -> Iterator[Finding]:
    return (replace(f, fingerprint=verdict.fingerprint(f.check, f.rule, _place(f))) for f in _unnamed(verdict))


def _place(finding: Finding) -> str:
    """The field; of a file that could not be read, where there is none, what is wrong (its words quote no value)."""
    return finding.message if finding.check == SCHEMA and not finding.path else finding.path


def _unnamed(verdict: Verdict) -> Iterator[Finding]:
    if verdict.skip_reason:
        yield Finding(DRIFT, "skipped", "skip", verdict.skip_reason)
    for problem in verdict.errors:
        yield Finding(DRIFT, problem.code, "error", problem.message)
    for fault in verdict.invalid:
        yield Finding(SCHEMA, "invalid", "fail", fault.message, INVALID_SEVERITY, fault.path, fault.pointer, fault.line)
    if verdict.drift is not None:
        yield from _drifted(verdict.drift, is_told=bool(verdict.errors))
    yield from (_judged(result) for result in verdict.policies if result.result != "pass")


def _drifted(drift: Drift, *, is_told: bool) -> Iterator[Finding]:
    """`is_told`: an error says already why the drift is unknown."""
    if drift.status == "unknown" and not is_told:
        yield Finding(DRIFT, "unknown", "error", drift.reason or "the drift could not be determined")
    elif drift.status in STATUS_SEVERITY:
        severity = status_severity(drift)
        yield Finding(DRIFT, drift.status, "fail", drift.reason, severity, waiver=drift.ignored, cause=drift.cause)
    elif drift.ignored is not None:
        yield Finding(DRIFT, "missing", "fail", drift.reason, waiver=drift.ignored)
    for change in drift.changes:
        yield Finding(
            DRIFT,
            change.type,
            "fail",
            CHANGE_MEANING[change.type],
            change.severity,
            change.path,
            change.pointer,
            change.line,
            waiver=change.ignored,
            cause=change.cause,
            change=change,
        )


def _judged(result: PolicyResult) -> Finding:
    return Finding(
        POLICY,
        result.name,
        "fail" if result.result == "pass" else result.result,
        result.message or "the policy gives no reason",
        result.severity,
        result.path,
        result.pointer,
        result.line,
        result.on,
        result.exception,
    )
