"""URLs that name the same place, and what lies below one: mirrors are found by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_SCHEME = re.compile(r"(?:git::)?(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?", re.IGNORECASE)
_REF = re.compile(r"[?&](?:ref|version)=([^&]*)")


@dataclass(frozen=True, slots=True)
class UrlPrefix:
    """Host and path without scheme and user, for the same repository has several URLs."""

    path: str
    ref: str

    @classmethod
    def parse(cls, text: str) -> Self:
        before, mark, query = text.strip().partition("?")
        rest = before[len(_SCHEME.match(before)[0]) :]  # type: ignore[index]
        host, separator, path = re.sub(r"^([\w.-]+):(?!\d+/)", r"\1/", rest).partition("/")
        ref = _REF.search(mark + query)
        return cls(f"{host.lower()}{separator}{path}", ref[1] if ref else "")

    def below(self, text: str) -> str | None:
        """What a URL names below this one, empty for the same; None where it is another one."""
        other = UrlPrefix.parse(text)
        if self.ref and self.ref != other.ref:
            return None
        start = self.path.rstrip("/").removesuffix(".git")
        if not other.path.startswith(start):
            return None
        rest = other.path[len(start) :].removeprefix(".git")
        return rest.strip("/") if not rest or rest.startswith("/") else None
