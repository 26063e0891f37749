"""The cause of drift by the record of the engine that deploys: what was declared at the commit it applied last.

Only drift asks: where nothing differs, or no engine is installed, no request is sent and nothing is rendered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops_audit.deployer.sync_record import Part, SyncRecord, chosen, engine_marks
from gitops_audit.drift import Comparer
from gitops_audit.drift.comparer import Pair
from gitops_audit.engine.case import Case
from gitops_audit.engine.evidence.earlier import EarlierSources, same_version
from gitops_audit.engine.gather.sync_records import SyncRecords, read_records
from gitops_audit.errors import AuditError
from gitops_audit.live import Cluster
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import Declared, JsonObject


class _Applied(NamedTuple):
    """What was applied last, of what, by whom."""

    source: str
    part: Part
    record: str

    def __str__(self) -> str:
        return f"applied last from commit {self.part.commit[:10]} by {self.record}"


class SyncedCauses:
    """Settles the causes of one cluster's drift, as far as it holds records that belong to the sources of the run."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources, comparer: Comparer) -> None:
        self._cluster = cluster
        self._comparer = comparer
        self._earlier = earlier
        self._notes: dict[str, None] = {}

    def settled(self, cases: Sequence[Case]) -> Sequence[Case]:
        """Those of the cases of which a record tells the causes."""
        settled: list[Case] = []
        for applied, found in self._applied(cases).items() if cases else ():
            modified = [case for case in found if case.live is not None]
            absent = [case for case in found if case.live is None]
            settled += self._modified(applied, modified) if modified else ()
            settled += self._absent(applied, absent) if absent else ()
        return settled

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _modified(self, applied: _Applied, cases: Sequence[Case]) -> Iterator[Case]:
        resources = [case.declared for case in cases]
        bodies = same_version(self._declared(applied, resources) or (), resources)
        for case in cases:
            if deployed := bodies.get(case.subject.key):
                pair = Pair(case.declared, case.live or {}, case.schema)
                drift = self._comparer.with_record(case.found, pair, deployed)
                drift = self._without_foreign(applied, drift, case.found, deployed)
                yield replace(case, drift=_with_reason(drift, str(applied)))

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

    def _absent(self, applied: _Applied, cases: Sequence[Case]) -> Iterator[Case]:
        """Missing objects: not declared at the last deployment they are pending, declared then they were deleted."""
        inputs = applied.part.inputs
        names = tuple(inputs.reaching(self._earlier.foreign(applied.source, inputs), ""))
        declared = self._declared(applied, [case.declared for case in cases])
        if declared is None:
            return
        keys = {r.key for r in declared if not (r.skip or r.error)}
        for case in cases:
            if names:
                drift = _with_reason(case.found, _foreign_words(applied, names))
            elif self._is_below(applied, case.declared):
                words = f"{applied.record} does not read the folders below {applied.part.path or 'the root'}"
                drift = _with_reason(case.found, words)
            else:
                moved = replace(case.found, cause="cluster" if case.subject.key in keys else "git")
                drift = _with_reason(moved, str(applied))
            yield replace(case, drift=drift)

    def _is_below(self, applied: _Applied, resource: Declared) -> bool:
        """Whether an object stands in a folder that the deployer does not look into."""
        folder = resource.origin.path.rpartition("/")[0]
        return applied.part.inputs.is_flat and folder != applied.part.path and self._is_directory(applied.source)

    def _is_directory(self, source: str) -> bool:
        return self._earlier.kind(source) == "directory"

    def _applied(self, cases: Sequence[Case]) -> dict[_Applied, list[Case]]:
        """The cases by what was applied last; those that belong to no record are left out."""
        marks = [_marks(case) for case in cases]
        records = read_records(self._cluster, frozenset().union(*marks) if all(marks) else None)
        self._note_lost(records, cases)
        grouped: dict[_Applied, list[Case]] = {}
        for case in cases:
            name, key = case.subject.source, case.subject.key
            parts = {r: p for r in records.found for p in r.parts(key) if self._earlier.is_of(name, p)}
            if record := chosen(parts, (case.live or {}).get("metadata") or {}):
                grouped.setdefault(_Applied(name, parts[record], record.name), []).append(case)
            elif len(parts) > 1 and not _marks(case) and _is_unsettled(case.found):
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

    def _note_lost(self, records: SyncRecords, cases: Sequence[Case]) -> None:
        """Only where it matters: an object is of that engine, or a cause has no other evidence."""
        for engine, reason in records.lost.items():
            if any(_would_profit(engine, _marks(case), case.found) for case in cases):
                self._note(f"the records of {engine}: {reason}")

    def _note(self, what: str) -> None:
        self._notes[f"cluster {self._cluster.name}: causes are told without {what}"] = None


def _marks(case: Case) -> frozenset[str]:
    return engine_marks(case.live.get("metadata") or {}) if case.live is not None else frozenset()


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
