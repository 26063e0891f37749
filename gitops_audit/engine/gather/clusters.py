"""Reaching the clusters of a run, side by side; one that is down does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gitops_audit.config.settings import ClusterConfig, Settings
from gitops_audit.engine.events import OnProgress, Stage
from gitops_audit.engine.pace import Pace
from gitops_audit.engine.shield import as_error
from gitops_audit.errors import AuditError
from gitops_audit.live import Cluster, connect
from gitops_audit.live.workers import threads
from gitops_audit.model.redact import Redactor
from gitops_audit.model.result import ClusterInfo


@dataclass(frozen=True, slots=True)
class ReachedCluster:
    """A cluster as far as it could be reached; both None: there is none, only the declared state is audited."""

    name: str
    redactor: Redactor
    live: Cluster | None = None
    error: AuditError | None = None

    @property
    def info(self) -> ClusterInfo:
        version = self.live.version if self.live else ""
        return ClusterInfo(self.name, version, is_asked=bool(self.live or self.error), is_read=self.live is not None)

    def close(self) -> None:
        if self.live is not None:
            self.live.close()


def reach_all(
    settings: Settings, redactor: Redactor, on_progress: OnProgress | None = None
) -> Sequence[ReachedCluster]:
    """Every cluster of a run; without any, the names that its sources are for, with nothing to ask."""
    if not settings.clusters:
        names = dict.fromkeys(name for source in settings.sources for name in source.clusters)
        return [ReachedCluster(name, redactor) for name in names]
    pace = Pace(Stage("reached", "cluster"), on_progress)
    pace.expect(len(settings.clusters))
    with threads(len(settings.clusters), "connect") as pool:
        return list(pool.map(lambda config: _reach_one(config, redactor, pace), settings.clusters))


@contextmanager
def reached_for_engines(settings: Settings) -> Iterator[Callable[[], Sequence[ReachedCluster]]]:
    """The clusters of a configuration in which a source follows what one of them has; none of any other."""
    is_asked = any(source.is_from_cluster for source in settings.sources)
    reached = reach_all(settings, Redactor(rules=settings.redact)) if is_asked else ()
    try:
        yield lambda: reached
    finally:
        for cluster in reached:
            cluster.close()


def _reach_one(config: ClusterConfig, redactor: Redactor, pace: Pace) -> ReachedCluster:
    try:
        return reach(config, redactor)
    finally:
        pace.step()


def reach(config: ClusterConfig, redactor: Redactor) -> ReachedCluster:
    """One cluster; with its error where it cannot be reached."""
    try:
        live = connect(config, redactor=redactor)
    except Exception as error:
        return ReachedCluster(config.name, redactor, error=as_error(error))
    return ReachedCluster(config.name, live.redactor, live)
