"""Container image references: the grammar of distribution/reference, and the names that go-containerregistry gives."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::\d+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<registry>{_DOMAIN})/(?P<repository>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_LONGEST = 1000
_DOCKER_HUB = "docker.io"
_DOCKER_HUB_SERVER = "index.docker.io"


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


@lru_cache(maxsize=4096)
def parse(text: str) -> Reference:
    """As Kubernetes and Kyverno read a reference (`nginx` -> docker.io, nginx, latest). Raises ValueError for none."""
    full = text if _is_registry(text) or _is_shouted(text) else f"{_DOCKER_HUB}/{text}"
    found = _REFERENCE.fullmatch(full) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"could not parse reference: {text[:100]}")
    registry, repository, tag, digest = found.group("registry", "repository", "tag", "digest")
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest or "")


def parse_for_registry(text: str) -> Reference:
    """As a client of registries names it (`nginx` -> index.docker.io, library/nginx). Raises ValueError for none."""
    if _is_shouted(text):
        raise ValueError(f"could not parse reference: {text[:100]}")
    found = parse(text)
    if found.registry not in (_DOCKER_HUB, _DOCKER_HUB_SERVER):
        return found
    is_official = "/" not in found.repository
    repository = f"library/{found.repository}" if is_official else found.repository
    return replace(found, registry=_DOCKER_HUB_SERVER, repository=repository)


def _is_registry(text: str) -> bool:
    head, slash, _ = text.partition("/")
    return bool(slash) and (any(mark in head for mark in ".:") or head == "localhost")


def _is_shouted(text: str) -> bool:
    """Whether a first part is a registry for its capitals alone, as no part of a path has any."""
    head, slash, _ = text.partition("/")
    return bool(slash) and head.lower() != head and not _is_registry(text)
