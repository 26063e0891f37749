"""Opening and rendering the sources of a run: each once, however many clusters it is for."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.engine.events import SourceInfo
from gitops_audit.engine.options import RunOptions
from gitops_audit.errors import AuditError, SourceError
from gitops_audit.model.resource import Commit, Rendered
from gitops_audit.render.given import ALONE, Given
from gitops_audit.render.registry import render
from gitops_audit.source import Checkout, Opener
from gitops_audit.source.export import Exports

_WORKERS = max(2, os.cpu_count() or 2)

NOTHING_DECLARED = "GA230"


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source as far as it could be read: `error` where nothing could."""

    config: SourceConfig
    checkout: Checkout | None = None
    rendered: Rendered = Rendered()  # noqa: RUF009 - frozen
    error: AuditError | None = None

    @property
    def info(self) -> SourceInfo:
        opened = self.checkout
        if opened is None:
            return SourceInfo(self.config.name, "", self.config.revision, "", self.config.path)
        ignored = self.rendered.ignored
        return SourceInfo(self.config.name, opened.repo, opened.revision, opened.commit, opened.path, ignored)

    def commits(self, paths: Collection[str]) -> dict[str, Commit]:
        """The last commit of each path, in one walk through history; nothing for a path without one."""
        return self.checkout.last_commits(paths) if self.checkout and paths else {}

    def texts(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """The content of files once more, for the lines of their fields; without what was rendered, not written."""
        if self.checkout is None:
            return
        below = frozenset(paths).intersection(self.checkout.files())
        with suppress(SourceError):
            yield from ((blob.path, blob.data) for blob in self.checkout.blobs(below.__contains__))
        for path in sorted(frozenset(paths) - below):
            with suppress(SourceError):
                yield path, self.checkout.read(path)

    def close(self) -> None:
        if self.checkout is not None:
            self.checkout.close()


def read_all(settings: Settings, options: RunOptions) -> tuple[ReadSource, ...]:
    """Every configured source. One that cannot be read carries its error; the others are read all the same.

    kustomize and helm run side by side, on one exported tree for each commit.
    """
    opener = Opener(settings.path.absolute().parent, fetch=options.fetch)
    with Exports() as exports, ThreadPoolExecutor(_WORKERS, thread_name_prefix="render") as pool:
        given = Given(exports, settings.network)
        found = [pool.submit(read, config, partial(opener.open, config), given) for config in settings.sources]
        return tuple(source.result() for source in found)


def read(config: SourceConfig, opened: Callable[[], Checkout], given: Given = ALONE) -> ReadSource:
    """One source, from wherever it is opened."""
    checkout = None
    try:
        checkout = opened()
        rendered = render(config, checkout, given)
    except AuditError as error:
        return ReadSource(config, checkout, error=error)
    if not rendered.manifests and not rendered.problems:
        return ReadSource(config, checkout, rendered, _nothing_declared(config, rendered))
    return ReadSource(config, checkout, rendered)


def _nothing_declared(config: SourceConfig, rendered: Rendered) -> SourceError:
    seen = f"{len(rendered.ignored)} files hold no Kubernetes objects" if rendered.ignored else "there are no manifests"
    return SourceError(
        f"the source {config.name!r} declares nothing: {seen} under {config.path or 'the root'!r}",
        code=NOTHING_DECLARED,
        where=config.where,
        hint="an audit of nothing must not look green: correct `path`, or remove the source",
    )


def for_cluster(sources: Iterable[ReadSource], cluster: str) -> list[ReadSource]:
    return [s for s in sources if not s.config.clusters or cluster in s.config.clusters]
