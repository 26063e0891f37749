"""What Git declares with its real values, for what is written and for nothing else.

The audit redacts Secrets when it binds manifests to clusters. So a remediation binds them once more, without redaction;
these objects go into requests, and never into a plan, a journal, a report or a message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from gitops_audit.config.settings import SourceConfig
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.gather.sources import ReadSource, for_cluster
from gitops_audit.engine.options import narrowed
from gitops_audit.inventory import build
from gitops_audit.live.writer import Plain
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.document import Action, Scope
from gitops_audit.remediate.survey import Survey, run_options
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


def actual(survey: Survey, scope: Scope, actions: Collection[Action], writers: Writers) -> Actual:
    """The declared objects of these actions. A source that cannot be read leaves its objects out. Raises AuditError."""
    names, wanted = {a.source for a in actions}, {a.id for a in actions}
    clusters = [ReachedCluster(w.name, Plain(), w.cluster) for w in writers]
    bodies: dict[str, JsonObject] = {}
    with _rendered(survey, scope, names, clusters) as sources:
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
    survey: Survey, scope: Scope, names: Collection[str], clusters: Collection[ReachedCluster]
) -> Iterator[Sequence[ReadSource]]:
    """The sources of these names. Manifests are plain until they are bound to a cluster, so those of the survey serve;
    but what an engine deploys may be rendered with live values, which were redacted there: it is read once more."""
    read = [source for source in survey.audit.sources if source.config.name in names]
    if not any(source.config.followed_from for source in read):
        yield read
        return
    reached, options = list(clusters), run_options(scope)
    settings = narrowed(survey.settings, options)
    settings = replace(settings, sources=tuple(s for s in settings.sources if _gives_one_of(s, names)))
    sources = read_all(settings, options, lambda: reached)
    try:
        yield sources
    finally:
        for source in sources:
            source.close()
