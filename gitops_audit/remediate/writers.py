"""The clusters of a remediation, each connected when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ClusterError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import ResourceKey


class Writers:
    """Raises ClusterError for a cluster that cannot be reached."""

    def __init__(self, configs: Sequence[ClusterConfig]) -> None:
        self._configs = {config.name: config for config in configs}
        self._writers: dict[str, Writer] = {}
        self._identities: dict[str, str] = {}

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, *exc: object) -> None:
        for writer in self._writers.values():
            writer.close()

    def __iter__(self) -> Iterator[Writer]:
        """Those that were needed."""
        return iter(list(self._writers.values()))

    def of(self, cluster: str) -> Writer:
        if cluster not in self._configs:
            raise ClusterError(f"no cluster {cluster!r} is configured any more")
        if cluster not in self._writers:
            self._writers[cluster] = Writer(self._configs[cluster])
        return self._writers[cluster]

    def identity(self, cluster: str) -> str:
        """What tells one cluster from another: the UID of kube-system, where the credentials may read it; else its
        address."""
        if cluster not in self._identities:
            writer = self.of(cluster)
            target = Target(ResourceKey(cluster, "", "Namespace", "", "kube-system"), "v1")
            try:
                found = writer.get(target)
            except ClusterError:
                found = None
            uid = ((found or {}).get("metadata") or {}).get("uid")
            self._identities[cluster] = str(uid or writer.cluster.server)
        return self._identities[cluster]
