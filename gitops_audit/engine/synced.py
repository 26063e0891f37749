"""The cause of drift by the record of the engine that deploys: what was declared at the commit it applied last.

Only drift asks: where nothing differs, or no engine is installed, no request is sent and nothing is rendered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops_audit.drift import Comparer
from gitops_audit.drift.comparer import Pair
from gitops_audit.drift.synced import Part, SyncRecord, chosen, engine_marks
from gitops_audit.engine.confirm import Suspect
from gitops_audit.engine.earlier import EarlierSources, same_version
from gitops_audit.engine.sync_records import SyncRecords, read_records
from gitops_audit.errors import AuditError
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.live import Cluster
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import Declared, JsonObject

_Asked = tuple[Declared, JsonObject | None, TypeSchema | None]
"""A resource that drifted and its live object; None where it is missing."""


class _Applied(NamedTuple):
    """What was applied last, of what, by whom."""

    source: str
    part: Part
    record: str

    def __str__(self) -> str:
        return f"applied last from commit {self.part.commit[:10]} by {self.record}"


class SyncedCauses:
    """Settles the causes of one cluster's drift, as far as it holds records that belong to the sources of the run."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources) -> None:
        self._cluster = cluster
        self._earlier = earlier
        self._notes: dict[str, None] = {}

    def settled(
        self, comparer: Comparer, suspects: Sequence[Suspect], missing: Sequence[Declared], drifts: Mapping[str, Drift]
    ) -> dict[str, Drift]:
        """By resource id, the drifts of which a record tells the causes; the others stay as they are."""
        asked: list[_Asked] = [*suspects, *((resource, None, None) for resource in missing)]
        settled: dict[str, Drift] = {}
        for applied, found in self._applied(asked, drifts).items() if asked else ():
            modified = [(r, live, schema) for r, live, schema in found if live is not None]
            absent = [r for r, live, _ in found if live is None]
            settled |= self._modified(comparer, applied, modified, drifts) if modified else {}
            settled |= self._absent(applied, absent, drifts) if absent else {}
        return settled

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _modified(
        self, comparer: Comparer, applied: _Applied, suspects: Sequence[Suspect], drifts: Mapping[str, Drift]
    ) -> dict[str, Drift]:
        resources = [resource for resource, _, _ in suspects]
        bodies = same_version(self._declared(applied, resources) or (), resources)
        settled = {}
        for suspect in suspects:
            resource = suspect[0]
            if deployed := bodies.get(resource.key):
                own = drifts[resource.id]
                drift = comparer.with_record(own, Pair(*suspect), deployed)
                drift = self._without_foreign(applied, drift, own, deployed)
                settled[resource.id] = _with_reason(drift, str(applied))
        return settled

    def _without_foreign(self, applied: _Applied, drift: Drift, own: Drift, deployed: JsonObject) -> Drift:
        """The drift without causes that the record cannot tell: its deployer rendered with more than the audit does.

        What another manager took stays the cluster's: that needs no record.
        """
        inputs = applied.part.inputs
        foreign = self._earlier.foreign(applied.source, inputs)
        if inputs.substitutes and "${" in repr(deployed):
            foreign = (*foreign, "postBuild")
        reached = {c.pointer: tuple(inputs.reaching(foreign, c.pointer)) for c in drift.changes}
        names = dict.fromkeys(name for found in reached.values() for name in found)
        if not names:
            return drift
        pairs = zip(drift.changes, own.changes, strict=True)
        changes = tuple(_own_cause(new, old) if reached[new.pointer] else new for new, old in pairs)
        return _with_reason(replace(drift, changes=changes), _foreign_words(applied, names))

    def _absent(
        self, applied: _Applied, resources: Sequence[Declared], drifts: Mapping[str, Drift]
    ) -> dict[str, Drift]:
        """Missing objects: not declared at the last deployment they are pending, declared then they were deleted."""
        inputs = applied.part.inputs
        names = tuple(inputs.reaching(self._earlier.foreign(applied.source, inputs), ""))
        declared = self._declared(applied, resources)
        if declared is None:
            return {}
        keys = {r.key for r in declared if not (r.skip or r.error)}
        settled = {}
        for resource in resources:
            drift = drifts[resource.id]
            if names:
                settled[resource.id] = _with_reason(drift, _foreign_words(applied, names))
            elif self._is_below(applied, resource):
                words = f"{applied.record} does not read the folders below {applied.part.path or 'the root'}"
                settled[resource.id] = _with_reason(drift, words)
            else:
                moved = replace(drift, cause="cluster" if resource.key in keys else "git")
                settled[resource.id] = _with_reason(moved, str(applied))
        return settled

    def _is_below(self, applied: _Applied, resource: Declared) -> bool:
        """Whether an object stands in a folder that the deployer does not look into."""
        folder = resource.origin.path.rpartition("/")[0]
        return applied.part.inputs.is_flat and folder != applied.part.path and self._is_directory(applied.source)

    def _is_directory(self, source: str) -> bool:
        return self._earlier.kind(source) == "directory"

    def _applied(self, asked: Sequence[_Asked], drifts: Mapping[str, Drift]) -> dict[_Applied, list[_Asked]]:
        """The suspects by what was applied last; those that belong to no record are left out."""
        marks = [_marks(suspect) for suspect in asked]
        records = read_records(self._cluster, frozenset().union(*marks) if all(marks) else None)
        self._note_lost(records, asked, drifts)
        grouped: dict[_Applied, list[_Asked]] = {}
        for suspect in asked:
            resource, live, _ = suspect
            name = resource.source
            parts = {r: p for r in records.found for p in r.parts(resource.key) if self._earlier.is_of(name, p)}
            if record := chosen(parts, (live or {}).get("metadata") or {}):
                grouped.setdefault(_Applied(name, parts[record], record.name), []).append(suspect)
            elif len(parts) > 1 and not _marks(suspect) and _is_unsettled(drifts[resource.id]):
                self._note_unmarked(name, parts)
        return grouped

    def _declared(self, applied: _Applied, resources: Sequence[Declared]) -> Sequence[Declared] | None:
        """What was declared by the names of these resources at the applied commit, None where that cannot be read."""
        source, commit = applied.source, applied.part.commit
        try:
            return self._earlier.declared(source, commit, resources, self._cluster)
        except AuditError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._note(f"source {source}, {applied}: {error.message}{hint}")
            return None

    def _note_unmarked(self, source: str, records: Mapping[SyncRecord, Part]) -> None:
        names = ", ".join(sorted(r.name for r in records))
        self._note(f"a record for source {source}: its objects carry no mark of one of {names}")

    def _note_lost(self, records: SyncRecords, asked: Sequence[_Asked], drifts: Mapping[str, Drift]) -> None:
        """Only where it matters: an object is of that engine, or a cause has no other evidence."""
        for engine, reason in records.lost.items():
            if any(_would_profit(engine, _marks(suspect), drifts[suspect[0].id]) for suspect in asked):
                self._note(f"the records of {engine}: {reason}")

    def _note(self, what: str) -> None:
        self._notes[f"cluster {self._cluster.name}: causes are told without {what}"] = None


def _marks(suspect: _Asked) -> frozenset[str]:
    live = suspect[1]
    return engine_marks(live.get("metadata") or {}) if live is not None else frozenset()


def _would_profit(engine: str, marks: frozenset[str], drift: Drift) -> bool:
    return any(mark.startswith(engine) for mark in marks) if marks else _is_unsettled(drift)


def _is_unsettled(drift: Drift) -> bool:
    return drift.status == "missing" or any(change.cause == "unknown" for change in drift.changes)


def _foreign_words(applied: _Applied, names: Iterable[str]) -> str:
    return f"{applied.record} renders with other values than this audit: {', '.join(names)}"


def _own_cause(new: Change, own: Change) -> Change:
    return replace(new, cause=own.cause if own.cause == "cluster" else "unknown")


def _with_reason(drift: Drift, words: str) -> Drift:
    return replace(drift, reason="; ".join(filter(None, (drift.reason, words))))
