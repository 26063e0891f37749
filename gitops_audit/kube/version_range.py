"""Ranges of versions as Helm, Argo CD and Flux write them (`>=1.2 <2`, `~1.2`, `^1`, `1.x`, `1.2 - 1.4`, `||`).

The rules are those of Masterminds/semver v3, which all three use: a version without all its parts stands for every
version that begins so, and a pre-release counts only where the range names one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from gitops_audit.kube.semver import Version

_NUMBER = r"(?:\d+|[xX*])"
_VERSION = rf"v?({_NUMBER})(?:\.({_NUMBER}))?(?:\.({_NUMBER}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
_COMPARISON = re.compile(rf"(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*{_VERSION}(?:\s*,\s*|\s+|$)")
_HYPHEN = re.compile(rf"\s({_VERSION})\s+-\s+({_VERSION})(?=\s)")
_LOOSE = re.compile(r"v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One bound; `parts` counts the numbers that are written (0 for `*`)."""

    operator: str
    version: Version
    parts: int

    def holds(self, other: Version) -> bool:
        if other.pre and not self.version.pre:
            return False
        if self.parts == 0:
            return self.operator not in ("!=", ">", "<")
        return _OPERATORS[self.operator](self, other)

    def is_alike(self, other: Version) -> bool:
        """Whether a version is the written one, or begins like it."""
        return _numbers(self.version)[: self.parts] == _numbers(other)[: self.parts] and (
            self.parts < 3 or self.version.pre == other.pre
        )

    def at_least(self, other: Version) -> bool:
        return other.key >= self.version.key

    def below(self, other: Version) -> bool:
        return other.key < self.version.key

    def tilde(self, other: Version) -> bool:
        """The last written number may grow, or the patch where all three are."""
        kept = min(self.parts, 2)
        return self.at_least(other) and _numbers(self.version)[:kept] == _numbers(other)[:kept]

    def caret(self, other: Version) -> bool:
        """Everything up to the first written number that is not zero stays."""
        numbers = _numbers(self.version)[: self.parts]
        kept = next((index + 1 for index, number in enumerate(numbers) if number), self.parts)
        return self.at_least(other) and numbers[:kept] == _numbers(other)[:kept]


_OPERATORS: dict[str, Callable[[_Comparison, Version], bool]] = {
    "=": lambda c, v: c.is_alike(v) if c.parts == 3 else c.tilde(v),
    "!=": lambda c, v: not c.is_alike(v),
    ">": lambda c, v: c.at_least(v) and not c.is_alike(v),
    ">=": _Comparison.at_least,
    "<": _Comparison.below,
    "<=": lambda c, v: c.below(v) or c.is_alike(v),
    "~": _Comparison.tilde,
    "^": _Comparison.caret,
}
_SAME = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}


@dataclass(frozen=True, slots=True)
class VersionRange:
    """What versions are meant: one of the alternatives holds, with all its comparisons."""

    text: str
    alternatives: tuple[tuple[_Comparison, ...], ...]

    def __contains__(self, version: Version) -> bool:
        return any(all(c.holds(version) for c in alternative) for alternative in self.alternatives)


def parse_range(text: str) -> VersionRange:
    """Raises ValueError where a text is no range."""
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:64]!r} is too long for a range of versions")
    return VersionRange(text, tuple(_comparisons(part, text) for part in text.split("||")))


def loose_version(text: str) -> Version | None:
    """A version that may lack its minor and patch, and may begin with `v`; None where a text is none."""
    found = _LOOSE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    major, minor, patch = (int(number or 0) for number in found.groups()[:3])
    return Version(major, minor, patch, tuple(found[4].split(".")) if found[4] else ())


def _comparisons(part: str, text: str) -> tuple[_Comparison, ...]:
    part = _HYPHEN.sub(r" >=\1 <=\6 ", f" {part} ").strip()
    found, at = [], 0
    while at < len(part):
        match = _COMPARISON.match(part, at)
        if match is None:
            raise ValueError(f"{text!r} is no range of versions")
        found.append(_comparison(match[1] or "", match.groups()[1:4], match[5]))
        at = match.end()
    if not found:
        raise ValueError(f"{text!r} is no range of versions")
    return tuple(found)


def _comparison(operator: str, written: tuple[str | None, ...], pre: str | None) -> _Comparison:
    parts = next((i for i, number in enumerate(written) if number is None or not number.isdigit()), 3)
    numbers = [int(number or 0) if index < parts else 0 for index, number in enumerate(written)]
    version = Version(numbers[0], numbers[1], numbers[2])
    version = replace(version, pre=tuple(pre.split("."))) if pre else version
    return _Comparison(_SAME.get(operator, operator), version, parts)


def _numbers(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch
