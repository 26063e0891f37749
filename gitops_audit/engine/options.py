"""What one run narrows or overrides of its configuration; the command line of pytest and of the CLI, as data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from gitops_audit.config.settings import ClusterConfig, DriftMode, Settings, SourceConfig
from gitops_audit.config.suggest import did_you_mean, listed
from gitops_audit.engine.events import OnProgress
from gitops_audit.errors import ConfigError
from gitops_audit.model.finding import Severity
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.subject import OFFLINE_CLUSTER, Subject

IN_CLUSTER = ("https://kubernetes.default.svc", "in-cluster")
"""How Argo CD calls the cluster that it runs in, by its server and by its name."""

_Named = TypeVar("_Named", ClusterConfig, SourceConfig)


@dataclass(frozen=True, slots=True)
class Shard:
    """The I-th of N disjoint parts of a run (I counts from 1), by a hash that is stable between runs and machines."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From `I/N`. Raises ConfigError."""
        index, _, count = text.partition("/")
        if index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count):
            return cls(int(index), int(count))
        raise ConfigError(f"{text!r} is no shard", code="GA126", hint="write I/N with 1 <= I <= N, for example 2/8")

    def holds(self, resource: Subject) -> bool:
        digest = hashlib.blake2b(resource.id.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.index - 1


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Empty and None mean: as the configuration says.

    `is_confirmed` says of a declared and a live object whether the server was asked about just these two before.
    `is_located`: findings know their lines and commits.
    """

    clusters: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    revision: str | None = None
    snapshot: Path | None = None
    offline: bool = False
    fetch: bool = True
    mode: DriftMode | None = None
    fail_on: Severity | None = None
    baseline: Path | None = None
    only_new: bool = False
    shard: Shard | None = None
    audit_logs: tuple[Path, ...] = ()
    allow_unsupported: bool = False
    on_progress: OnProgress | None = None
    is_verbose: bool = False
    is_confirmed: Callable[[Declared, JsonObject], bool] | None = None
    is_located: bool = True
    cache: bool = True

    @classmethod
    def of(
        cls,
        values: Mapping[str, Any],
        path: Callable[[str], Path] = Path,
        on_progress: OnProgress | None = None,
        *,
        is_verbose: bool = False,
    ) -> RunOptions:
        """From the values of `option.OPTIONS` by their keys; `path` makes a path of a text. Raises ConfigError."""
        return cls(
            clusters=tuple(values["cluster"] or ()),
            sources=tuple(values["source"] or ()),
            revision=values["revision"],
            snapshot=path(values["snapshot"]) if values["snapshot"] else None,
            offline=values["offline"],
            fetch=not values["offline"],
            mode=values["mode"],
            fail_on=Severity[values["fail_on"]] if values["fail_on"] else None,
            baseline=path(values["baseline"]) if values["baseline"] else None,
            only_new=values["only_new"],
            shard=Shard.parse(values["shard"]) if values["shard"] else None,
            audit_logs=tuple(path(text) for text in values["audit_log"] or ()),
            allow_unsupported=values["allow_unsupported"],
            on_progress=on_progress,
            is_verbose=is_verbose,
            cache=not values["no_cache"],
        )


def narrowed(settings: Settings, options: RunOptions) -> Settings:
    """The settings this run uses. Raises ConfigError for a cluster or source that is not configured.

    Without clusters to ask, each source is for the clusters it names, or for `git`.
    """
    clusters = _chosen("cluster", settings.clusters, options.clusters)
    if options.snapshot is not None:
        clusters = _recorded(clusters, options)
    placed = tuple(_placed(s, settings.clusters or clusters) for s in settings.sources)
    sources = _chosen("source", placed, tuple(_configured(name, placed) for name in options.sources))
    elsewhere = tuple(c for c in settings.clusters if c not in clusters and not options.offline)
    if options.clusters:
        sources = _for_clusters(sources, options)
    if options.offline or not clusters:
        clusters = ()
        sources = tuple(replace(s, clusters=s.clusters or (OFFLINE_CLUSTER,)) for s in sources)
    if options.revision is not None:
        sources = tuple(replace(s, revision=options.revision) for s in sources)
    return replace(
        settings,
        clusters=clusters,
        elsewhere=elsewhere,
        sources=sources,
        drift=replace(settings.drift, mode=options.mode or settings.drift.mode),
        fail_on=settings.fail_on if options.fail_on is None else options.fail_on,
    )


def _placed(source: SourceConfig, clusters: tuple[ClusterConfig, ...]) -> SourceConfig:
    """One that follows an engine is for the cluster that the engine runs in; for none where nobody says which it is."""
    if source.follow is None:
        return source
    destinations = dict(source.destinations)
    names = source.clusters or tuple(c.name for c in clusters) or (OFFLINE_CLUSTER,)
    here = source.follow.cluster or next((destinations[d] for d in IN_CLUSTER if d in destinations), "")
    return replace(source, clusters=(here,) if here else names[:1] if len(names) == 1 else ())


def _configured(name: str, sources: tuple[SourceConfig, ...]) -> str:
    """The configured source that a name means: its own, or the one that it follows from (`fleet` of `fleet.shop`)."""
    engines = (s.name for s in sources if s.follow and name.startswith(f"{s.name}."))
    return name if any(s.name == name for s in sources) else next(engines, name)


def is_chosen(name: str, names: Collection[str]) -> bool:
    """Whether a source is one of those that are asked for; all that follow from one go with it."""
    return any(name == chosen or name.startswith(f"{chosen}.") for chosen in names)


def unknown_source(name: str, known: Collection[str]) -> ConfigError:
    return _unknown("source", name, known)


def _unknown(what: str, name: str, known: Collection[str]) -> ConfigError:
    hint = " ".join(filter(None, (did_you_mean(name, known), f"configured: {listed(known)}")))
    return ConfigError(f"no {what} {name!r} is configured", code="GA127", hint=hint)


def _chosen(what: str, configured: tuple[_Named, ...], names: tuple[str, ...]) -> tuple[_Named, ...]:
    known = {c.name: c for c in configured}
    for name in names:
        if name not in known:
            raise _unknown(what, name, known)
    return tuple(known[name] for name in dict.fromkeys(names)) if names else configured


def _for_clusters(sources: tuple[SourceConfig, ...], options: RunOptions) -> tuple[SourceConfig, ...]:
    """The sources that are for a chosen cluster. One that was chosen as well must be: nothing drops out unseen."""
    kept = []
    for source in sources:
        clusters = tuple(name for name in source.clusters if name in options.clusters)
        if source.follow is not None:
            kept.append(source)
        elif clusters or not source.clusters:
            kept.append(replace(source, clusters=clusters))
        elif source.name in options.sources:
            raise _not_for(f"the source {source.name!r} is for {listed(source.clusters)}", options)
    if not kept:
        raise _not_for("every source names other clusters", options)
    return tuple(kept)


def _not_for(reason: str, options: RunOptions) -> ConfigError:
    chosen = listed(options.clusters)
    hint = "choose a cluster that the source names, or add the cluster to the source's `clusters`"
    return ConfigError(f"nothing is declared for {chosen}: {reason}", code="GA128", hint=hint)


def _recorded(clusters: tuple[ClusterConfig, ...], options: RunOptions) -> tuple[ClusterConfig, ...]:
    if options.offline:
        raise ConfigError(
            "an offline run asks no cluster, so it would not read the snapshot",
            code="GA129",
            hint="leave out one of --gitops-offline and --gitops-snapshot (CLI: --offline and --snapshot)",
        )
    if len(clusters) > 1:
        raise ConfigError(
            "a snapshot holds one cluster, the configuration has several",
            code="GA122",
            hint="say which one it is with --gitops-cluster (CLI: --cluster)",
        )
    name = clusters[0].name if clusters else "recorded"
    return (ClusterConfig(name=name, snapshot=options.snapshot),)
