"""The plan of `--to git`: what of the clusters goes into which files, and what is refused and why (DESIGN 4.5, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gitops_audit.config.document import folder_of
from gitops_audit.config.repository import is_url
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.remediate.digest import content_digest, rendered_digest
from gitops_audit.remediate.document import Action, PatchedFile, Plan, Refused, Scope
from gitops_audit.remediate.survey import Survey
from gitops_audit.remediate.togit import in_chart
from gitops_audit.remediate.togit.choose import chosen
from gitops_audit.remediate.togit.in_kustomization import Kustomizations
from gitops_audit.remediate.togit.in_manifest import in_origin
from gitops_audit.remediate.togit.secret_lines import secret_lines
from gitops_audit.remediate.togit.settle import Settler, Unit, units
from gitops_audit.remediate.togit.task import Edit, Files, Task
from gitops_audit.remediate.togit.unified import FileChange
from gitops_audit.render.given import Given
from gitops_audit.source import Checkout, Opener
from gitops_audit.source.chart.charts import Charts
from gitops_audit.source.export import Exports

_TORN = "another element of the same list came or went too, and cannot be written"
_SHOWS = "the difference would show a line of {} that holds, or stands beside, the value of a Secret"


@dataclass(frozen=True, slots=True)
class Patch:
    """What changes in one repository at one commit. `folder` is where it is on this machine; None for a remote one."""

    repo: str
    folder: Path | None
    commit: str
    sources: tuple[str, ...]
    files: tuple[FileChange, ...]
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GitPlanned:
    """A plan with its patches. `is_whole` is false where something could not be read."""

    plan: Plan
    patches: tuple[Patch, ...] = ()
    is_whole: bool = True


@dataclass(slots=True)
class GitPlanner:
    """Makes the plan of one survey. Reads clusters and repositories, writes nothing. Raises AuditError."""

    survey: Survey
    _stack: ExitStack = field(default_factory=ExitStack)

    def plan(self, scope: Scope, moment: datetime) -> GitPlanned:
        declared = {resource.id: resource for resource in self.survey.resources}
        found = [
            chosen(verdict, declared.get(verdict.subject.id, verdict.subject), scope, self.survey)
            for verdict in self.survey.verdicts
        ]
        tasks = [task for one in found for task in one.tasks]
        refused = [r for one in found for r in one.refused]
        with self._stack:
            patches, taken = self._patched(tasks)
        refused += [
            Refused(task.declared.id, f"{task.finding.path}: {task.reason}")
            for task in tasks
            if not any(task is other for other in taken)
        ]
        files = tuple(
            PatchedFile(patch.sources[0], change.path, change.old_id, change.new_id)
            for patch in patches
            for change in patch.files
        )
        plan = Plan(scope, self.survey.commits, (), tuple(self._actions(taken)), tuple(refused), files=files)
        return GitPlanned(plan.sealed(moment), tuple(patches), all(one.is_read for one in found))

    def _patched(self, tasks: list[Task]) -> tuple[list[Patch], list[Task]]:
        patches, taken = list[Patch](), list[Task]()
        exports = self._stack.enter_context(Exports())
        charts = self._stack.enter_context(closing(Charts(self.survey.settings.network, fetch=False)))
        opener = Opener(folder_of(self.survey.settings.path.absolute()), fetch=False)
        given = Given.of(self.survey.settings, None, charts, opener)
        for sources in _by_tree(self.survey.audit.sources).values():
            names = {source.config.name for source in sources}
            own = [task for task in tasks if task.declared.source in names]
            checkout = sources[0].checkout
            if not own or checkout is None:
                continue
            settled = self._settled(own, sources, Files(exports.of(checkout).plain), given)
            if settled.taken:
                taken += [task for unit in settled.taken for task in unit.tasks]
                patches.append(self._patch(sources, checkout, settled))
        return patches, taken

    def _settled(self, tasks: list[Task], sources: list[ReadSource], files: Files, given: Given) -> Settler:
        """Leaves out what a difference must not show, and tries the rest anew."""
        waiting = list(units(tasks))
        kinds = {source.config.name: source.kind for source in sources}
        while True:
            settler = Settler(self.survey.audit, sources, files, given)
            for unit in waiting:
                unit.first.edits = _edits(unit.first, kinds, files, settler.kustomizations)
            settler.settle(waiting)
            out = {id(unit): _TORN for unit in _torn(settler.taken, waiting)}
            out |= {id(unit): _SHOWS.format(path) for unit in settler.taken if (path := self._hidden(unit))}
            if not out:
                return settler
            for unit in settler.taken:
                if id(unit) in out:
                    unit.fail(out[id(unit)])
            waiting = [unit for unit in settler.taken if id(unit) not in out]

    def _hidden(self, unit: Unit) -> str:
        """The file of which the change of a unit would show a secret line; empty where it shows none."""
        audit, redact = self.survey.audit, self.survey.settings.redact
        clusters = {cluster.name for cluster in self.survey.info.clusters} | {""}
        for path, (before, after) in unit.first.written.items():
            if secret_lines(FileChange(path, before, after), redact, audit.is_telling, clusters):
                return path
        return ""

    def _actions(self, tasks: list[Task]) -> Iterator[Action]:
        """One for each resource, with all of its findings; digests are of what may be shown."""
        found: dict[str, list[Task]] = {}
        for task in tasks:
            found.setdefault(task.declared.id, []).append(task)
        for id_, own in sorted(found.items()):
            declared, live = own[0].declared, own[0].live
            version = str((live.get("metadata") or {}).get("resourceVersion") or "")
            yield Action(
                id=id_,
                wave=0,
                action="patch-file",
                resource=str(declared.key),
                cluster=declared.key.cluster,
                source=declared.source,
                version=declared.version,
                resource_version=version,
                live_digest=content_digest(live),
                rendered_digest=rendered_digest(self.survey.declared(declared)),
                findings=tuple(task.finding.fingerprint for task in own),
            )

    @staticmethod
    def _patch(sources: list[ReadSource], checkout: Checkout, settler: Settler) -> Patch:
        first = sources[0].config
        folder = None if is_url(first.repo) else Path(checkout.repo)
        resources = dict.fromkeys(task.declared.title for unit in settler.taken for task in unit.tasks)
        changes = tuple(_changes(Files(settler.files.folder), settler.files.changes, checkout.commit))
        names = tuple(source.config.name for source in sources)
        return Patch(checkout.repo, folder, checkout.commit, names, changes, tuple(resources))


def _torn(taken: list[Unit], tried: list[Unit]) -> list[Unit]:
    """Elements that came or went in a list of which another one could not be written: half of a list is harmful."""
    done = {id(unit) for unit in taken}
    failed = {place for unit in tried if id(unit) not in done and (place := _list_of(unit))}
    return [unit for unit in taken if _list_of(unit) in failed]


def _list_of(unit: Unit) -> tuple[str, str] | None:
    """The list of which a unit is a whole element."""
    path = unit.first.finding.path
    return (unit.first.declared.id, path[: path.rindex("[")]) if path.endswith("]") and "[" in path else None


def _by_tree(sources: tuple[ReadSource, ...]) -> dict[tuple[str, str], list[ReadSource]]:
    found: dict[tuple[str, str], list[ReadSource]] = {}
    for source in sources:
        if source.checkout is not None and source.error is None:
            key = source.checkout.repo, source.checkout.commit or source.checkout.revision
            found.setdefault(key, []).append(source)
    return found


def _edits(task: Task, kinds: Mapping[str, str], files: Files, kustomizations: Kustomizations) -> Iterator[Edit]:
    kind = kinds[task.declared.source]
    if kind == "kustomize":
        return kustomizations.edits(task, files)
    if kind == "helm":
        task.reason = in_chart.UNKNOWN
        return in_chart.edits(task, files)
    return iter((in_origin(task),))


def _changes(files: Files, changes: Mapping[str, bytes], commit: str) -> Iterator[FileChange]:
    for path, after in sorted(changes.items()):
        before = files.read(path) if files.has(path) else None
        if before != after:
            yield FileChange(path, before, after, _mode(files.folder / path), commit)


def _mode(place: Path) -> str:
    return "100755" if place.exists() and place.stat().st_mode & 0o100 else "100644"
