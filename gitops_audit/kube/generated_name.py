"""Names that kustomize makes of content: `NAME-HASH`, another one with every change of a ConfigMap or Secret."""

from __future__ import annotations

import re

_HASHED = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")
_KINDS = frozenset({("", "ConfigMap"), ("", "Secret")})


def generator_of(group: str, kind: str, name: str) -> str:
    """The name of the generator; empty for a name that was not made of content.

    The alphabet is that of kustomize (`api/hasher`): hexadecimal digits, some of them replaced by letters.
    """
    found = _HASHED.fullmatch(name) if (group, kind) in _KINDS else None
    return found[1] if found else ""
