"""The causes of one cluster's drift, by all evidence there is: the record of an engine, else the history of Git."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gitops_audit.drift import Comparer
from gitops_audit.engine.confirm import Suspect
from gitops_audit.engine.earlier import EarlierSources
from gitops_audit.engine.history import HistoryCauses
from gitops_audit.engine.synced import SyncedCauses
from gitops_audit.live import Cluster
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import Declared


class Causes:
    """Settles causes; asks the cluster and Git only where something drifted."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources) -> None:
        self._synced = SyncedCauses(cluster, earlier)
        self._history = HistoryCauses(cluster, earlier)

    def settled(
        self, comparer: Comparer, suspects: Sequence[Suspect], missing: Sequence[Declared], drifts: Mapping[str, Drift]
    ) -> dict[str, Drift]:
        """By resource id, the drifts of which there is more evidence than the live object alone."""
        open_ones = [s for s in suspects if _is_open(drifts[s[0].id])]
        recorded = self._synced.settled(comparer, open_ones, missing, drifts)
        rest = [s for s in open_ones if s[0].id not in recorded]
        return recorded | self._history.settled(comparer, rest, drifts)

    def notes(self) -> Iterator[str]:
        yield from self._synced.notes()
        yield from self._history.notes()


def _is_open(drift: Drift) -> bool:
    """Whether a counting change leaves room for a question: what a person added is the cluster's in any case."""
    return any(c.ignored is None and c.type not in ("added", "dropped") for c in drift.changes)
