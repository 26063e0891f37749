"""The causes of one cluster's drift, by all evidence there is: an engine's or Helm's record, else Git's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_audit.drift import Comparer
from gitops_audit.engine.case import Case, merged
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.engine.evidence.helm_cause import HelmCauses
from gitops_audit.engine.evidence.history_cause import HistoryCauses
from gitops_audit.engine.evidence.sync_cause import SyncedCauses
from gitops_audit.live import Cluster


class Causes:
    """Settles causes; asks the cluster and Git only where something drifted."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources, comparer: Comparer) -> None:
        self._synced = SyncedCauses(cluster, earlier, comparer)
        self._helm = HelmCauses(cluster, earlier, comparer)
        self._history = HistoryCauses(cluster, earlier, comparer)

    def settled(self, cases: Sequence[Case]) -> Sequence[Case]:
        """The cases, those with other causes of which there is more evidence than the live object alone."""
        open_ones = [case for case in cases if _is_open(case)]
        missing = [case for case in cases if case.is_missing]
        recorded = self._synced.settled([*open_ones, *missing])
        recorded = [*recorded, *self._helm.settled(_without([*open_ones, *missing], recorded))]
        return merged(cases, [*recorded, *self._history.settled(_without(open_ones, recorded))])

    def notes(self) -> Iterator[str]:
        yield from self._synced.notes()
        yield from self._helm.notes()
        yield from self._history.notes()


def _without(cases: Sequence[Case], told: Sequence[Case]) -> list[Case]:
    known = {case.subject.id for case in told}
    return [case for case in cases if case.subject.id not in known]


def _is_open(case: Case) -> bool:
    """Whether a counting change leaves room for a question: what a person added is the cluster's in any case."""
    changes = case.found.changes if case.is_modified and case.live is not None else ()
    return any(c.ignored is None and c.type not in ("added", "dropped") for c in changes)
