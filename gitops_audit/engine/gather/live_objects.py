"""All objects of a kind in one cluster, for an audit that follows what an engine has there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gitops_audit.config.settings import Settings
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.errors import ClusterError
from gitops_audit.live import Cluster, connect
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, mapping


@dataclass(slots=True)
class LiveObjects:
    """Asks once for each kind. The cluster is one of the run, or one that this run only asks for its engine."""

    name: str
    settings: Settings
    reached: Callable[[], Sequence[ReachedCluster]]
    _listed: dict[tuple[str, str], list[JsonObject]] = field(default_factory=dict)
    _opened: list[Cluster] = field(default_factory=list)

    def __call__(self, kind: tuple[str, str]) -> Sequence[JsonObject] | None:
        """None where there is no such cluster to ask. Raises ClusterError."""
        cluster = self._cluster()
        if cluster is None:
            return None
        if kind not in self._listed:
            self._listed[kind] = list_kind(cluster, kind)
        return self._listed[kind]

    def close(self) -> None:
        for cluster in self._opened:
            cluster.close()
        self._opened.clear()

    def _cluster(self) -> Cluster | None:
        for one in (c for c in self.reached() if c.name == self.name):
            if isinstance(one.error, ClusterError):
                raise one.error
            return one.live
        for config in (c for c in self.settings.elsewhere if c.name == self.name):
            if not self._opened:
                self._opened.append(connect(config, redactor=Redactor(rules=self.settings.redact)))
            return self._opened[0]
        return None


def list_kind(cluster: Cluster, kind: tuple[str, str], ending: str = "") -> list[JsonObject]:
    """All objects of a kind whose names end so, in all namespaces; none where the cluster does not serve it. Raises
    ClusterError.
    """
    served = cluster.discovery.versions(*kind)
    if not served:
        return []
    version = served[0].version
    listed = cluster.list_metadata(kind[0], version, served[0].plural)
    objects = (_object(cluster.name, kind, version, mapping(body.get("metadata"))) for body in listed)
    wanted = [one for one in objects if one.key.name.endswith(ending)]
    live = cluster.read(wanted)
    for resource in wanted:
        if problem := live.problem(resource):
            raise ClusterError(problem.message, code=problem.code)
    return [body for resource in wanted if (body := live.get(resource)) is not None]


def _object(cluster: str, kind: tuple[str, str], version: str, metadata: JsonObject) -> Declared:
    names = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    return Declared(ResourceKey(cluster, *kind, *names), "", version, {}, Origin("", 0))
