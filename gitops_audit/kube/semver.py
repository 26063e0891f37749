"""Semantic versions 2.0.0 as the API server and Kyverno read and order them (both by Go's blang/semver)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?", re.ASCII)
_UINT64_MAX = 2**64 - 1
_LONGEST = 1024

Key = tuple[int, int, int, bool, tuple[tuple[int, int, str], ...]]


@dataclass(frozen=True, slots=True)
class Version:
    """A version; the build part has no say in anything and is not kept."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{'-' if self.pre else ''}{'.'.join(self.pre)}"

    @property
    def key(self) -> Key:
        """What orders versions: a pre-release before its release, numbers before words, fewer identifiers first."""
        identifiers = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return (self.major, self.minor, self.patch, not identifiers, identifiers)


@lru_cache(maxsize=4096)
def parse(text: str) -> Version:
    """The version a text stands for (`1.2.3-rc.1+build`). Raises ValueError where it is none."""
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"{text[:64]!r} is not a semantic version")
    major, minor, patch = (int(number) for number in found.groups()[:3])
    pre = tuple(found[4].split(".")) if found[4] else ()
    numbers = [major, minor, patch, *(int(part) for part in pre if part.isdigit())]
    if max(numbers) > _UINT64_MAX or any(part.isdigit() and part != str(int(part)) for part in pre):
        raise ValueError(f"{text[:64]!r} has a number that is too large or starts with a zero")
    return Version(major, minor, patch, pre)


@lru_cache(maxsize=4096)
def read(text: str) -> Version | None:
    """The version a text stands for, None where it is none."""
    try:
        return parse(text)
    except ValueError:
        return None
