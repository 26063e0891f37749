"""Ranges of versions as Kyverno reads them (the grammar of Go's blang/semver: `>=1.2.0 <2.0.0 || 3.x`)."""

from __future__ import annotations

import re

from gitops_audit.kube.semver import Key, Version, read

_TERM = re.compile(r"(>=|<=|==|!=|=|>|<|!)?\s*([^\s<>=!]+)")
_PART = r"(0|[1-9][0-9]{0,18}|[xX*])"
_PARTIAL = re.compile(rf"{_PART}(?:\.{_PART})?(?:\.{_PART})?", re.ASCII)


def is_in_range(version: Version, text: str) -> bool:
    """Whether a version lies in a range. Raises ValueError where the range cannot be read."""
    alternatives = [_terms(part) for part in text.split("||")]
    return any(all(_holds(version, operator, bound) for operator, bound in terms) for terms in alternatives)


def _terms(part: str) -> list[tuple[str, str]]:
    found = _TERM.findall(part)
    if not found or _TERM.sub("", part).strip():
        raise ValueError(f"{part.strip()!r} is not a range of versions")
    return [(operator or "=", bound) for operator, bound in found]


def _holds(version: Version, operator: str, bound: str) -> bool:
    exact = read(bound)
    low, high = (exact.key, None) if exact else _wildcard(bound)
    return _compare(version.key, operator, low, high)


def _compare(key: Key, operator: str, low: Key, high: Key | None) -> bool:
    """`high` is None for one exact version, else the first version after those a wildcard means."""
    within = key == low if high is None else low <= key < high
    match operator:
        case "=" | "==":
            return within
        case "!" | "!=":
            return not within
        case ">":
            return key > low if high is None else key >= high
        case ">=":
            return key >= low
        case "<":
            return key < low
        case _:
            return key <= low if high is None else key < high


def _wildcard(bound: str) -> tuple[Key, Key]:
    found = _PARTIAL.fullmatch(bound)
    parts = [part for part in found.groups() if part is not None] if found else []
    fixed = [int(part) for part in parts if part not in ("x", "X", "*")]
    if not parts or len(fixed) == len(parts):
        raise ValueError(f"{bound!r} is not a version of the form 1.2.3")
    if not fixed:
        return _key(0, 0), _key(10**20, 0)
    major, minor = fixed[0], fixed[1] if len(fixed) > 1 else None
    return (_key(major, 0), _key(major + 1, 0)) if minor is None else (_key(major, minor), _key(major, minor + 1))


def _key(major: int, minor: int) -> Key:
    return (major, minor, 0, True, ())
