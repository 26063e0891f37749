"""Undoes a run: each object as it was before, in the opposite order, unless somebody changed it since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from gitops_audit.config.remediation import Freeze, RemediationConfig
from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.problem import ApiError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.apply import GUARDED, Run
from gitops_audit.remediate.desired import operations
from gitops_audit.remediate.digest import content
from gitops_audit.remediate.document import Action
from gitops_audit.remediate.freeze import frozen_by, told
from gitops_audit.remediate.going import going
from gitops_audit.remediate.guard import protected
from gitops_audit.remediate.journal import Journal, Record, Step, read_record
from gitops_audit.remediate.journal_key import JournalKey, WrongKey, place_of
from gitops_audit.remediate.lock import Keeper
from gitops_audit.remediate.ownership import is_written_at, moment_of, own_entries
from gitops_audit.remediate.place import moved_places, places_digest, places_text, put_back
from gitops_audit.remediate.result import Outcome, Result, RunResult
from gitops_audit.remediate.rights import target_of
from gitops_audit.remediate.wave import Read, read_again, side_by_side
from gitops_audit.remediate.write import wait_for
from gitops_audit.remediate.writers import Writers

OTHER_CLUSTER = "GA512"
_CONFLICT = 409
_MOST_TRIES = 8
_DELETION_S = 60.0
_SERVERS = frozenset(
    {"resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink", "deletionTimestamp"}
)


def undo(name: str, run: Run, *, overrides_freeze: bool = False) -> RunResult:
    """Raises RemediationError where nothing may be written; then nothing was."""
    record = read_record(run.journals, name)
    key = JournalKey.load(run.settings.remediation.journal_key)
    window = frozen_by(run.settings.remediation.freeze, run.now())
    _check_thawed(window, is_overridden=overrides_freeze)
    actions = {a.id: a for a in record.plan.actions}
    steps = [(actions[step.id], step) for step in reversed(record.steps) if step.result in ("done", "", "failed")]
    with ExitStack() as stack:
        writers = stack.enter_context(Writers(run.settings.clusters))
        _check_clusters(record, [a for a, _ in steps], writers)
        journal = Journal.continued(run.journals, record.run)
        stack.callback(journal.close)
        if window is not None:
            journal.write("override", guard="freeze", detail=told(window))
        clusters = sorted({a.cluster for a, _ in steps})
        of_cluster = {c: writers.of(c) for c in clusters}
        locks = {c: run.lock(writer).held_by(record.run) for c, writer in of_cluster.items()}
        keeper = stack.enter_context(Keeper(locks))
        tools = _Tools(
            journal, record.field_manager, Redactor(rules=run.settings.redact), run.settings.remediation, key
        )

        def work(one: tuple[Action, Step], read: Read) -> Result:
            keeper.renew(one[0].cluster)
            return _Undo(*one, of_cluster[one[0].cluster], tools).perform(read)

        results = []
        for _, group in groupby(steps, key=lambda one: one[0].wave):
            wave = list(group)
            read = read_again([target_of(action) for action, _ in wave], writers)
            for result in side_by_side(partial(work, read=read), wave, keeper.stop):
                if run.on_result is not None:
                    run.on_result(result)
                results.append(result)
    return RunResult(record.run, tuple(results))


def _check_thawed(window: Freeze | None, *, is_overridden: bool) -> None:
    if window is not None and not is_overridden:
        message = f"a freeze window is open: {told(window)} ({window.where})"
        raise RemediationError(message, code=GUARDED, hint="`remediate undo RUN --override-freeze` undoes all the same")


@dataclass(frozen=True, slots=True)
class _Tools:
    """What all objects are put back with."""

    journal: Journal
    manager: str
    redactor: Redactor
    config: RemediationConfig
    key: JournalKey | None


class _Undo:
    def __init__(self, action: Action, step: Step, writer: Writer, tools: _Tools) -> None:
        self._action, self._step, self._writer = action, step, writer
        self._journal, self._manager, self._redactor = tools.journal, tools.manager, tools.redactor
        self._config, self._key = tools.config, tools.key
        self._before: JsonObject | None = step.before
        self._target: Target = target_of(action)

    def perform(self, read: Read) -> Result:
        """`read` gives the object as it was a moment ago; where it moved since, as its status does, it is read anew."""
        try:
            outcome, message = self._restored(read)
        except ApiError as error:
            outcome, message = "failed", self._words(error)
        except ClusterError as error:
            outcome, message = "failed", error.message
        except WrongKey as error:
            outcome, message = "refused", str(error)
        except LookupError:
            outcome, message = "refused", "the object has another form by now"
        self._journal.write("undone", id=self._action.id, result=outcome, message=message)
        is_settled = outcome == "skipped"
        return Result(self._action.id, self._action.resource, self._action.action, outcome, message, is_settled)

    def _restored(self, read: Read) -> tuple[Outcome, str]:
        try:
            return self._restore(read(self._target))
        except ApiError as error:
            if error.status != _CONFLICT:
                raise
            return self._restore(self._writer.get(self._target))

    def _restore(self, live: JsonObject | None) -> tuple[Outcome, str]:
        if self._step.is_sensitive:
            self._before = self._opened()
        before = self._before
        if before is None and live is None:
            return "skipped", "it is not there, as before the run"
        if told := going(live):
            return _of_what_goes(told, is_wanted=before is not None)
        if before is not None and live is not None and self._is_as_before(live, before):
            if self._step.result == "done" and not self._moved(live):
                self._give_back(live, before)
            return "skipped", "it is as it was before the run"
        if reason := self._moved(live) or self._protected(before):
            return "refused", reason
        self._journal.write("undo", id=self._action.id)
        if live is not None and (before is None or self._is_recreated):
            metadata = live["metadata"]
            self._writer.delete(self._target, metadata["uid"], metadata["resourceVersion"])
            live = None
        if before is not None and live is None:
            return self._created(before)
        if before is not None and live is not None:
            self._put_back(live, before)
        return "done", ""

    def _opened(self) -> JsonObject:
        """The object before, of which the journal holds nothing in clear. Raises WrongKey."""
        if self._step.sealed is None:
            raise WrongKey("its earlier values are secret, so the journal does not hold them (remediation.journalKey)")
        if self._key is None:
            name = self._step.sealed.get("key")
            raise WrongKey(f"its earlier values are encrypted with the key {name}: set remediation.journalKey")
        return self._key.open(self._step.sealed, place_of(self._journal.run, self._action.id))

    def _protected(self, before: JsonObject | None) -> str:
        """Also what the run itself created: to delete a namespace takes along whatever came into it since."""
        what = "delete" if before is None else "create" if self._action.action == "delete" else "apply"
        return protected(self._target.key, what, self._config, self._action.plural)

    @property
    def _is_recreated(self) -> bool:
        return self._action.action == "recreate"

    def _created(self, before: JsonObject) -> tuple[Outcome, str]:
        if not wait_for(lambda: self._writer.get(self._target) is None, _DELETION_S):
            return "failed", "it was deleted, but does not go: a finalizer holds it; undo the run again later"
        self._writer.create(self._target, _restorable(before), self._manager)
        return "done", ""

    def _is_as_before(self, live: JsonObject, before: JsonObject) -> bool:
        if self._is_recreated or self._action.action == "delete":
            return content(live) == content(before)
        return not moved_places(live, before, self._step.left()["places"])

    def _moved(self, live: JsonObject | None) -> str:
        """Why the object is not the one that the run left; empty where it is."""
        after = self._step.after
        if live is None:
            is_left = self._action.action in ("delete", "recreate") and not after
            return "" if is_left else "somebody deleted it since the run"
        if self._step.result == "done" and not after:
            return "somebody created it since the run"
        if after:
            if live["metadata"].get("uid") != after.get("uid"):
                return "it is another object by now"
            if live["metadata"].get("resourceVersion") == after.get("resourceVersion"):
                return ""
        elif self._before is None or self._is_recreated:
            return self._not_created_by_run(live)
        is_ours = self._is_alike(live) or (not after and self._is_last_writer(live))
        return "" if is_ours else "somebody changed it since the run"

    def _is_alike(self, live: JsonObject) -> bool:
        left = self._step.left()
        places, digest = left["places"], str(left["digest"])
        if ":" in digest:
            return self._key is not None and self._key.is_digest_of(digest, places_text(live, places))
        return not self._is_sensitive(live) and places_digest(live, places) == digest

    def _is_sensitive(self, live: JsonObject | None) -> bool:
        return self._action.sensitive or (live is not None and self._redactor.covers(live))

    def _is_last_writer(self, live: JsonObject) -> bool:
        """The run ended before the answer, and the server may have filled in defaults: nobody wrote after the run."""
        own = [moment_of(str(entry.get("time"))) for entry in own_entries(live, self._manager)]
        times = [moment_of(str(entry["time"])) for entry in _entries(live["metadata"])]
        return bool(own) and max(own) == max(times)

    def _not_created_by_run(self, live: JsonObject) -> str:
        """The run ended before the answer: whatever was created or written at another time was not its work."""
        is_near = is_written_at(live, moment_of(self._step.begun_at))
        return "" if is_near else "it is not known whether the run created it: delete it if it did"

    def _put_back(self, live: JsonObject, before: JsonObject) -> None:
        """What the run wrote, then who owned which field; the second is best effort, since versions of kinds may be
        gone."""
        wanted = put_back(live, before, self._step.left()["places"])
        after = self._writer.patch(self._target, [_version_of(live), *operations(live, wanted)], self._manager)
        self._give_back(after, before)

    def _give_back(self, after: JsonObject, before: JsonObject) -> None:
        owners = before["metadata"].get("managedFields")
        if not owners or owners == after["metadata"].get("managedFields"):
            return
        given = {"op": "replace", "path": "/metadata/managedFields", "value": owners}
        for _ in range(_MOST_TRIES):
            second = [_version_of(after), given]
            try:
                self._writer.patch(self._target, second, self._manager)
                return
            except ApiError as error:
                found = self._writer.get(self._target)
                if error.status != _CONFLICT or found is None:
                    return
                after = found

    def _words(self, error: ApiError) -> str:
        """The server's words; of an object with secret values, which they may quote, only what kind of refusal."""
        is_sensitive = self._is_sensitive(self._before) or self._target.key.kind == "Secret"
        return f"the server refused it: HTTP {error.status} {error.reason}" if is_sensitive else error.message


