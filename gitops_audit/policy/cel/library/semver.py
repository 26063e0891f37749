"""Semantic versions in CEL (k8s.io/apiserver/pkg/cel/library).

The carrier is `v` and the version without its build part, which has no say in equality.
"""

from __future__ import annotations

from gitops_audit.kube.semver import Version, parse


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
    return f"v{parse(normalise(text) if normalize else text)}".encode()


def is_semver(text: str, normalize: bool = False) -> bool:
    try:
        semver(text, normalize)
    except ValueError:
        return False
    return True


def part(value: bytes, index: int) -> int:
    """Major, minor or patch (0, 1, 2)."""
    version = _version(value)
    return (version.major, version.minor, version.patch)[index]


def compare(left: bytes, right: bytes) -> int:
    a, b = _version(left).key, _version(right).key
    return (a > b) - (a < b)


def _version(value: bytes) -> Version:
    return parse(bytes(value).decode()[1:])
