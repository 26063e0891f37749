"""Reading all sources of a run: each once, however many clusters it is for, and what follows from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from gitops_audit.config.document import folder_of
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.deployer.expansion import FOLLOWED_KINDS, Placed, Unfollowed
from gitops_audit.engine.events import Stage
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.gather.follow import Follower
from gitops_audit.engine.gather.live_objects import LiveObjects
from gitops_audit.engine.gather.repositories import Repositories
from gitops_audit.engine.gather.sources import ReadSource, read
from gitops_audit.engine.gather.targets import targets
from gitops_audit.engine.options import RunOptions, is_chosen, unknown_source
from gitops_audit.engine.pace import Pace
from gitops_audit.errors import AuditError, SourceError
from gitops_audit.kube.definition import is_definition
from gitops_audit.live.workers import threads
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.render.cache import RenderCache
from gitops_audit.render.given import Given, Target
from gitops_audit.render.go_template import Evaluations
from gitops_audit.render.registry import detected_type
from gitops_audit.source import Checkout, Opener
from gitops_audit.source.cache import default_cache_dir
from gitops_audit.source.chart.charts import Charts
from gitops_audit.source.export import Exports

_WORKERS = max(2, os.cpu_count() or 2)
_NOT_FOLLOWED = {"argocd": "no source follows Argo CD (`argocd:`)", "flux": "no source follows Flux (`flux:`)"}


def read_all(
    settings: Settings, options: RunOptions, reached: Callable[[], Sequence[ReachedCluster]] = tuple
) -> tuple[ReadSource, ...]:
    """Every configured source, and those that follow from one. One that cannot be read carries its error; the others
    are read all the same. `reached` gives the clusters, once they answer. Raises ConfigError for a chosen source that
    is not there.

    kustomize and helm run side by side, on one exported tree for each commit.
    """
    opener = Opener(folder_of(settings.path.absolute()), fetch=options.fetch)
    fetched = Charts(settings.network, fetch=options.fetch)
    with Exports() as exports, threads(_WORKERS, "render") as pool, closing(fetched):
        given = Given.of(settings, exports, fetched, opener)
        given = replace(given, is_verbose=options.is_verbose, kept=renderings(settings, options))
        pace = Pace(Stage("rendered", "source"), options.on_progress)
        reader = _Reader(settings, opener, given, pool, reached, pace)
        first = reader.read([c for c in settings.sources if not c.is_from_cluster])
        found: list[ReadSource] = []
        for config in settings.sources:
            start = first.get(config.name) or ReadSource(config)
            found += reader.followed(start, options) if config.follow else [_plain(start)]
        return _chosen(found, settings, options)


def renderings(settings: Settings, options: RunOptions) -> RenderCache | None:
    """Those of earlier runs, where they are wanted and there is a place for them."""
    try:
        return RenderCache(default_cache_dir(), Redactor(rules=settings.redact)) if options.cache else None
    except SourceError:
        return None


def with_followed(settings: Settings, sources: Sequence[ReadSource]) -> Settings:
    """The settings of a run with the sources that it came to, and the ignore rules that these bring."""
    ignore = (*settings.drift.ignore, *(rule for source in sources for rule in source.config.ignore))
    drift = replace(settings.drift, ignore=ignore)
    return replace(settings, sources=tuple(source.config for source in sources), drift=drift)


@dataclass(slots=True)
class _Reader:
    settings: Settings
    opener: Opener
    given: Given
    pool: ThreadPoolExecutor
    reached: Callable[[], Sequence[ReachedCluster]]
    pace: Pace
    definitions: list[JsonObject] = field(default_factory=list)

    def read(self, configs: Sequence[SourceConfig]) -> dict[str, ReadSource]:
        """Many sources. Charts ask for the Kubernetes of each cluster, and for the definitions that are declared, so
        they come last, and once for each that differs."""
        are_charts = self.pool.map(lambda c: _may_be_chart(c, self._opened(c)), configs)
        plain = [c for c, is_chart in zip(configs, are_charts, strict=True) if not is_chart]
        self.pace.expect(len(configs))
        found = {c.name: self._started(read, c, self._opened(c), self.given) for c in plain}
        done = {name: source.result() for name, source in found.items()}
        self.definitions += _definitions(done.values())
        charts = [c for c in configs if c.name not in done]
        if charts:
            wanted = targets(self.reached(), self.settings, self.definitions)
            later = {c.name: self._started(_read_chart, c, self._opened(c), self.given, wanted) for c in charts}
            done |= {name: source.result() for name, source in later.items()}
        return {config.name: done[config.name] for config in configs}

    def followed(self, start: ReadSource, options: RunOptions) -> Sequence[ReadSource]:
        config = start.config
        files = Repositories(self.settings, config, self.opener, options.revision)
        live = LiveObjects(config.clusters[0] if config.clusters else "", self.settings, self.reached)
        with closing(files), closing(live):
            return Follower(self.settings, config, files, live, self.read, Evaluations()).follow(start)

    def _started(self, work: Callable[..., ReadSource], config: SourceConfig, *given: Any) -> Future[ReadSource]:
        return self.pool.submit(self._paced, work, config, *given)

    def _paced(self, work: Callable[..., ReadSource], config: SourceConfig, *given: Any) -> ReadSource:
        with self.pace.of(config.name):
            return work(config, *given)

    def _opened(self, config: SourceConfig) -> Callable[[], Checkout]:
        return partial(self.opener.open, config)


def _chosen(found: Sequence[ReadSource], settings: Settings, options: RunOptions) -> tuple[ReadSource, ...]:
    """The sources that a run asks for, each for the clusters that it asks for."""
    names = {source.config.name for source in found}
    for name in options.sources:
        if name not in names:
            raise unknown_source(name, names)
    asked = {cluster.name for cluster in settings.clusters} or set(options.clusters)
    kept: list[ReadSource] = []
    for source in found:
        config = source.config
        is_elsewhere = config.followed_from and asked and asked.isdisjoint(config.clusters)
        if (options.sources and not is_chosen(config.name, options.sources)) or (is_elsewhere and not source.error):
            source.close()
        else:
            kept.append(source)
    return tuple(kept)


def _plain(source: ReadSource) -> ReadSource:
    """A source that follows nothing: what it declares and only an engine would render is told."""
    placed = [Placed(m.body, source.config, "", m.origin) for m in source.rendered.manifests]
    unfollowed = [
        Unfollowed.of(one, reason)
        for engine, reason in _NOT_FOLLOWED.items()
        for one in placed
        if one.group_kind in FOLLOWED_KINDS[engine]
    ]
    return replace(source, unfollowed=tuple(unfollowed)) if unfollowed else source


def _may_be_chart(config: SourceConfig, opened: Callable[[], Checkout]) -> bool:
    """Whether what a source declares may depend on the cluster: it is a chart, or a kustomization may hold some."""
    if config.kustomize.helm_charts:
        return True
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
