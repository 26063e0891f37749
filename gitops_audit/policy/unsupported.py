"""Stands in for a policy that cannot be evaluated here, where the user allowed that: seen in every report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitops_audit.errors import Location
from gitops_audit.model.finding import Severity
from gitops_audit.policy.contract import RuleResult, Subject, World
from gitops_audit.policy.document import Document


@dataclass(frozen=True, slots=True)
class UnsupportedPolicy:
    name: str
    form: str
    reason: str
    where: Location
    title: str = ""
    category: str = ""
    severity: Severity = Severity.info
    standards: Sequence[str] = ()
    remediation: str = ""
    rules: Sequence[str] = ("unsupported",)

    @classmethod
    def of(cls, document: Document, reason: str) -> UnsupportedPolicy:
        return cls(document.name, document.kind, reason, document.at(""), title=document.name)

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        return True

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """A skip with the reason, whatever the subject: what the policy matches is not known."""
        return (RuleResult("unsupported", "skip", self.reason),)
