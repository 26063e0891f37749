"""The cause of drift by what Git declared when an object was deployed last, where no engine keeps a record of it.

The time of the deployment is that of the deployer's last write; what Git declared then is rendered again, along the
first parents of the audited commit. Only drift asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from gitops_audit.drift import Comparer
from gitops_audit.drift.comparer import Pair
from gitops_audit.engine.confirm import Suspect
from gitops_audit.engine.earlier import EarlierSources
from gitops_audit.engine.sources import NOTHING_DECLARED
from gitops_audit.errors import AuditError
from gitops_audit.live import Cluster
from gitops_audit.model.finding import Drift
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

    def __init__(self, cluster: Cluster, earlier: EarlierSources) -> None:
        self._cluster = cluster
        self._earlier = earlier
        self._notes: dict[str, None] = {}

    def settled(self, comparer: Comparer, suspects: Sequence[Suspect], drifts: Mapping[str, Drift]) -> dict[str, Drift]:
        """By resource id, the drifts whose causes Git's history confirms, tells or contradicts."""
        settled: dict[str, Drift] = {}
        for (source, versions), found in self._by_versions(comparer, suspects).items():
            then = self._bodies(source, versions, found)
            has_own_values = self._earlier.kind(source) == "helm"
            for suspect in found:
                key, name = suspect[0].key, suspect[0].id
                bodies = [body for at in then if (body := at.get(key)) is not None]
                pair = Pair(*suspect)
                settled[name] = comparer.with_history(drifts[name], pair, bodies, has_own_values=has_own_values)
        return settled

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _by_versions(
        self, comparer: Comparer, suspects: Sequence[Suspect]
    ) -> dict[tuple[str, _Versions], list[Suspect]]:
        grouped: dict[tuple[str, _Versions], list[Suspect]] = {}
        for suspect in suspects:
            resource = suspect[0]
            at = _seconds(comparer.deployed_at(Pair(*suspect)))
            versions = self._earlier.versions(resource.source, at - _ON_ITS_WAY_S, at) if at else None
            grouped.setdefault((resource.source, versions), []).append(suspect)
        return grouped

    def _bodies(
        self, source: str, versions: _Versions, found: Sequence[Suspect]
    ) -> list[dict[ResourceKey, JsonObject]]:
        """What each version declared of these objects; nothing where one of them cannot be told."""
        if versions is None:
            return []
        if len(versions) > _MOST_VERSIONS:
            self._note(f"the history of source {source}: {len(versions)} commits came within an hour")
            return []
        resources = [resource for resource, _, _ in found]
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


def _seconds(time: str) -> int:
    """RFC 3339 as seconds since 1970, 0 where it is none."""
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except ValueError:
        return 0
