"""The plural under which an API serves a kind, where no discovery says so."""

from __future__ import annotations

from gitops_audit.policy.contract import Subject

_IRREGULAR = {"Endpoints": "endpoints", "SecurityContextConstraints": "securitycontextconstraints"}


def resource_name(subject: Subject) -> str:
    """As discovery told, else by the rule Kubernetes' own code generators follow."""
    return subject.resource or plural(subject.kind)


def plural(kind: str) -> str:
    if kind in _IRREGULAR:
        return _IRREGULAR[kind]
    word = kind.lower()
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
