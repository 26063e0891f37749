"""The ScaledObjects of KEDA that no source declares, asked for only where a workload has zero replicas unexplained.

Scaling to zero leaves no owner on record, so a person's zero and KEDA's look the same; that KEDA says its ScaledObject
is not active is the evidence that it was KEDA's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitops_audit.drift import Comparer, Scalers
from gitops_audit.drift.scalers import is_at_rest, is_unexplained_zero
from gitops_audit.engine.case import Case, merged
from gitops_audit.errors import ClusterError
from gitops_audit.live import Cluster
from gitops_audit.live.listing import name_of
from gitops_audit.model.resource import NOWHERE, Declared, JsonObject, ResourceKey

_GROUP, _KIND = "keda.sh", "ScaledObject"


class LiveScalers:
    """Those of one cluster, read once for each namespace."""

    def __init__(self, cluster: Cluster, comparer: Comparer) -> None:
        self._cluster = cluster
        self._comparer = comparer
        self._read: dict[str, Scalers] = {}
        self._notes: dict[str, None] = {}

    def excused(self, cases: Sequence[Case]) -> Sequence[Case]:
        """The cases, those of which a zero turns out to be KEDA's without it."""
        zeros = (case for case in cases if case.is_modified and any(map(is_unexplained_zero, case.found.changes)))
        return merged(cases, map(self._excused, zeros))

    def _excused(self, case: Case) -> Case:
        key = case.subject.key
        return replace(case, drift=self._comparer.excused_by(self._of(key.namespace), case.found, key))

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _of(self, namespace: str) -> Scalers:
        if namespace not in self._read:
            try:
                self._read[namespace] = Scalers.of(self._at_rest(namespace))
            except ClusterError as error:
                self._read[namespace] = Scalers()
                where = f"cluster {self._cluster.name}"
                self._notes[f"{where}: whether KEDA scaled a workload to zero is not known: {error.message}"] = None
        return self._read[namespace]

    def _at_rest(self, namespace: str) -> Sequence[JsonObject]:
        """Raises ClusterError where they cannot be listed."""
        served = self._cluster.discovery.versions(_GROUP, _KIND)
        if not served:
            return ()
        api = served[0]
        listed = self._cluster.list_metadata(_GROUP, api.version, api.plural, namespace)
        keys = [ResourceKey(self._cluster.name, _GROUP, _KIND, *name_of(body)) for body in listed]
        wanted = [Declared(key, "", api.version, {}, NOWHERE) for key in keys]
        read = self._cluster.read(wanted)
        found = (read.get(resource) for resource in wanted)
        named = {"apiVersion": api.api_version, "kind": _KIND}
        return [named | body for body in found if body is not None and is_at_rest(body)]
