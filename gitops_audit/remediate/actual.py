"""What Git declares with its real values, for what is written and for nothing else.

The audit redacts Secrets when it loads them. So a remediation renders its sources once more, without redaction; these
objects go into requests, and never into a plan, a journal, a report or a message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.gather.sources import ReadSource, for_cluster
from gitops_audit.engine.options import RunOptions, narrowed
from gitops_audit.inventory import build
from gitops_audit.live.writer import Plain
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.document import Action
from gitops_audit.remediate.writers import Writers


class Actual:
    """The declared objects of some actions, by the id of the action. Shows none of them."""

    def __init__(self, bodies: Mapping[str, JsonObject], commits: Mapping[str, str]) -> None:
        self._bodies = bodies
        self.commits = commits

    def __repr__(self) -> str:
        return f"Actual({len(self._bodies)} objects)"

    def of(self, action: Action) -> JsonObject | None:
        return self._bodies.get(action.id)


def actual(settings: Settings, options: RunOptions, actions: Collection[Action], writers: Writers) -> Actual:
    """Renders the sources of these actions. A source that cannot be read leaves its objects out. Raises AuditError."""
    settings = narrowed(settings, options)
    names = {a.source for a in actions}
    settings = replace(settings, sources=tuple(s for s in settings.sources if _gives_one_of(s, names)))
    clusters = [ReachedCluster(w.name, Plain(), w.cluster) for w in writers]
    wanted = {a.id for a in actions}
    bodies: dict[str, JsonObject] = {}
    with _rendered(settings, options, clusters) as sources:
        for cluster in clusters:
            readable = [(s.config, s.rendered) for s in for_cluster(sources, cluster.name) if s.error is None]
            if cluster.live is not None:
                found = build(cluster.name, readable, cluster.live.discovery.scope, Plain()).resources
                bodies |= {r.id: r.body for r in found if r.id in wanted}
        return Actual(bodies, {s.config.name: s.info.commit for s in sources})


def _gives_one_of(source: SourceConfig, names: Collection[str]) -> bool:
    return source.name in names or (source.follow is not None and any(n.startswith(f"{source.name}.") for n in names))


@contextmanager
def _rendered(
    settings: Settings, options: RunOptions, clusters: Collection[ReachedCluster]
) -> Iterator[tuple[ReadSource, ...]]:
    reached = list(clusters)
    sources = read_all(settings, options, lambda: reached)
    try:
        yield sources
    finally:
        for source in sources:
            source.close()
