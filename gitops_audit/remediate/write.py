"""Carries out one action: reads the object, writes it to the journal, sends the change, and gives it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gitops_audit.config.settings import Settings
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.ownership import last_applied
from gitops_audit.errors import ClusterError
from gitops_audit.kube import shape
from gitops_audit.kube.managed_fields import Entry
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.live.problem import ApiError
from gitops_audit.live.writer import STAND_IN, Target, Writer
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.redact import LAST_APPLIED, Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.subject import Subject
from gitops_audit.remediate.actual import Actual
from gitops_audit.remediate.choose import Draft
from gitops_audit.remediate.creation import Style, renewed_record, style_of
from gitops_audit.remediate.desired import desired, folded, operations
from gitops_audit.remediate.digest import content_digest
from gitops_audit.remediate.document import Action
from gitops_audit.remediate.going import HeldError, going
from gitops_audit.remediate.journal import Journal
from gitops_audit.remediate.journal_key import JournalKey, place_of
from gitops_audit.remediate.ownership import deployer_entry, handed_back, is_written_at, own_entries
from gitops_audit.remediate.place import moved_places, places, places_digest, places_text
from gitops_audit.remediate.result import Outcome, Result
from gitops_audit.remediate.rights import target_of
from gitops_audit.remediate.survey import Survey
from gitops_audit.remediate.writers import Writers

_NOT_FOUND, _CONFLICT, _INVALID = 404, 409, 422
_MANAGED_FIELDS = "/metadata/managedFields"
_MOST_TRIES = 4
_MESSAGE_CHARS = 400


class Moved(Exception):
    """The object is not the one that the plan was made for; says how."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all actions of a run are carried out with."""

    settings: Settings
    survey: Survey
    writers: Writers
    actual: Actual
    journal: Journal
    drafts: Mapping[str, Draft]
    redactor: Redactor
    managers: Managers
    key: JournalKey | None = None
    styles: dict[tuple[str, str], Style] = field(default_factory=dict)  # by cluster and source
    renew: Callable[[str], None] = lambda cluster: None  # keeps the lock of a cluster in a long wait

    @property
    def manager(self) -> str:
        return self.settings.remediation.field_manager


