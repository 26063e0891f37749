"""The cause of drift by the record of the engine that deploys: what was declared at the commit it applied last.

Only drift asks: where nothing differs, or no engine is installed, no request is sent and nothing is rendered again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops_audit.drift import Comparer
from gitops_audit.drift.confirm import is_suspect
from gitops_audit.drift.synced import chosen, engine_marks
from gitops_audit.engine.confirm import Suspect
from gitops_audit.engine.earlier import EarlierSources
from gitops_audit.engine.sync_records import SyncRecords, read_records
from gitops_audit.errors import AuditError
from gitops_audit.live import Cluster
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey


class _Applied(NamedTuple):
    """What was applied last, of what, by whom."""

    source: str
    commit: str
    record: str

    def __str__(self) -> str:
        return f"applied last from commit {self.commit[:10]} by {self.record}"


class SyncedCauses:
    """Settles the causes of one cluster's drift, as far as it holds records that belong to the sources of the run."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources) -> None:
        self._cluster = cluster
        self._earlier = earlier
        self._notes: dict[str, None] = {}

    def settled(self, comparer: Comparer, suspects: Sequence[Suspect], drifts: Mapping[str, Drift]) -> dict[str, Drift]:
        """By resource id, the drifts of which a record tells the causes; the others stay as they are."""
        asked = [s for s in suspects if drifts[s[0].id].status == "modified" and is_suspect(drifts[s[0].id])]
        settled: dict[str, Drift] = {}
        for applied, found in self._applied(asked, drifts).items() if asked else ():
            bodies = self._bodies(applied, [resource for resource, _, _ in found])
            for suspect in found:
                resource = suspect[0]
                if deployed := bodies.get(resource.key):
                    drift = _recaused(comparer, suspect, drifts[resource.id], deployed)
                    reason = "; ".join(filter(None, (drift.reason, str(applied))))
                    settled[resource.id] = replace(drift, reason=reason)
        return settled

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _applied(self, asked: Sequence[Suspect], drifts: Mapping[str, Drift]) -> dict[_Applied, list[Suspect]]:
        """The suspects by what was applied last; those that belong to no record are left out."""
        marks = [_marks(suspect) for suspect in asked]
        records = read_records(self._cluster, frozenset().union(*marks) if all(marks) else None)
        self._note_lost(records, asked, drifts)
        grouped: dict[_Applied, list[Suspect]] = {}
        for suspect in asked:
            resource, live, _ = suspect
            name = resource.source
            parts = {r: p for r in records.found for p in r.parts(resource.key) if self._earlier.is_of(name, p)}
            if record := chosen(parts, live.get("metadata") or {}):
                applied = _Applied(name, parts[record].commit, record.name)
                grouped.setdefault(applied, []).append(suspect)
            elif len(parts) > 1 and not _marks(suspect) and _is_unsettled(drifts[resource.id]):
                names = ", ".join(sorted(r.name for r in parts))
                self._note(f"a record for source {name}: its objects carry no mark of one of {names}")
        return grouped

    def _bodies(self, applied: _Applied, resources: Sequence[Declared]) -> dict[ResourceKey, JsonObject]:
        try:
            return self._earlier.bodies(applied.source, applied.commit, resources, self._cluster)
        except AuditError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._note(f"source {applied.source}, {applied}: {error.message}{hint}")
            return {}

    def _note_lost(self, records: SyncRecords, asked: Sequence[Suspect], drifts: Mapping[str, Drift]) -> None:
        """Only where it matters: an object is of that engine, or a cause has no other evidence."""
        for engine, reason in records.lost.items():
            if any(_would_profit(engine, _marks(suspect), drifts[suspect[0].id]) for suspect in asked):
                self._note(f"the records of {engine}: {reason}")

    def _note(self, what: str) -> None:
        self._notes[f"cluster {self._cluster.name}: causes are told without {what}"] = None


def _marks(suspect: Suspect) -> frozenset[str]:
    return engine_marks(suspect[1].get("metadata") or {})


def _would_profit(engine: str, marks: frozenset[str], drift: Drift) -> bool:
    return any(mark.startswith(engine) for mark in marks) if marks else _is_unsettled(drift)


def _is_unsettled(drift: Drift) -> bool:
    return any(change.cause == "unknown" for change in drift.changes)


def _recaused(comparer: Comparer, suspect: Suspect, drift: Drift, deployed: JsonObject) -> Drift:
    """The same drift, as the server confirmed it; only who moved is told anew."""
    resource, live, schema = suspect
    again = comparer.compare(resource, live, schema, deployed=deployed)
    causes = {(change.type, change.pointer): change.cause for change in again.changes}
    changes = tuple(replace(c, cause=causes.get((c.type, c.pointer), c.cause)) for c in drift.changes)
    return replace(drift, changes=changes)
