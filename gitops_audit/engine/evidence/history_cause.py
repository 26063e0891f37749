"""The cause of drift by what Git declared when an object was deployed last, where no engine keeps a record of it.

The time of the deployment is that of the deployer's last write; what Git declared then is rendered again, along the
first parents of the audited commit. Only drift asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from gitops_audit.drift import Comparer
from gitops_audit.drift.comparer import Pair
from gitops_audit.engine.case import Case
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.engine.gather.sources import NOTHING_DECLARED
from gitops_audit.errors import AuditError
from gitops_audit.live import Cluster
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.source.unread import NO_PATH

# A pipeline deploys some time after the commit: whatever came within an hour before may have been deployed or not.
_ON_ITS_WAY_S = 3600
# Each is rendered again: more of them cost more than they tell.
_MOST_VERSIONS = 12

# The commit is older than the source: it has no such path, or nothing in it.
_NOT_THERE_YET = frozenset({NO_PATH, NOTHING_DECLARED})

_Versions = tuple[str, ...] | None


class HistoryCauses:
    """Settles the causes of one cluster's drift by the history of its sources."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources, comparer: Comparer) -> None:
        self._cluster = cluster
        self._comparer = comparer
        self._earlier = earlier
        self._notes: dict[str, None] = {}

    def settled(self, cases: Sequence[Case]) -> Iterator[Case]:
        """The cases with the causes that Git's history confirms, tells or contradicts."""
        for (source, versions), found in self._by_versions(cases).items():
            then = self._bodies(source, versions, found)
            has_own_values = self._earlier.kind(source) == "helm"
            for case in found:
                bodies = [body for at in then if (body := at.get(case.subject.key)) is not None]
                drift = self._comparer.with_history(case.found, _pair(case), bodies, has_own_values=has_own_values)
                yield replace(case, drift=drift)

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _by_versions(self, cases: Sequence[Case]) -> dict[tuple[str, _Versions], list[Case]]:
        grouped: dict[tuple[str, _Versions], list[Case]] = {}
        for case in cases:
            source = case.subject.source
            at = _seconds(self._comparer.deployed_at(_pair(case)))
            versions = self._earlier.versions(source, at - _ON_ITS_WAY_S, at) if at else None
            grouped.setdefault((source, versions), []).append(case)
        return grouped

    def _bodies(self, source: str, versions: _Versions, found: Sequence[Case]) -> list[dict[ResourceKey, JsonObject]]:
        """What each version declared of these objects; nothing where one of them cannot be told."""
        if versions is None:
            return []
        if len(versions) > _MOST_VERSIONS:
            self._note(f"the history of source {source}: {how_many(len(versions), 'commit')} came within an hour")
            return []
        resources = [case.declared for case in found]
        try:
            return [self._declared(source, commit, resources) for commit in versions]
        except AuditError as error:
            self._note(f"the history of source {source}: {error.message}")
            return []

    def _declared(self, source: str, commit: str, resources: Sequence[Declared]) -> dict[ResourceKey, JsonObject]:
        try:
            return self._earlier.bodies(source, commit, resources, self._cluster)
        except AuditError as error:
            if error.code in _NOT_THERE_YET:
                return {}
            raise

    def _note(self, what: str) -> None:
        self._notes[f"cluster {self._cluster.name}: causes are told without {what}"] = None


def _pair(case: Case) -> Pair:
    return Pair(case.declared, case.live or {}, case.schema)


def _seconds(time: str) -> int:
    """RFC 3339 as seconds since 1970, 0 where it is none."""
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except ValueError:
        return 0
