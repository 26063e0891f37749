"""Finds for every change the way that proves right: the patched tree is rendered, and held against the clusters.

All changes are tried together, each in its best way. What does not lead to the live value goes on to its next way.
Where something else would change too, the changes are tried in halves until those that are to blame stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_audit.engine.audit import Audit
from gitops_audit.engine.gather.sources import ReadSource, read_again
from gitops_audit.model.resource import Declared
from gitops_audit.remediate.togit.in_kustomization import Kustomizations
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.task import Files, Task
from gitops_audit.render.given import Given
from gitops_audit.source.export import Exports
from gitops_audit.source.patched import PatchedCheckout

NOT_LIVE = "the patch of {} does not lead to the live value"
NOT_THERE = "its value does not stand in the file that declares it: it is changed, or made, on the way to the cluster"
_NEVER = "no way to write it into the files of this source is known"


@dataclass(frozen=True, slots=True)
class Unit:
    """One change of a manifest: the tasks of all clusters that it is for. The first one's way is taken."""

    tasks: tuple[Task, ...]

    @property
    def first(self) -> Task:
        return self.tasks[0]

    def fail(self, reason: str) -> None:
        for task in self.tasks:
            task.reason = reason


@dataclass(slots=True)
class Settler:
    """The changes of one tree. `given` is how its sources are rendered."""

    audit: Audit
    sources: Sequence[ReadSource]
    files: Files
    given: Given
    kustomizations: Kustomizations = field(init=False)
    taken: list[Unit] = field(default_factory=list)
    _unchanged: dict[str, ReadSource] = field(default_factory=dict)
    _looks: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kustomizations = Kustomizations(self.files.folder)

    def settle(self, units: Sequence[Unit]) -> None:
        """Takes over what can be (`taken`); the other units have their reason."""
        waiting = list(units)
        while waiting:
            tried = []
            for unit in waiting:
                if unit.first.advance():
                    tried.append(unit)
                elif not unit.first.reason:
                    unit.fail(_NEVER)
            accepted = self._accepted(tried)
            waiting = [unit for unit in tried if unit not in accepted]

    def _accepted(self, units: Sequence[Unit]) -> list[Unit]:
        """Those of a group that can be taken over together, in their present way; then they are."""
        edited, files = self._edited(units)
        if not edited:
            return []
        bad, others = self._trial(edited, files)
        if not bad and not others:
            self.files = files
            self.taken += edited
            return edited
        if len(edited) == 1:
            edited[0].fail(bad.get(0) or f"it would change {others} as well")
            return []
        if bad and not others and len(bad) < len(edited):
            for index, reason in bad.items():
                edited[index].fail(reason)
            return self._accepted([unit for index, unit in enumerate(edited) if index not in bad])
        middle = len(edited) // 2
        first = self._accepted(edited[:middle])
        return first + self._accepted(edited[middle:])

    def _edited(self, units: Sequence[Unit]) -> tuple[list[Unit], Files]:
        files, done = self.files, list[Unit]()
        for unit in units:
            edit = unit.first.edit
            try:
                changes = edit(files) if edit else {}
                was = {path: files.read(path) if files.has(path) else None for path in changes}
                unit.first.written = {path: (was[path], data) for path, data in changes.items()}
                files = files.with_changes(changes)
                done.append(unit)
            except Uneditable as error:
                unit.fail(str(error))
            except (LookupError, TypeError, AttributeError):
                unit.first.reason = unit.first.reason or NOT_THERE
                unit.fail(unit.first.reason)
        return done, files

    def _trial(self, units: Sequence[Unit], files: Files) -> tuple[dict[int, str], str]:
        """What does not lead to the live value, by its place, and what else would change."""
        with Exports() as exports:
            found, problem = self._rendered(files, exports)
        if problem:
            return dict.fromkeys(range(len(units)), problem), ""
        meant = {task.declared.id for unit in (*self.taken, *units) for task in unit.tasks}
        before = {r.id: r for r in self.audit.redeclared(self._unchanged)}
        others = [id_ for id_, now in found.items() if id_ not in meant and not _is_same(before.get(id_), now)]
        others += [id_ for id_ in before if id_ not in found]
        others += [t.declared.id for u in self.taken for t in u.tasks if not self._is_live(t, found)]
        bad = {}
        for index, unit in enumerate(units):
            for task in unit.tasks:
                if not self._is_live(task, found):
                    bad[index] = NOT_LIVE.format(task.finding.path)
        return bad, others[0] if others else ""

    def _rendered(self, files: Files, exports: Exports) -> tuple[dict[str, Declared], str]:
        """What would be declared, or why it cannot be rendered."""
        again: dict[str, ReadSource] = {}
        for source in self.sources:
            if self._is_touched(source, files):
                name = source.config.name
                now = again[name] = self._read(source, files, exports)
                if name not in self._unchanged:
                    with Exports() as own:
                        self._unchanged[name] = self._read(source, Files(files.folder), own)
                if _problems(now) > _problems(self._unchanged[name]):
                    return {}, f"source {name} cannot be rendered with the patch"
        return {r.id: r for r in self.audit.redeclared({**self._unchanged, **again})}, ""

    def _read(self, source: ReadSource, files: Files, exports: Exports) -> ReadSource:
        if source.checkout is None:
            return source
        checkout = PatchedCheckout(source.checkout, files.folder, files.changes)
        return read_again(source, checkout, replace(self.given, exports=exports))

    def _is_touched(self, source: ReadSource, files: Files) -> bool:
        """Whether a change may reach a source: a directory reads what is below it, tools what they are told to."""
        prefix = f"{source.config.path}/" if source.config.path else ""
        return source.kind != "directory" or any(path.startswith(prefix) for path in files.changes)

    def _is_live(self, task: Task, found: Mapping[str, Declared]) -> bool:
        """Whether the field is in sync, and no other field of the object has come to differ."""
        now = found.get(task.declared.id)
        after = None if now is None else self._differing(now)
        return after is not None and task.finding.path not in after and after <= self._before(task.declared)

    def _before(self, declared: Declared) -> frozenset[str]:
        if declared.id not in self._looks:
            self._looks[declared.id] = self._differing(declared) or frozenset()
        return self._looks[declared.id]

    def _differing(self, declared: Declared) -> frozenset[str] | None:
        drift = self.audit.first_look(declared) if declared.error is None else None
        if drift is None or drift.status not in ("in-sync", "modified"):
            return None
        return frozenset(change.path for change in drift.changes if change.ignored is None)


def _is_same(before: Declared | None, now: Declared) -> bool:
    """What an error says may name lines, which move."""
    return before is not None and (before.body, _code(before)) == (now.body, _code(now))


def _code(declared: Declared) -> str:
    return declared.error[0] if declared.error is not None else ""


def _problems(source: ReadSource) -> int:
    """How much of a source cannot be read, for any cluster."""
    every = (source, *source.by_cluster.values())
    return sum((one.error is not None) + len(one.rendered.problems) for one in every)


def units(tasks: Iterable[Task]) -> Iterator[Unit]:
    """Tasks that are about the same field of the same manifest, in all clusters."""
    found: dict[tuple[str, str, str, str], list[Task]] = {}
    for task in tasks:
        key = task.declared.key
        place = task.declared.title, task.declared.source, task.finding.path, str(key.namespace)
        found.setdefault(place, []).append(task)
    return (Unit(tuple(group)) for group in found.values())
