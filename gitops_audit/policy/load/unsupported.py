"""Stands in for a policy that cannot be evaluated here, where the user allowed that: seen in every report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitops_audit.model.finding import Severity
from gitops_audit.policy.contract import Metadata, RuleResult, Subject, World
from gitops_audit.policy.document import Document


@dataclass(frozen=True, slots=True)
class UnsupportedPolicy:
    metadata: Metadata
    reason: str
    rules: Sequence[str] = ("unsupported",)

    @classmethod
    def of(cls, document: Document, reason: str) -> UnsupportedPolicy:
        name = document.name
        return cls(Metadata(name, document.kind, document.at(""), title=name, severity=Severity.info), reason)

    @property
    def operations(self) -> frozenset[str]:
        return frozenset()

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        return True

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """A skip with the reason, whatever the subject: what the policy matches is not known."""
        return (RuleResult("unsupported", "skip", self.reason),)
