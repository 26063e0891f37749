"""The outcome of the audit of one subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA, CheckName
from gitops_audit.model.finding import (
    CHANGE_MEANING,
    Drift,
    DriftState,
    Finding,
    Health,
    PolicyResult,
    Problem,
    Severity,
)
from gitops_audit.model.fingerprint import fingerprint
from gitops_audit.model.remediation import Remediation
from gitops_audit.model.resource import Commit, Invalid
from gitops_audit.model.subject import Subject, Unread

Outcome = Literal["passed", "failed", "error", "skipped"]

INVALID_SEVERITY = Severity.medium
STATUS_SEVERITY = {"missing": Severity.high, "extra": Severity.medium}
HEALTH_SEVERITY = {"failed": Severity.high, "in-progress": Severity.medium, "terminating": Severity.medium}
PENDING_SEVERITY = Severity.medium
"""How bad it is that an object is missing because it is new in Git: as bad as any other change that is pending."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What makes a finding a failure: `failOn`, and whether one counts that is only not deployed yet, or is known."""

    fail_on: Severity = Severity.low
    is_pending_failure: bool = True
    is_known_failure: bool = True

    def is_failure(self, finding: Finding) -> bool:
        """Whether a finding fails the resource: nothing waives it, and it is severe enough."""
        if finding.result != "fail" or finding.waiver is not None or finding.severity < self.fail_on:
            return False
        if finding.state == "persisting" and not self.is_known_failure:
            return False
        return self.is_pending_failure or finding.cause != "git"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything found about one subject, and what it comes to.

    `findings` is the one list of what was found, of every check. `drift` is how the object as a whole stands, None
    where no cluster was asked; `passed` are the rules of policies that hold, `health` what the live
    object says of itself, None where nobody asked; `is_engine_checked`: it tells an engine what to deploy, and was
    checked as such. `unchecked` says why the manifest was not
    checked against a schema, empty where it was. `skip_reason` says why the object was not compared (a hook), or why
    nothing of it could be checked: what is found all the same counts.
    """

    subject: Subject
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    drift: DriftState | None = None
    passed: tuple[PolicyResult, ...] = ()
    health: Health | None = None
    is_engine_checked: bool = False
    commit: Commit | None = None
    skip_reason: str = ""
    unchecked: str = ""
    remediation: Remediation | None = None

    @classmethod
    def of(
        cls,
        subject: Subject,
        outcome: Outcome,
        drift: Drift | None = None,
        policies: Sequence[PolicyResult] = (),
        invalid: Sequence[Invalid] = (),
        errors: Sequence[Problem] = (),
        commit: Commit | None = None,
        skip_reason: str = "",
        unchecked: str = "",
        health: Health | None = None,
        engine: Sequence[PolicyResult] | None = None,
    ) -> Verdict:
        """The verdict on what the checks told, each in its own form."""
        failed = tuple(p for p in policies if p.result != "pass")
        found: list[Finding] = []
        if skip_reason:
            found.append(Finding(DRIFT, "skipped", "skip", skip_reason))
        found += (Finding(DRIFT, problem.code, "error", problem.message) for problem in errors)
        found += map(_invalid, invalid)
        if drift is not None and not drift.is_plain:
            found += _drifted(drift, is_told=bool(errors))
        if health is not None and health.status != "current":
            found.append(Finding(HEALTH, health.status, "fail", health.message, HEALTH_SEVERITY[health.status]))
        found += map(_of_engine, engine or ())
        found += map(_judged, failed)
        verdict = cls(
            subject,
            outcome,
            drift=drift.state if drift is not None else None,
            passed=tuple(p for p in policies if p.result == "pass") if failed else tuple(policies),
            commit=commit,
            health=health,
            is_engine_checked=engine is not None,
            skip_reason=skip_reason,
            unchecked=unchecked,
        )
        return verdict.with_findings(found) if found else verdict

    def with_findings(self, found: Sequence[Finding]) -> Verdict:
        """The same verdict with these findings, each by its stable name."""
        return replace(self, findings=tuple(replace(f, fingerprint=self._fingerprint(f)) for f in found))

    @property
    def is_compared(self) -> bool:
        """Whether it is known how the live object differs."""
        return self.drift is not None and self.drift.status != "unknown"

    @property
    def is_evaluated(self) -> bool:
        """Whether any check came to an answer: without one, there is nothing that could pass."""
        if self.is_compared or not self.unchecked or self.passed or self.health or self.is_engine_checked:
            return True
        return any(f.check == POLICY and f.result in ("fail", "warn") for f in self.findings)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything a person must see, failing or not: what is neither waived nor skipped."""
        return any(f.waiver is None and f.result != "skip" for f in self.findings)

    def found(self, check: CheckName) -> tuple[Finding, ...]:
        """The findings of one check."""
        return tuple(f for f in self.findings if f.check == check)

    @property
    def changes(self) -> tuple[Finding, ...]:
        """The findings about single fields of the live object."""
        return tuple(f for f in self.findings if f.change is not None)

    @property
    def whole(self) -> Finding | None:
        """The finding about the object as a whole, waived or not: that it is missing, or extra."""
        return next((f for f in self.findings if f.check == DRIFT and f.rule in STATUS_SEVERITY), None)

    @property
    def unevaluated(self) -> tuple[Finding, ...]:
        """Why the subject, or a part of it, could not be compared or checked; errors of single policies apart."""
        return tuple(f for f in self.findings if f.check == DRIFT and f.result == "error")

    def fingerprint(self, check: CheckName, rule: str, place: str = "") -> str:
        """The stable name of what a check found at a place of this subject (`place` as people read it)."""
        return fingerprint(f"{self.subject.key.cluster}/{self.subject.title}", check, rule, place)

    def _fingerprint(self, finding: Finding) -> str:
        """Of a file that could not be read, where there is no field, by what is wrong (its words quote no value)."""
        place = finding.message if finding.check == SCHEMA and not finding.path else finding.path
        return self.fingerprint(finding.check, finding.rule, place)

    def judged(self, threshold: Threshold) -> Verdict:
        """The same facts with the outcome they come to: what could not be evaluated is an error, never a pass."""
        outcome = self._outcome(threshold)
        return self if self.outcome == outcome else replace(self, outcome=outcome)

    def _outcome(self, threshold: Threshold) -> Outcome:
        if any(f.result == "error" and f.waiver is None for f in self.findings):
            return "error"
        # Of a broken file it is not known what it declares.
        is_unread = isinstance(self.subject, Unread) and bool(self.found(SCHEMA))
        repaired = self.remediation.repaired if self.remediation is not None else frozenset()
        if is_unread or any(threshold.is_failure(f) for f in self.findings if f.fingerprint not in repaired):
            return "failed"
        return "skipped" if self.skip_reason else "passed"


def _invalid(fault: Invalid) -> Finding:
    return Finding(SCHEMA, "invalid", "fail", fault.message, INVALID_SEVERITY, fault.path, fault.pointer, fault.line)


def _drifted(drift: Drift, *, is_told: bool) -> Iterator[Finding]:
    """`is_told`: an error says already why the drift is unknown."""
    if drift.status == "unknown" and not is_told:
        yield Finding(DRIFT, "unknown", "error", drift.reason or "the drift could not be determined")
    elif drift.status in STATUS_SEVERITY:
        severity = PENDING_SEVERITY if drift.cause == "git" else STATUS_SEVERITY[drift.status]
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
            waiver=change.ignored,
            cause=change.cause,
            change=change,
        )


def _of_engine(result: PolicyResult) -> Finding:
    rule = result.rule.removeprefix(f"{ENGINE}/")
    return replace(_judged(result), check=ENGINE, rule=rule, policy="")


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
        policy=result.policy,
    )
