"""The Namespaces of a cluster, for policies that ask for their labels: read together, when the first one asks.

Most Namespaces are declared by no source (a platform team or the deployer makes them), and admission sees those that
the cluster has. One that is not there yet is as it is declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.live import LiveSet
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from gitops_audit.policy.contract import UnknownNamespace

_DECLARE = "declare the Namespace in a source"
_NO_CLUSTER = f"no source declares it, and there is no cluster to ask; {_DECLARE}, or audit with its cluster"


class Namespaces:
    """Those that the resources of one cluster are in."""

    def __init__(self, cluster: ReachedCluster, inventory: Sequence[Declared]) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._asked: Mapping[str, Declared] = {}
        self._read: LiveSet | None = None

    def live(self, name: str) -> JsonObject:
        """The Namespace that the cluster has. Raises UnknownNamespace with the reason where there is none to see."""
        if self._cluster.live is None:
            raise UnknownNamespace(name, self._unreached())
        if self._read is None:
            self._asked = {n: self._asked_for(n) for n in self._names()}
            self._read = self._cluster.live.read(self._asked.values())
        asked = self._asked.get(name)
        body = self._read.get(asked) if asked else None
        if asked is None or body is None:
            problem = self._read.problem(asked) if asked else None
            raise UnknownNamespace(name, self._why(problem.message if problem else ""))
        return body

    def _names(self) -> Sequence[str]:
        return tuple(dict.fromkeys(r.key.namespace for r in self._inventory if r.key.namespace))

    def _asked_for(self, name: str) -> Declared:
        key = ResourceKey(self._cluster.name, "", "Namespace", "", name)
        return Declared(key, "", "v1", {}, Origin("", 0))

    def _unreached(self) -> str:
        error = self._cluster.error
        return _NO_CLUSTER if error is None else f"cluster {self._cluster.name} could not be read: {error.message}"

    def _why(self, problem: str) -> str:
        if not problem:
            return f"no source declares it, and cluster {self._cluster.name} has none of that name; {_DECLARE}"
        return f"it could not be read from cluster {self._cluster.name}: {problem}"
