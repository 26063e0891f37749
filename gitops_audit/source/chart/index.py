"""Chart repositories: an `index.yaml` lists versions of charts, each with the digest and the places of its package."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import ChartRef
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import mapping
from gitops_audit.source.chart import limits
from gitops_audit.source.chart.reference import chosen
from gitops_audit.source.chart.web import NOT_FETCHED, Web, joined, not_found

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Package:
    """A packaged chart: where it is, and the SHA-256 that it must have (empty where the repository says none).

    `artifact` is the SHA-256 of the manifest that a registry has of it.
    """

    url: str
    version: str
    digest: str
    artifact: str = ""


class Indexes:
    """The indexes of a run: each repository is asked once, however many charts are taken from it."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._entries: dict[str, dict[str, Any] | SourceError] = {}

    def package(self, ref: ChartRef) -> Package:
        """The package that a reference means. Raises SourceError."""
        entries = self._of(ref.repository)
        found = entries.get(ref.name)
        listed = [mapping(entry) for entry in found] if isinstance(found, list) else []
        if not listed:
            message = f"the chart repository {_shown(ref.repository)} has no chart {printable(ref.name)!r}"
            raise SourceError(message, code=NOT_FETCHED, hint=_near(ref.name, entries))
        by_version = {str(entry.get("version")): entry for entry in reversed(listed)}
        version = chosen(ref, by_version)
        return _package(ref, by_version[version], version)

    def _of(self, repository: str) -> dict[str, Any]:
        with self._lock:
            lock = self._locks.setdefault(repository, threading.Lock())
        with lock:
            if repository not in self._entries:
                try:
                    self._entries[repository] = self._read(repository)
                except SourceError as error:
                    self._entries[repository] = error
        found = self._entries[repository]
        if isinstance(found, SourceError):
            raise SourceError(found.message, code=found.code, hint=found.hint)
        return found

    def _read(self, repository: str) -> dict[str, Any]:
        answer = self._web.get(_below(repository, "index.yaml"), max_bytes=limits.MAX_INDEX_BYTES)
        if answer.status in (401, 404):
            raise not_found(answer, "index.yaml: it is no chart repository")
        documents, problems = manifest.documents(answer.data, "index.yaml")
        value = mapping(documents[0][1]) if documents else {}
        if not isinstance(value.get("entries"), dict):
            reason = f"line {problems[0].line}: {problems[0].message}" if problems else "it lists no charts"
            message = f"the index of the chart repository {_shown(repository)} cannot be read: {printable(reason)}"
            raise SourceError(message, code=NOT_FETCHED, hint="check the URL of the repository")
        entries: dict[str, Any] = value["entries"]
        return entries


def _package(ref: ChartRef, entry: dict[str, Any], version: str) -> Package:
    urls = entry.get("urls")
    url = next((u for u in urls if isinstance(u, str) and u), None) if isinstance(urls, list) else None
    if url is None:
        message = f"the index of {_shown(ref.repository)} says of no place for {ref.name} {version}"
        raise SourceError(printable(message), code=NOT_FETCHED)
    found = _DIGEST.fullmatch(str(entry.get("digest") or ""))
    return Package(joined(_below(ref.repository, ""), url), version, found[1].lower() if found else "")


def _below(repository: str, name: str) -> str:
    """A place in a repository; what follows a `?` in its URL stays behind it, as helm has it."""
    base, mark, query = repository.partition("?")
    return f"{base.rstrip('/')}/{name}{mark}{query}"


def _near(name: str, entries: dict[str, Any]) -> str:
    return next(iter(_hints(name, entries)), "check the name of the chart")


def _hints(name: str, entries: dict[str, Any]) -> Iterator[str]:
    from difflib import get_close_matches

    for close in get_close_matches(name, list(entries)[:5000], n=1):
        yield f"did you mean {printable(close)!r}?"


def _shown(repository: str) -> str:
    return printable(without_user_info(repository))
