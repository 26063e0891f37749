"""The plural under which an API serves a kind, where no discovery says so."""

from __future__ import annotations

_IRREGULAR = {"endpoints": "endpoints", "securitycontextconstraints": "securitycontextconstraints"}


def plural(kind: str) -> str:
    """`NetworkPolicy` -> `networkpolicies`, by the rule that Kubernetes' own code generators follow (k8s.io/gengo)."""
    word = kind.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
