"""Undoes a run: each object as it was before, in the opposite order, unless somebody changed it since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.problem import ApiError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.apply import Run
from gitops_audit.remediate.desired import operations
from gitops_audit.remediate.digest import content
from gitops_audit.remediate.document import Action
from gitops_audit.remediate.journal import Journal, Record, Step, read_record
from gitops_audit.remediate.lock import Lock
from gitops_audit.remediate.place import moved_places, places_digest, put_back
from gitops_audit.remediate.result import Outcome, Result, RunResult
from gitops_audit.remediate.rights import target_of
from gitops_audit.remediate.write import wait_for
from gitops_audit.remediate.writers import Writers

OTHER_CLUSTER = "GA512"
_CONFLICT = 409
_MOST_TRIES = 8
_DELETION_S = 60.0
_REQUEST = timedelta(seconds=60)  # how long after its announcement a request may have been carried out
_SERVERS = frozenset(
    {"resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink", "deletionTimestamp"}
)


def undo(name: str, run: Run) -> RunResult:
    """Raises RemediationError where nothing may be written; then nothing was."""
    record = read_record(run.journals, name)
    actions = {a.id: a for a in record.plan.actions}
    steps = [(actions[step.id], step) for step in reversed(record.steps) if step.result in ("done", "", "failed")]
    with ExitStack() as stack:
        writers = stack.enter_context(Writers(run.settings.clusters))
        _check_clusters(record, [a for a, _ in steps], writers)
        journal = Journal.continued(run.journals, record.run)
        stack.callback(journal.close)
        manager = record.field_manager
        clusters = sorted({a.cluster for a, _ in steps})
        locks = {c: stack.enter_context(Lock(writers.of(c), record.run, manager)) for c in clusters}
        redactor = Redactor(rules=run.settings.redact)
        results = []
        for action, step in steps:
            locks[action.cluster].renew()
            result = _Undo(action, step, writers.of(action.cluster), journal, manager, redactor).perform()
            if run.on_result is not None:
                run.on_result(result)
            results.append(result)
    return RunResult(record.run, tuple(results))


def not_undoable(record: Record) -> Iterator[str]:
    """The resources whose state before is not in the journal."""
    yield from (step.id for step in record.steps if step.is_sensitive)


class _Undo:
    def __init__(
        self, action: Action, step: Step, writer: Writer, journal: Journal, manager: str, redactor: Redactor
    ) -> None:
        self._action, self._step, self._writer = action, step, writer
        self._journal, self._manager, self._redactor = journal, manager, redactor
        self._target: Target = target_of(action)

    def perform(self) -> Result:
        try:
            outcome, message = self._restore()
        except ApiError as error:
            outcome, message = "failed", self._words(error)
        except ClusterError as error:
            outcome, message = "failed", error.message
        except LookupError:
            outcome, message = "refused", "the object has another form by now"
        self._journal.write("undone", id=self._action.id, result=outcome, message=message)
        is_settled = outcome == "skipped"
        return Result(self._action.id, self._action.resource, self._action.action, outcome, message, is_settled)

    def _restore(self) -> tuple[Outcome, str]:
        live = self._writer.get(self._target)
        before = self._step.before
        if self._step.is_sensitive:
            return "refused", "its earlier values are secret, so the journal does not hold them"
        if before is None and live is None:
            return "skipped", "it is not there, as before the run"
        if before is not None and live is not None and self._is_as_before(live, before):
            if self._step.result == "done" and not self._moved(live):
                self._give_back(live, before)
            return "skipped", "it is as it was before the run"
        if reason := self._moved(live):
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
        elif self._step.before is None or self._is_recreated:
            return self._not_created_by_run(live)
        left = self._step.left()
        is_alike = not self._redactor.covers(live) and places_digest(live, left["places"]) == left["digest"]
        return "" if is_alike else "somebody changed it since the run"

    def _not_created_by_run(self, live: JsonObject) -> str:
        """The run ended before the answer: whatever was created or written at another time was not its work."""
        metadata, begun = live["metadata"], _moment(self._step.begun_at)
        times = [str(metadata.get("creationTimestamp")), *(str(e.get("time")) for e in _entries(metadata))]
        is_near = all(abs(_moment(time) - begun) <= _REQUEST for time in times)
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
        is_secret = self._target.key.kind == "Secret"
        return f"the server refused it: HTTP {error.status} {error.reason}" if is_secret else error.message


def _version_of(live: JsonObject) -> JsonObject:
    """The operation by which the server takes a patch for this version of the object alone."""
    return {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


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
