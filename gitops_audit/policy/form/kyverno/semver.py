"""Semantic versions and ranges as Kyverno compares them (the grammar of Go's blang/semver: `>=1.2.0 <2.0.0 || 3.x`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"(?:0|[1-9]\d{0,18})"
_IDENTIFIER = r"[0-9A-Za-z-]+"
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?",
    re.ASCII,
)
_TERM = re.compile(r"(>=|<=|==|!=|=|>|<|!)?\s*([^\s<>=!]+)")
_PARTIAL = re.compile(rf"({_NUMBER}|[xX*])(?:\.({_NUMBER}|[xX*]))?(?:\.({_NUMBER}|[xX*]))?", re.ASCII)

Key = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


@dataclass(frozen=True, slots=True)
class Version:
    """A version; `key` orders it: a pre-release comes before its release, numeric identifiers before words."""

    key: Key


def parse(text: str) -> Version | None:
    """The version of a text (`1.2.3-rc.1+build`), None where it is none."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    major, minor, patch, pre = found.groups()
    identifiers = tuple(_identifier(part) for part in pre.split(".")) if pre else ()
    return Version((int(major), int(minor), int(patch), 0 if pre else 1, identifiers))


def _identifier(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() and len(part) < 20 else (1, 0, part)


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
    exact = parse(bound)
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
        return _key(0, 0), _key(10**19, 0)
    major, minor = fixed[0], fixed[1] if len(fixed) > 1 else None
    return (_key(major, 0), _key(major + 1, 0)) if minor is None else (_key(major, minor), _key(major, minor + 1))


def _key(major: int, minor: int) -> Key:
    return (major, minor, 0, 1, ())
