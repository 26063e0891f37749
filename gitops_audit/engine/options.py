"""What one run narrows or overrides of its configuration; the command line of pytest and of the CLI, as data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from gitops_audit.config.settings import ClusterConfig, DriftMode, Settings, SourceConfig
from gitops_audit.errors import ConfigError
from gitops_audit.model.finding import Severity
from gitops_audit.model.resource import Declared

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

    def holds(self, resource: Declared) -> bool:
        digest = hashlib.blake2b(resource.id.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.index - 1


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Empty and None mean: as the configuration says."""

    clusters: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    revision: str | None = None
    snapshot: Path | None = None
    offline: bool = False
    fetch: bool = True
    mode: DriftMode | None = None
    fail_on: Severity | None = None
    shard: Shard | None = None
    audit_logs: tuple[Path, ...] = ()
    allow_unsupported: bool = False
    on_progress: Callable[[str], None] | None = None


def narrowed(settings: Settings, options: RunOptions) -> Settings:
    """The settings this run uses. Raises ConfigError for a cluster or source that is not configured."""
    clusters = _chosen("cluster", settings.clusters, options.clusters)
    if options.snapshot is not None:
        clusters = _recorded(clusters, options.snapshot)
    sources = _chosen("source", settings.sources, options.sources)
    if options.revision is not None:
        sources = tuple(replace(s, revision=options.revision) for s in sources)
    return replace(
        settings,
        clusters=() if options.offline else clusters,
        sources=sources,
        drift=replace(settings.drift, mode=options.mode or settings.drift.mode),
        fail_on=settings.fail_on if options.fail_on is None else options.fail_on,
    )


def _chosen(what: str, configured: tuple[_Named, ...], names: tuple[str, ...]) -> tuple[_Named, ...]:
    known = {c.name: c for c in configured}
    for name in names:
        if name not in known:
            raise ConfigError(
                f"no {what} {name!r} is configured", code="GA127", hint=f"configured: {', '.join(known) or 'none'}"
            )
    return tuple(known[name] for name in dict.fromkeys(names)) if names else configured


def _recorded(clusters: tuple[ClusterConfig, ...], snapshot: Path) -> tuple[ClusterConfig, ...]:
    if len(clusters) > 1:
        raise ConfigError(
            "a snapshot holds one cluster, the configuration has several",
            code="GA122",
            hint="say which one it is with --gitops-cluster (CLI: --cluster)",
        )
    name = clusters[0].name if clusters else "recorded"
    return (ClusterConfig(name=name, snapshot=snapshot),)
