"""Title, severity and the like, from the annotations the field uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gitops_audit.errors import Location
from gitops_audit.model.finding import Severity
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document

PREFIXES = ("gitops-audit/", "policies.kyverno.io/")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What every form of policy says about itself."""

    name: str
    form: str
    where: Location
    title: str = ""
    category: str = ""
    severity: Severity = Severity.medium
    standards: tuple[str, ...] = ()
    remediation: str = ""
    is_scored: bool = True

    @classmethod
    def from_annotations(cls, document: Document, form: str) -> Metadata:
        """`gitops-audit/<key>` or `policies.kyverno.io/<key>`; `standards` is separated by commas."""
        found = document.annotations
        return cls(
            name=document.name,
            form=form,
            where=document.at(""),
            title=_annotation(found, "title") or document.name,
            category=_annotation(found, "category"),
            severity=_severity(_annotation(found, "severity")),
            standards=tuple(s.strip() for s in _annotation(found, "standards").split(",") if s.strip()),
            remediation=_annotation(found, "remediation"),
            is_scored=_annotation(found, "scored") != "false",
        )

    def scored(self, result: RuleResult) -> RuleResult:
        """A failure of a policy that says of itself `scored: "false"` is a warning, as in Kyverno's reports."""
        return result if self.is_scored or result.result != "fail" else replace(result, result="warn")


def _annotation(annotations: Mapping[str, str], key: str) -> str:
    return next((str(annotations[p + key]) for p in PREFIXES if p + key in annotations), "")


def _severity(word: str) -> Severity:
    # an annotation is a note to people: an odd word is no reason to refuse the policy
    return Severity.__members__.get(word.lower(), Severity.medium)
