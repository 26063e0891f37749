"""Carries out a plan: everything is checked before the first write, and everything written is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from getpass import getuser
from itertools import groupby
from pathlib import Path
from socket import gethostname

from gitops_audit.config.settings import Settings
from gitops_audit.drift.attribution import Managers
from gitops_audit.engine.events import OnProgress, Stage
from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.actual import actual
from gitops_audit.remediate.document import Action, Plan
from gitops_audit.remediate.journal import USED, Journal, Record, check_unused, read_record
from gitops_audit.remediate.journal_key import JournalKey
from gitops_audit.remediate.lock import Keeper, Lock
from gitops_audit.remediate.plan import Planned, Planner
from gitops_audit.remediate.ready import Readiness
from gitops_audit.remediate.result import Result, RunResult, refused_by
from gitops_audit.remediate.rights import check_rights
from gitops_audit.remediate.survey import Select, Survey, surveyed
from gitops_audit.remediate.wave import read_again, side_by_side
from gitops_audit.remediate.write import Step, Tools
from gitops_audit.remediate.writers import Writers

STALE, GUARDED = "GA504", "GA505"
_Ended = tuple[Step | None, Result]
_AGAIN = "make a new plan: `gitops-audit remediate plan -o plan.json`"


@dataclass(frozen=True, slots=True)
class Run:
    """How a plan is carried out; `now` is the clock, `on_result` hears of each action as it ends."""

    settings: Settings
    select: Select
    journals: Path
    now: Callable[[], datetime]
    on_progress: OnProgress | None = None
    on_result: Callable[[Result], None] | None = None
    wait_lock_s: float = 0

    def lock(self, writer: Writer) -> Lock:
        """The lock of one cluster, for which this run waits as long as it was asked to."""
        return Lock(writer, self.settings.remediation.field_manager, self.wait_lock_s, self.on_progress)


def apply(plan: Plan, run: Run) -> RunResult:
    """Raises RemediationError (and what an audit raises) where nothing may be written; then nothing was."""
    plan.check_age(run.now())
    _check_guards(plan)
    if not plan.actions:
        return RunResult("", refused_by(plan), plan.guards)
    check_unused(run.journals, plan)
    with _checked(plan, run) as checked:
        moved = list(_moved(plan, checked.planned.plan))
        if moved:
            more = f" and {len(moved) - 10} more" if len(moved) > 10 else ""
            raise RemediationError(f"the plan is stale: {'; '.join(moved[:10])}{more}", code=STALE, hint=_AGAIN)
        check_rights(plan.actions, checked.writers)
        journal = Journal.begun(run.journals, run.now())
        results = checked.carry_out(journal, plan.actions, is_new=True)
    return RunResult(journal.run, (*results, *refused_by(plan)), plan.guards)


def resume(name: str, run: Run) -> RunResult:
    """Goes on with a run that was interrupted: what was done is not done again. Raises as `apply` does."""
    record = read_record(run.journals, name)
    if record.is_undone:
        raise RemediationError(f"run {record.run} was undone", code=USED, hint=_AGAIN)
    ended = {step.id for step in record.steps if step.result in ("done", "refused", "fight")}
    begun = {step.id for step in record.steps if step.result in ("", "failed")}
    waiting = [a for a in record.plan.actions if a.id not in ended]
    if not waiting:
        return RunResult(record.run)
    with _checked(record.plan, run, record.run) as checked:
        check_rights(waiting, checked.writers)
        journal = Journal.continued(run.journals, record.run)
        results = checked.carry_out(journal, waiting, begun=begun, earlier=record)
    return RunResult(record.run, tuple(results))


class _Checked:
    """A plan, made anew from what is there now, with all that is needed to carry out the one that was approved."""

    def __init__(self, plan: Plan, run: Run, name: str) -> None:
        """`name` is that of an earlier run that is resumed."""
        self._plan = plan
        self._run = run
        self._name = name
        self._stack = ExitStack()
        self._keeper = Keeper({})
        self._key = JournalKey.load(run.settings.remediation.journal_key)

    def __enter__(self) -> _Checked:
        with ExitStack() as stack:
            self.writers = stack.enter_context(Writers(self._run.settings.clusters))
            clusters = sorted({action.cluster for action in self._plan.actions})
            self._locks = {c: self._run.lock(self.writers.of(c)).held_by(self._name) for c in clusters}
            self._wait_until_unlocked()
            run, scope = self._run, self._plan.scope
            survey = surveyed(run.settings, scope, run.select, run.on_progress, self._plan)
            self.survey: Survey = stack.enter_context(survey)
            self.planned: Planned = Planner(self.survey, self.writers, self._plan).plan(
                self._plan.scope, self._run.now()
            )
            _check_guards(self.planned.plan)
            _check_same(self._plan, self.planned.plan)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _wait_until_unlocked(self) -> None:
        """What another run leaves must be seen. Whoever may not read the lock is told so with the other rights."""
        with suppress(ClusterError):
            for lock in self._locks.values():
                lock.wait_until_free()

    def carry_out(
        self,
        journal: Journal,
        actions: Sequence[Action],
        *,
        is_new: bool = False,
        begun: Collection[str] = (),
        earlier: Record | None = None,
    ) -> list[Result]:
        """All actions in their order; whatever ends the run, the locks go and the journal is closed."""
        with ExitStack() as stack:
            stack.callback(journal.close)
            tools = self._tools(journal, actions)
            clusters = sorted({a.cluster for a in actions})
            self._keeper = stack.enter_context(Keeper({c: self._locks[c].held_by(journal.run) for c in clusters}))
            if is_new:
                check_unused(self._run.journals, self._plan)
                journal.write("run", **_header(self._plan, self._run.settings))
            tools = replace(tools, renew=self._keeper.renew)
            try:
                return list(self._results(tools, actions, begun, Readiness(self._plan, tools, earlier)))
            except KeyboardInterrupt as interrupted:
                interrupted.add_note(_going_on(journal.run))
                raise

    def _results(
        self, tools: Tools, actions: Sequence[Action], begun: Collection[str], readiness: Readiness
    ) -> Iterator[Result]:
        fresh = {a.id: a for a in self.planned.plan.actions}

        def work(action: Action) -> _Ended:
            return self._guarded(action, fresh.get(action.id), tools, is_begun=action.id in begun)

        def interrupt() -> None:
            self._keeper.stop()
            if self._run.on_progress is not None:
                self._run.on_progress(Stage(f"ending what is under way; {_going_on(tools.journal.run)}"))

        for _, group in groupby(actions, key=lambda a: a.wave):
            wave = list(group)
            held = {} if self._keeper.stopped else readiness.held(wave)
            results = [(None, _skipped(a, held[a.id])) for a in wave if a.id in held]
            ended = [*results, *side_by_side(work, (a for a in wave if a.id not in held), interrupt)]
            for step, result in self._looked_at(tools, ended):
                readiness.note(step, result)
                yield self._told(result)

    def _guarded(self, action: Action, now: Action | None, tools: Tools, *, is_begun: bool) -> _Ended:
        """Once the run was stopped nothing is begun any more."""
        told = _skipped(action, self._keeper.stopped)
        if self._keeper.stopped:
            return None, told
        try:
            tools.renew(action.cluster)
            return self._one(action, now, tools, is_begun=is_begun)
        except (RemediationError, ClusterError) as error:
            self._keeper.stop(f"the run was stopped: {error.message}")
            return None, replace(told, result="failed", message=error.message)

    def _one(self, action: Action, now: Action | None, tools: Tools, *, is_begun: bool) -> tuple[Step, Result]:
        """What is needed no more is not done; the versions to hold against are those of a moment ago."""
        step = Step(now or action, tools)
        if now is not None and not _is_approved(now, action, is_begun=is_begun):
            told = "other changes were approved: make a new plan"
            return step, Result(action.id, action.resource, action.action, "refused", told)
        if now is not None:
            return step, step.perform()
        if is_begun:
            return step, step.finish()
        settled = Result(action.id, action.resource, action.action, "skipped", "nothing is to be done any more", True)
        return step, settled

    def _looked_at(self, tools: Tools, ended: Sequence[_Ended]) -> Iterator[_Ended]:
        """Reads again what was written: what somebody undid at once is a fight, and is not repeated."""
        written = [s.target for s, r in ended if s is not None and s.written is not None and r.result == "done"]
        read = read_again(written, tools.writers)
        for step, result in ended:
            is_written = step is not None and step.written is not None and result.result == "done"
            yield step, self._fight(tools, step, result, read) if step and is_written else result

    def _fight(self, tools: Tools, step: Step, result: Result, read: Callable[[Target], JsonObject | None]) -> Result:
        try:
            told = step.fought(read(step.target))
        except ClusterError as error:
            return replace(result, message=f"done, but it could not be read again: {error.message}")
        if not told:
            return result
        tools.journal.write("fight", id=result.id, message=told)
        return replace(result, result="fight", message=f"somebody undoes it: {told}")

    def _told(self, result: Result) -> Result:
        if self._run.on_result is not None:
            self._run.on_result(result)
        return result

    def _tools(self, journal: Journal, actions: Sequence[Action]) -> Tools:
        settings = self._run.settings
        rendered = actual(self.survey, self._plan.scope, actions, self.writers)
        other = {name for name, commit in self._plan.commits if rendered.commits.get(name, commit) != commit}
        if other:
            raise RemediationError(f"{', '.join(sorted(other))} moved to another commit", code=STALE, hint=_AGAIN)
        redactor = Redactor(rules=settings.redact)
        managers = Managers(settings.drift.appliers, settings.drift.interactive)
        drafts = self.planned.drafts
        return Tools(settings, self.survey, self.writers, rendered, journal, drafts, redactor, managers, self._key)


def _checked(plan: Plan, run: Run, name: str = "") -> _Checked:
    return _Checked(plan, run, name)


def _check_guards(plan: Plan) -> None:
    failed = plan.failed_guards
    if failed:
        told = "; ".join(f"{guard.name}: {guard.detail}" for guard in failed)
        raise RemediationError(f"a guard refuses the plan: {told}. Nothing was written", code=GUARDED, hint=_AGAIN)


def _check_same(plan: Plan, now: Plan) -> None:
    """The same commits of the same sources, and the same clusters."""
    for what, then, found in (("source", plan.commits, now.commits), ("cluster", plan.clusters, now.clusters)):
        other = [name for name, value in then if dict(found).get(name) != value]
        other += [name for name, _ in found if name not in dict(then)]
        if other:
            named = ", ".join(other)
            raise RemediationError(f"the plan is stale: another {what}: {named}", code=STALE, hint=_AGAIN)


def _moved(plan: Plan, now: Plan) -> Iterator[str]:
    """Each action that would be another one by now, and how."""
    fresh = {a.id: a for a in now.actions}
    reasons = {r.resource: r.reason for r in now.refused}
    for action in plan.actions:
        found = fresh.get(action.id)
        if found is None:
            yield f"{action.id}: {reasons.get(action.id, 'nothing is to be done any more')}"
        elif (found.resource, found.cluster, found.version) != (action.resource, action.cluster, action.version):
            yield f"{action.id}: it is about another object, {action.resource}"
        elif found.rendered_digest != action.rendered_digest:
            yield f"{action.id}: Git declares something else"
        elif (found.action, found.findings) != (action.action, action.findings):
            yield f"{action.id}: it differs in other fields by now"
        elif found.resource_version != action.resource_version and not _is_alike(found, action):
            yield f"{action.id}: changed in the cluster ({action.resource_version} -> {found.resource_version})"


def _going_on(run: str) -> str:
    return f"`gitops-audit remediate resume {run}` goes on with the run, `undo {run}` takes it back"


def _skipped(action: Action, why: str) -> Result:
    return Result(action.id, action.resource, action.action, "skipped", why)


def _is_approved(now: Action, action: Action, *, is_begun: bool) -> bool:
    """Whether what is to be done by now is what was approved. What was deleted to be recreated is to be created."""
    if is_begun and action.action == "recreate" and now.action == "create":
        return now.rendered_digest == action.rendered_digest
    return (now.action, now.findings, now.rendered_digest) == (action.action, action.findings, action.rendered_digest)


def _is_alike(one: Action, other: Action) -> bool:
    """Whether only the status moved on."""
    return bool(one.live_digest) and one.live_digest == other.live_digest


def _header(plan: Plan, settings: Settings) -> dict[str, object]:
    config = settings.remediation
    who = {"user": _user(), "host": gethostname()}
    return {"digest": plan.digest, "by": who, "fieldManager": config.field_manager, "plan": plan.to_json()}


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError):
        return "unknown"
