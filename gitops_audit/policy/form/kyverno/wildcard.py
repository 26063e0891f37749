"""Kyverno's wildcards: `*` is any text, `?` is exactly one character, everything else (`[` too) is itself."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_audit.kube.glob import is_like


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def is_match(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern."""
    return is_like(pattern.replace("[", "[[]"), text) if has_wildcard(pattern) else pattern == text


def is_any_match(patterns: Iterable[str], text: str) -> bool:
    return any(is_match(pattern, text) for pattern in patterns)
