"""One source as far as it could be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.expansion import Placed, Unfollowed
from gitops_audit.engine.shield import as_error
from gitops_audit.errors import AuditError, SourceError
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import Commit, Manifest, Rendered
from gitops_audit.model.result import SourceInfo
from gitops_audit.render.given import ALONE, Given, Target
from gitops_audit.render.registry import detected_type, render
from gitops_audit.source import Checkout
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.repository import NOT_A_REPOSITORY

NOTHING_DECLARED = "GA230"
# Objects that are in order though they deploy nothing.
_APPLIES_NOTHING = ("Kustomization ", "HelmRelease ")


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source as far as it could be read: `error` where nothing could."""

    config: SourceConfig
    checkout: Checkout | None = None
    rendered: Rendered = Rendered()  # noqa: RUF009 - frozen
    error: AuditError | None = None
    target: Target = Target()  # noqa: RUF009 - frozen
    by_cluster: Mapping[str, ReadSource] = field(default_factory=dict)
    unfollowed: tuple[Unfollowed, ...] = ()
    followed: tuple[Placed, ...] = ()

    def on(self, cluster: str) -> ReadSource:
        """The source as it is for one cluster: a chart may give each something else."""
        found = self.by_cluster.get(cluster, self)
        return replace(self, rendered=found.rendered, error=found.error, target=found.target)

    def changed(self, change: Callable[[Rendered], Rendered]) -> ReadSource:
        """The source with something else rendered, for every cluster."""
        by_cluster = {name: replace(s, rendered=change(s.rendered)) for name, s in self.by_cluster.items()}
        return replace(self, rendered=change(self.rendered), by_cluster=by_cluster)

    @property
    def all_manifests(self) -> Iterator[Manifest]:
        """Of all clusters."""
        return chain(self.rendered.manifests, *(s.rendered.manifests for s in self.by_cluster.values()))

    @property
    def kind(self) -> str:
        """How it is rendered: `directory`, `kustomize` or `helm`; empty where it could not be opened."""
        if self.checkout is None:
            return ""
        return detected_type(self.checkout) if self.config.type == "auto" else self.config.type

    @property
    def info(self) -> SourceInfo:
        opened, config = self.checkout, self.config
        origin = config.followed_from
        if opened is None:
            repo = f"cluster {', '.join(config.clusters)}" if config.is_from_cluster and self.error is None else ""
            return SourceInfo(config.name, repo, config.revision, "", config.path, followed_from=origin)
        found, place = self.rendered, (opened.repo, opened.revision, opened.commit, opened.path)
        return SourceInfo(config.name, *place, found.ignored, found.tools, origin, found.chart)

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
        if config.followed_from.startswith(_APPLIES_NOTHING):
            return ReadSource(config, checkout, _told_empty(config, rendered))
        return ReadSource(config, checkout, rendered, _nothing_declared(config, rendered))
    return ReadSource(config, checkout, rendered)


def read_again(source: ReadSource, checkout: Checkout, given: Given) -> ReadSource:
    """The same source from other files, for the same clusters."""
    wanted = {source.target, *(one.target for one in source.by_cluster.values())}
    found = {
        target: replace(read(source.config, lambda: checkout, replace(given, target=target)), target=target)
        for target in wanted
    }
    by_cluster = {name: found[one.target] for name, one in source.by_cluster.items()}
    return replace(found[source.target], by_cluster=by_cluster)


def _nothing_declared(config: SourceConfig, rendered: Rendered) -> SourceError:
    seen = f"no Kubernetes objects in {how_many(len(rendered.ignored), 'file')}" if rendered.ignored else "no manifests"
    return SourceError(
        f"the source {config.name!r} declares nothing: there are {seen} under {config.path or 'the root'!r}",
        code=NOTHING_DECLARED,
        where=config.where,
        hint="an audit of nothing must not look green: correct `path`, or remove the source",
    )


def _told_empty(config: SourceConfig, rendered: Rendered) -> Rendered:
    """Flux is content with nothing: it removes what was there before, if it prunes."""
    note = f"{config.followed_from} deploys nothing: nothing in {config.path or 'the root'!r} makes an object"
    return replace(rendered, notes=(*rendered.notes, note))


def for_cluster(sources: Iterable[ReadSource], cluster: str) -> list[ReadSource]:
    return [s.on(cluster) for s in sources if not s.config.clusters or cluster in s.config.clusters]
