"""Semantic versions as the API server reads them (k8s.io/apiserver/pkg/cel/library, semver 2.0.0).

The carrier is `v` and the version without its build part, which has no say in equality.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?", re.ASCII)
_UINT64_MAX = 2**64 - 1
_LONGEST = 1024

Version = tuple[int, int, int, tuple[str, ...]]


@lru_cache(maxsize=4096)
def parse(text: str) -> Version:
    """(major, minor, patch, pre-release identifiers). Raises ValueError where `text` is no semantic version."""
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"{text[:64]!r} is not a semantic version")
    numbers = [int(n) for n in found.groups()[:3]]
    pre = tuple(found[4].split(".")) if found[4] else ()
    if any(n > _UINT64_MAX for n in numbers) or any(p.isdigit() and len(p) > 1 and p[0] == "0" for p in pre):
        raise ValueError(f"{text[:64]!r} has a number that is too large or starts with a zero")
    return numbers[0], numbers[1], numbers[2], pre


def normalise(text: str) -> str:
    """`v01.2` -> `1.2.0`: a leading v and zeros go, missing parts are 0."""
    parts = [_without_zeros(p) for p in text.removeprefix("v").split(".", 2)]
    if len(parts) < 3 and ("+" in parts[-1] or "-" in parts[-1]):
        raise ValueError("short version cannot contain PreRelease/Build meta data")
    return ".".join(parts + ["0"] * (3 - len(parts)))


def _without_zeros(part: str) -> str:
    if len(part) < 2:
        return part
    stripped = part.lstrip("0")
    return stripped if stripped[:1].isdigit() else "0" + stripped


def semver(text: str, normalize: bool = False) -> bytes:
    major, minor, patch, pre = parse(normalise(text) if normalize else text)
    return f"v{major}.{minor}.{patch}{'-' if pre else ''}{'.'.join(pre)}".encode()


def is_semver(text: str, normalize: bool = False) -> bool:
    try:
        semver(text, normalize)
    except ValueError:
        return False
    return True


def part(value: bytes, index: int) -> int:
    """Major, minor or patch (0, 1, 2)."""
    number = _version(value)[index]
    return int(number) if isinstance(number, int) else 0


def compare(left: bytes, right: bytes) -> int:
    a, b = _order(_version(left)), _order(_version(right))
    return (a > b) - (a < b)


def _version(value: bytes) -> Version:
    return parse(bytes(value).decode()[1:])


def _order(version: Version) -> tuple[object, ...]:
    # a pre-release comes before its release; numbers before words, fewer identifiers before more
    identifiers = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in version[3])
    return (*version[:3], not identifiers, identifiers)
