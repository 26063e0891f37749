"""Opening and rendering the sources of a run: each once, however many clusters it is for."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from gitops_audit.config.document import folder_of
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.engine.gather.targets import offline_target
from gitops_audit.engine.options import RunOptions
from gitops_audit.engine.shield import as_error
from gitops_audit.errors import AuditError, SourceError
from gitops_audit.kube.definition import is_definition
from gitops_audit.live.workers import threads
from gitops_audit.model.resource import Commit, JsonObject, Rendered
from gitops_audit.model.result import SourceInfo
from gitops_audit.render.given import ALONE, Given, Target
from gitops_audit.render.registry import detected_type, render
from gitops_audit.source import Checkout, Opener
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.export import Exports
from gitops_audit.source.repository import NOT_A_REPOSITORY

_WORKERS = max(2, os.cpu_count() or 2)

NOTHING_DECLARED = "GA230"


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source as far as it could be read: `error` where nothing could."""

    config: SourceConfig
    checkout: Checkout | None = None
    rendered: Rendered = Rendered()  # noqa: RUF009 - frozen
    error: AuditError | None = None
    target: Target = Target()  # noqa: RUF009 - frozen
    by_cluster: Mapping[str, ReadSource] = field(default_factory=dict)

    def on(self, cluster: str) -> ReadSource:
        """The source as it is for one cluster: a chart may give each something else."""
        found = self.by_cluster.get(cluster, self)
        return replace(self, rendered=found.rendered, error=found.error, target=found.target)

    @property
    def kind(self) -> str:
        """How it is rendered: `directory`, `kustomize` or `helm`; empty where it could not be opened."""
        if self.checkout is None:
            return ""
        return detected_type(self.checkout) if self.config.type == "auto" else self.config.type

    @property
    def info(self) -> SourceInfo:
        opened = self.checkout
        if opened is None:
            return SourceInfo(self.config.name, "", self.config.revision, "", self.config.path)
        ignored = self.rendered.ignored
        return SourceInfo(
            self.config.name, opened.repo, opened.revision, opened.commit, opened.path, ignored, self.rendered.tools
        )

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


def read_all(
    settings: Settings, options: RunOptions, targets: Callable[[list[JsonObject]], Mapping[str, Target]] | None = None
) -> tuple[ReadSource, ...]:
    """Every configured source. One that cannot be read carries its error; the others are read all the same.

    kustomize and helm run side by side, on one exported tree for each commit. `targets` gives, for the definitions that
    are declared, the Kubernetes of each cluster: charts ask for it, so they come last, and once for each that differs.
    """
    opener = Opener(folder_of(settings.path.absolute()), fetch=options.fetch)
    with Exports() as exports, threads(_WORKERS, "render") as pool:
        given = Given(exports, settings.network, is_verbose=options.is_verbose)

        def opened(config: SourceConfig) -> Callable[[], Checkout]:
            return partial(opener.open, config)

        plain = [c for c in settings.sources if not _may_be_chart(c, opened(c))]
        found = {c.name: pool.submit(read, c, opened(c), given) for c in plain}
        done = {name: source.result() for name, source in found.items()}
        charts = [c for c in settings.sources if c.name not in done]
        if charts:
            wanted = (targets or partial(_offline, settings))(_definitions(done.values()))
            later = {c.name: pool.submit(_read_chart, c, opened(c), given, wanted) for c in charts}
            done |= {name: source.result() for name, source in later.items()}
        return tuple(done[config.name] for config in settings.sources)


def _offline(settings: Settings, definitions: list[JsonObject]) -> Mapping[str, Target]:
    return {"": offline_target(settings, definitions)}


def _may_be_chart(config: SourceConfig, opened: Callable[[], Checkout]) -> bool:
    if config.type != "auto":
        return config.type == "helm"
    try:
        with opened() as checkout:
            return detected_type(checkout) == "helm"
    except AuditError:
        return False


def _definitions(sources: Iterable[ReadSource]) -> list[JsonObject]:
    return [m.body for s in sources for m in s.rendered.manifests if is_definition(m.body)]


def _read_chart(
    config: SourceConfig, opened: Callable[[], Checkout], given: Given, targets: Mapping[str, Target]
) -> ReadSource:
    """A chart, rendered once for each Kubernetes that differs."""
    wanted = [name for name in targets if name in config.clusters or not config.clusters] or [""]
    names = [name for name in wanted if name] or [""]
    rendered: dict[Target, ReadSource] = {}
    for name in names:
        target = targets.get(name, targets[""])
        if target not in rendered:
            rendered[target] = replace(read(config, opened, replace(given, target=target)), target=target)
    first, *others = rendered.values()
    for other in others:
        other.close()
    return replace(first, by_cluster={name: rendered[targets.get(name, targets[""])] for name in names})


def read(config: SourceConfig, opened: Callable[[], Checkout], given: Given = ALONE) -> ReadSource:
    """One source, from wherever it is opened."""
    checkout = None
    try:
        checkout = opened()
        rendered = render(config, checkout, given)
    except GitFailedError as error:
        message = f"the repository of source {config.name} cannot be read: {error.reason}"
        return ReadSource(config, checkout, error=SourceError(message, code=NOT_A_REPOSITORY, where=config.where))
    except Exception as error:  # a bug or a lack of anything is of this source alone
        return ReadSource(config, checkout, error=as_error(error))
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
    return [s.on(cluster) for s in sources if not s.config.clusters or cluster in s.config.clusters]