def _of_what_goes(told: str, *, is_wanted: bool) -> tuple[Outcome, str]:
    """Nobody takes a deletion back: what the run deleted can be created again when it is gone."""
    if not is_wanted:
        return "skipped", told
    return "failed", f"{told}: a deletion cannot be taken back; when it is gone, undo the run again"


def _version_of(live: JsonObject) -> JsonObject:
    """The operation by which the server takes a patch for this version of the object alone."""
    return {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}


def _entries(metadata: JsonObject) -> Iterator[JsonObject]:
    """What was written, its status apart."""
    for entry in metadata.get("managedFields") or ():
        if not entry.get("subresource") and entry.get("time"):
            yield entry


def _restorable(body: JsonObject) -> JsonObject:
    """What a write may change, at its place in the object."""
    metadata = {k: v for k, v in body["metadata"].items() if k not in _SERVERS}
    return {k: v for k, v in body.items() if k != "status"} | {"metadata": metadata}


def _check_clusters(record: Record, actions: Sequence[Action], writers: Writers) -> None:
    for name, identity in record.plan.clusters:
        if any(a.cluster == name for a in actions) and writers.identity(name) != identity:
            message = f"cluster {name} is another one than that of run {record.run}"
            raise RemediationError(message, code=OTHER_CLUSTER, hint="is the context the right one?")
