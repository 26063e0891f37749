"""Title, severity and the like, from the annotations the field uses."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_audit.model.finding import Severity
from gitops_audit.policy.contract import Metadata
from gitops_audit.policy.document import Document

PREFIXES = ("gitops-audit/", "policies.kyverno.io/")


def from_annotations(document: Document, form: str) -> Metadata:
    """`gitops-audit/<key>` or `policies.kyverno.io/<key>`; `standards` is separated by commas."""
    found = document.annotations
    return Metadata(
        name=document.name,
        form=form,
        where=document.at(""),
        title=_annotation(found, "title") or document.name,
        description=_annotation(found, "description"),
        category=_annotation(found, "category"),
        severity=_severity(_annotation(found, "severity")),
        standards=tuple(s.strip() for s in _annotation(found, "standards").split(",") if s.strip()),
        remediation=_annotation(found, "remediation"),
        is_scored=_annotation(found, "scored") != "false",
    )


def _annotation(annotations: Mapping[str, str], key: str) -> str:
    return next((str(annotations[p + key]) for p in PREFIXES if p + key in annotations), "")


def _severity(word: str) -> Severity:
    # an annotation is a note to people: an odd word is no reason to refuse the policy
    return Severity.__members__.get(word.lower(), Severity.medium)
