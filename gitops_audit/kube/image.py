"""Container image references (distribution/reference, with Docker's defaults)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*", re.ASCII)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?", re.ASCII)
_LONGEST = 4096
DOCKER_HUB = "index.docker.io"


@dataclass(frozen=True, slots=True)
class Reference:
    """`tag` is empty where a digest says it all; without either it is `latest`."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def identifier(self) -> str:
        return self.digest or self.tag


def parse(text: str) -> Reference:
    """Raises ValueError for what is no reference."""
    if len(text) > _LONGEST:
        raise ValueError("an image reference that long is none")
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ValueError(f"could not parse reference: {text}")
    registry, path = _split(rest)
    path, _, tag = path.partition(":")
    if not _PATH.fullmatch(path) or (tag and not _TAG.fullmatch(tag)):
        raise ValueError(f"could not parse reference: {text}")
    if registry == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    return Reference(registry, path, tag or ("" if digest else "latest"), digest)


def _split(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return DOCKER_HUB, text
    if not _HOST.fullmatch(first):
        raise ValueError(f"could not parse reference: {text}")
    return (DOCKER_HUB if first == "docker.io" else first), rest
