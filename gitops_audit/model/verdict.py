"""The outcome of the audit of one resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gitops_audit.model.finding import Change, Drift, PolicyResult, Problem, Severity
from gitops_audit.model.resource import Commit, Declared, Invalid

Outcome = Literal["passed", "failed", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything found about one resource, and what it comes to.

    `drift` is None where no cluster was asked. `outcome` is `error` as soon as anything could not be evaluated,
    else `failed` where a finding reaches `failOn`. `invalid` and `policies` are complete; reports choose.
    """

    resource: Declared
    outcome: Outcome
    drift: Drift | None = None
    policies: tuple[PolicyResult, ...] = ()
    invalid: tuple[Invalid, ...] = ()
    errors: tuple[Problem, ...] = ()
    commit: Commit | None = None
    skip_reason: str = ""

    @property
    def counting_changes(self) -> tuple[Change, ...]:
        """The changes that no ignore rule covers."""
        return tuple(c for c in self.drift.changes if c.ignored is None) if self.drift else ()

    @property
    def violations(self) -> tuple[PolicyResult, ...]:
        """The failed policy results that no exception covers."""
        return tuple(p for p in self.policies if p.result == "fail" and p.exception is None)

    @property
    def worst(self) -> Severity | None:
        """The highest severity of what counts, None where nothing was found."""
        found = [c.severity for c in self.counting_changes] + [p.severity for p in self.violations]
        if self.invalid:
            found.append(Severity.medium)
        if self.drift and self.drift.status in ("missing", "extra"):
            found.append(Severity.high if self.drift.status == "missing" else Severity.medium)
        return max(found, default=None)
