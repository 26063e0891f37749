"""Versions of Kubernetes."""

from __future__ import annotations

import re

_MINOR = re.compile(r"v?1\.(\d{1,4})\b")


def minor_of(version: str) -> int:
    """The minor version (`v1.30.2+k3s1` -> 30); 0 where none is told, which stands for the newest."""
    found = _MINOR.match(version)
    return int(found[1]) if found else 0