class Step:
    """One action of a run."""

    def __init__(self, action: Action, tools: Tools) -> None:
        self._action = action
        self._tools = tools
        self._writer: Writer = tools.writers.of(action.cluster)
        self._target: Target = target_of(action)
        self._before: JsonObject | None = None
        self.written: JsonObject | None = None

    @property
    def target(self) -> Target:
        return self._target

    @property
    def before(self) -> JsonObject | None:
        """The object before this step wrote it; None where there was none, or nothing was written."""
        return self._before

    def perform(self) -> Result:
        """Raises RemediationError where the journal cannot be written, and nothing else."""
        try:
            self._act()
        except Moved as moved:
            return self._ended("refused", str(moved))
        except HeldError as held:
            return self._ended("failed", str(held))
        except ApiError as error:
            return self._ended("failed", self._told(error))
        except ClusterError as error:
            if error.code == STAND_IN:
                return self._ended("refused", error.message)
            return self._ended("failed", f"{error.message}: whether it was done is not known, see `remediate resume`")
        except LookupError:
            return self._ended("refused", "the object has another form than when the plan was made")
        return self._ended("done")

    def _act(self) -> None:
        match self._action.action:
            case "create":
                self._create(None)
            case "delete":
                self._delete(self._read())
            case "recreate":
                self._recreate()
            case _:
                self._change()

    def _read(self) -> JsonObject:
        """The object as it is now, and that it is still the one of the plan."""
        live = self._writer.get(self._target)
        if live is None:
            raise Moved("it was deleted since the plan was made")
        if told := going(live):
            raise Moved(told)
        if live["metadata"]["resourceVersion"] != self._action.resource_version:
            is_same = self._action.live_digest and content_digest(live) == self._action.live_digest
            if not is_same:
                raise Moved("somebody changed it since the plan was made")
        return live

    def _change(self) -> None:
        """Sent again where only the status moved meanwhile, as it does all the time."""
        if (live := self._surveyed()) is not None:
            try:
                return self._change_once(live)
            except ApiError as error:
                if error.status != _CONFLICT:
                    raise
        for _ in range(_MOST_TRIES - 1):
            try:
                return self._change_once(self._read())
            except ApiError as error:
                if error.status != _CONFLICT or not self._action.live_digest:
                    raise
        return self._change_once(self._read())

    def _surveyed(self) -> JsonObject | None:
        """The object as the survey read it a moment ago, which saves a request: the server refuses the change where it
        moved since. None where reports hide a part of it."""
        live = self._tools.survey.live(self._tools.drafts[self._action.id].resource)
        if live is None or not self._action.live_digest or content_digest(live) != self._action.live_digest:
            return None
        return live if live["metadata"].get("resourceVersion") == self._action.resource_version else None

    def _change_once(self, live: JsonObject) -> None:
        declared = self._declared()
        draft = self._tools.drafts[self._action.id]
        schema = self._schema(declared)
        wanted = desired(declared, live, draft.changes, schema)
        deployer = deployer_entry(live, declared, self._tools.managers) or self._usual_deployer(declared)
        if deployer is not None and not deployer.is_apply and (record := last_applied(live)) is not None:
            annotations = wanted["metadata"].get("annotations")
            if isinstance(annotations, dict) and LAST_APPLIED in annotations:
                annotations[LAST_APPLIED] = renewed_record(record, declared, draft, schema)
        self._begin(live, wanted)
        try:
            after = self._writer.patch(self._target, _locked(live, operations(live, wanted)), self._tools.manager)
        except ClusterError as error:
            after = self._carried_out(live, error)
        self.written = after
        if deployer is not None:
            self._hand_back(after, declared, deployer)

    def _carried_out(self, before: JsonObject, error: ClusterError) -> JsonObject:
        """The object where a sending was carried out and only its answer was lost, so that the second one was refused;
        raises the error where somebody else was faster."""
        if isinstance(error, ApiError) and error.status not in (_CONFLICT, _INVALID):
            raise error
        live = self._looked_up(error)
        if live is None or own_entries(live, self._tools.manager) in ([], own_entries(before, self._tools.manager)):
            raise error
        return live

    def finish(self) -> Result:
        """Of an action that was sent before the run was killed: the object is as it should be, its owner may not."""
        try:
            live, declared = self._writer.get(self._target), self._tools.actual.of(self._action)
            if told := going(live):
                return self._ended("failed", f"{told}; when it is gone, `remediate resume` goes on")
            if live is not None and declared is not None:
                self.written = live
                deployer = deployer_entry(_without(live, self._tools.manager), declared, self._tools.managers)
                deployer = deployer or self._usual_deployer(declared)
                if deployer is not None:
                    self._hand_back(live, declared, deployer)
        except ClusterError as error:
            return self._ended("failed", error.message)
        return self._ended("done", "it was sent before the run was interrupted")

    def _hand_back(self, after: JsonObject, declared: JsonObject, deployer: Entry) -> None:
        """Moves no value, so a status that moves meanwhile is no reason to give up."""
        draft = self._tools.drafts.get(self._action.id)
        given_up = [pointer_tokens(c.pointer) for c in draft.changes if c.type == "stale"] if draft else []
        self._tools.journal.write("hand-back", id=self._action.id, after=self._left())
        for tries in range(_MOST_TRIES):
            entries = handed_back(after, folded(declared), deployer, self._tools.manager, given_up)
            if entries is None:
                self.written = after
                return
            given = [{"op": "replace", "path": _MANAGED_FIELDS, "value": entries}]
            try:
                self.written = self._writer.patch(self._target, _locked(after, given), self._tools.manager)
                return
            except ApiError as error:
                if error.status != _CONFLICT or tries == _MOST_TRIES - 1:
                    raise
                after = self._writer.get(self._target) or after

    def _create(self, before: JsonObject | None) -> None:
        declared = self._declared()
        if before is None and self._writer.get(self._target) is not None:
            raise Moved("it exists by now")
        style = self._style()
        body = folded(style.dressed(declared, self._target.key))
        if before is None:
            self._begin(None)
        send = self._writer.apply if style.is_apply else self._writer.create
        begun = datetime.now(UTC)
        try:
            self.written = send(self._target, body, style.manager)
        except ClusterError as error:
            self.written = self._created(style.manager, begun, error)

    def _created(self, manager: str, begun: datetime, error: ClusterError) -> JsonObject:
        """The object where it was created and only the answer lost, so that a second sending was refused; raises the
        error where it is not there, or somebody else was faster."""
        if isinstance(error, ApiError) and error.status != _CONFLICT:
            raise error
        live = self._looked_up(error)
        if live is None or not is_written_at(live, begun, manager):
            raise error
        return live

    def _looked_up(self, error: ClusterError) -> JsonObject | None:
        """The object after a request of which it is not known what became of it; raises the error if nobody tells."""
        try:
            return self._writer.get(self._target)
        except ClusterError:
            raise error from None

    def _delete(self, live: JsonObject) -> None:
        self._begin(live)
        metadata = live["metadata"]
        try:
            self._writer.delete(self._target, metadata["uid"], metadata["resourceVersion"])
        except ApiError as error:
            if error.status != _NOT_FOUND or error.reason != "NotFound":  # it was deleted, and the answer lost
                raise

    def _recreate(self) -> None:
        live = self._read()
        self._declared()
        self._delete(live)
        if not wait_for(self._is_gone, self._tools.settings.remediation.wait_s):
            raise HeldError("it was deleted, but does not go: a finalizer holds it; `remediate resume` goes on")
        self._create(live)

    def _is_gone(self) -> bool:
        self._tools.renew(self._action.cluster)
        return self._writer.get(self._target) is None

    def _declared(self) -> JsonObject:
        found = self._tools.actual.of(self._action)
        if found is None:
            raise Moved("it is no longer declared, or its source could not be rendered again")
        return found

    def _schema(self, declared: JsonObject) -> TypeSchema | None:
        key, version = self._target.key, self._target.version
        return self._writer.cluster.schemas.type_for(key.group, version, key.kind) or shape.of_kind(
            key.group, version, key.kind
        )

    def _style(self) -> Style:
        """The way of the source's deployer, as its other live objects show it."""
        tools, part = self._tools, (self._action.cluster, self._action.source)
        if part not in tools.styles:
            tools.styles[part] = style_of(self._siblings(), tools.managers, tools.manager, self._writer.get)
        return tools.styles[part]

    def _usual_deployer(self, declared: JsonObject) -> Entry | None:
        """An empty entry of the source's deployer: nothing is left of it where somebody rewrote the object."""
        found = (deployer_entry(live, r.body, self._tools.managers) for live, r in self._siblings())
        entry = next((e for e in found if e is not None and e.manager != self._tools.manager), None)
        return replace(entry, trie={}, api_version=str(declared["apiVersion"])) if entry is not None else None

    def _siblings(self) -> Iterator[tuple[JsonObject, Subject]]:
        return self._tools.survey.siblings(self._action.cluster, self._action.source, self._action.id)

    def _begin(self, live: JsonObject | None, wanted: JsonObject | None = None) -> None:
        """The object before goes into the journal, but not the values of a Secret; and which places get which values,
        as a digest: by it `undo` knows the object again, also where the run ends before the answer."""
        is_sensitive = live is not None and self._is_sensitive(live)
        self._before = live
        written = places(live, wanted) if live is not None and wanted is not None else ()
        self._tools.journal.write(
            "begin",
            id=self._action.id,
            action=self._action.action,
            resource=self._action.resource,
            cluster=self._action.cluster,
            before=None if is_sensitive else live,
            sensitive=is_sensitive,
            sealed=self._sealed(live) if is_sensitive and live is not None else None,
            places=written,
            digest=self._digest(wanted, written, is_sensitive=is_sensitive) if written and wanted else "",
        )

    def _sealed(self, live: JsonObject) -> JsonObject | None:
        """What only the journal's key opens again; None without one."""
        key = self._tools.key
        return key.seal(live, place_of(self._tools.journal.run, self._action.id)) if key is not None else None

    def _digest(self, body: JsonObject, written: Sequence[str], *, is_sensitive: bool) -> str:
        if not is_sensitive:
            return places_digest(body, written)
        return self._tools.key.digest(places_text(body, written)) if self._tools.key is not None else ""

    def _ended(self, outcome: Outcome, message: str = "") -> Result:
        action = self._action
        is_sensitive = self.written is not None and self._is_sensitive(self.written)
        after = self._summary(is_sensitive=is_sensitive) if outcome == "done" else None
        self._tools.journal.write("end", id=action.id, result=outcome, message=message, after=after)
        return Result(action.id, action.resource, action.action, outcome, message)

    def _is_sensitive(self, body: JsonObject) -> bool:
        """Whether an object holds secret values, or (as the plan knows) copies of those of another one."""
        return self._action.sensitive or self._tools.redactor.covers(body)

    def _summary(self, *, is_sensitive: bool) -> JsonObject:
        """What identifies the object after the write, for `undo` to know it again; nothing where it was deleted."""
        written = self.written
        if written is None:
            return {}
        found = self._places()
        digest = self._digest(written, found, is_sensitive=is_sensitive)
        known = {name: written["metadata"].get(name) for name in ("uid", "resourceVersion")}
        return known | {"places": found, "digest": digest}

    def _left(self) -> JsonObject | None:
        """What the server made of the change, with its defaults, so that `undo` knows it even if the run ends here."""
        if self._before is None or self.written is None:
            return None
        return self._summary(is_sensitive=self._is_sensitive(self.written))

    def _places(self) -> tuple[str, ...]:
        is_new = self._action.action in ("create", "recreate")
        return places(None if is_new else self._before, self.written) if self.written else ()

    def fought(self, live: JsonObject | None) -> str:
        """How the object differs from what was written a moment ago, empty where it does not."""
        if live is None or self.written is None:
            return "it was deleted again"
        found = moved_places(self.written, live, self._places())
        return f"changed again: {', '.join(found[:3])}" if found else ""

    def _told(self, error: ApiError) -> str:
        """The server's words; for an object with secret values, which they may quote, only what kind of refusal."""
        declared = self._tools.actual.of(self._action)
        if declared is not None and self._is_sensitive(declared):
            return f"the server refused it: HTTP {error.status} {error.reason}".strip()
        if error.status == _CONFLICT or (error.status == _INVALID and "testing" in error.message):
            return f"somebody changed it at the same moment: {error.message}"
        return error.message[:_MESSAGE_CHARS]


def wait_for(is_true: Callable[[], bool], timeout_s: float) -> bool:
    """Whether it became true in time; asked every half second."""
    end = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() >= end:
            return False
        time.sleep(0.5)
    return True


def _locked(live: JsonObject, changes: Iterable[JsonObject]) -> list[JsonObject]:
    """A patch that the server takes for this version of the object alone (409 for any other)."""
    version = live["metadata"]["resourceVersion"]
    return [{"op": "replace", "path": "/metadata/resourceVersion", "value": version}, *changes]


def _without(live: JsonObject, manager: str) -> JsonObject:
    """The object as if a manager had no entry in it: it must not be taken for its own deployer."""
    entries = [e for e in live["metadata"].get("managedFields") or [] if e.get("manager") != manager]
    return {**live, "metadata": {**live["metadata"], "managedFields": entries}}
