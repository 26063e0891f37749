"""The journal of a run: one line an event, on the disk before the request that it announces.

Whatever ends a run, its journal says what was done, what was about to be done, and how each object was before.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from gitops_audit.errors import ConfigError, RemediationError
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.document import Action, Plan, rfc3339
from gitops_audit.remediate.result import Outcome
from gitops_audit.remediate.state import private_folder, state_folder

NOT_WRITTEN, NO_RUN, USED = "GA508", "GA509", "GA507"


class Journal:
    """Appends to `RUN.jsonl`. Raises RemediationError where a line cannot be written: then nothing may be sent.

    Safe for threads: lines that are written at the same time are synced together, by one of those who wait for it.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._gate, self._disk = threading.Lock(), threading.Lock()
        self._waiting: list[bytes] = []
        self._given = self._synced = 0
        self._failure: OSError | None = None

    @property
    def run(self) -> str:
        return self.path.stem

    @classmethod
    def begun(cls, folder: Path, now: datetime) -> Journal:
        """A new one. Raises RemediationError."""
        run = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        return cls._opened(folder / f"{run}.jsonl", os.O_CREAT | os.O_EXCL)

    @classmethod
    def continued(cls, folder: Path, run: str) -> Journal:
        """That of an earlier run, without the half line that its end may have left. Raises RemediationError."""
        journal = cls._opened(_path(folder, run), 0)
        text = journal.path.read_bytes()
        if not text.endswith(b"\n"):
            os.ftruncate(journal._descriptor, text.rfind(b"\n") + 1)
        return journal

    @classmethod
    def _opened(cls, path: Path, flags: int) -> Journal:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | flags, 0o600)
        except OSError as error:
            raise _not_written(path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            message = f"another process writes the journal of run {path.stem}"
            raise RemediationError(message, code=NOT_WRITTEN, hint="wait until it ends") from None
        return cls(path, descriptor)

    def write(self, event: str, **facts: object) -> None:
        """On the disk when this returns. Once a line could not be written, none can."""
        line = {"event": event, "time": rfc3339(datetime.now(UTC)), **facts}
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._gate:
            self._waiting.append(data)
            self._given += 1
            ticket = self._given
        with self._disk:
            if self._synced < ticket and self._failure is None:
                self._sync()
            if self._synced < ticket:
                raise _not_written(self.path, self._failure or OSError(0, "it is closed")) from None

    def _sync(self) -> None:
        with self._gate:
            lines, self._waiting, last = self._waiting, [], self._given
        size = os.fstat(self._descriptor).st_size
        try:
            data = b"".join(lines)
            if os.write(self._descriptor, data) != len(data):
                raise OSError(0, "no space left for a whole line")
            os.fsync(self._descriptor)
            self._synced = last
        except OSError as error:
            os.ftruncate(self._descriptor, size)
            self._failure = error

    def close(self) -> None:
        """A run that was refused before its first line leaves no journal."""
        with self._disk:
            self._failure = self._failure or OSError(0, "it is closed")
            if os.fstat(self._descriptor).st_size == 0:
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class Step:
    """What a journal says of one action: whether it was begun, how the object was before, and how it ended.

    Of a sensitive object `before` is None, and `sealed` what a key opens, where there was one.
    """

    id: str
    before: JsonObject | None = None
    is_sensitive: bool = False
    result: str = ""
    after: JsonObject | None = None
    begun_at: str = ""
    places: tuple[str, ...] = ()
    digest: str = ""
    sealed: JsonObject | None = None

    def left(self) -> JsonObject:
        """What the run left, or was about to leave: the places that it wrote, and the digest of their values."""
        return self.after or {"places": self.places, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Record:
    """A journal that was read: the plan, and the steps that were begun, in their order."""

    run: str
    plan: Plan
    field_manager: str
    steps: tuple[Step, ...]
    is_undone: bool = False


def journal_folder(path: Path | None) -> Path:
    """Where the journals are. Raises RemediationError."""
    return private_folder(path or state_folder() / "journal")


def read_record(folder: Path, run: str) -> Record:
    """Raises ConfigError where there is no such run."""
    path = _path(folder, run)
    try:
        return _record(path.stem, _whole(path))
    except (OSError, LookupError, TypeError, AttributeError, ValueError):
        raise ConfigError(f"the journal {path} cannot be read: it is damaged", code=NO_RUN, hint=_DAMAGED) from None


def _record(run: str, lines: Sequence[JsonObject]) -> Record:
    """Raises LookupError, TypeError and ValueError for what no run wrote."""
    if lines[0]["event"] != "run":
        raise ValueError
    steps: dict[str, Step] = {}
    is_undone = False
    for line in lines[1:]:
        key = str(line.get("id", ""))
        is_undone = is_undone or (line["event"] == "undone" and line["result"] == "done")
        if line["event"] == "begin" and key not in steps:
            written = tuple(map(str, line.get("places") or ()))
            steps[key] = Step(
                key,
                line.get("before"),
                bool(line.get("sensitive")),
                begun_at=str(line.get("time")),
                places=written,
                digest=str(line.get("digest", "")),
                sealed=line.get("sealed"),
            )
        elif line["event"] == "end" and key in steps:
            after = line.get("after") or steps[key].after
            steps[key] = replace(steps[key], result=str(line["result"]), after=after)
        elif line["event"] == "hand-back" and key in steps:
            steps[key] = replace(steps[key], after=line.get("after") or steps[key].after)
    plan = Plan.from_json(lines[0]["plan"])
    actions = {action.id: action for action in plan.actions}
    if not all(_fits(step, actions[step.id]) for step in steps.values()):
        raise ValueError
    return Record(run, plan, str(lines[0]["fieldManager"]), tuple(steps.values()), is_undone)


def _fits(step: Step, action: Action) -> bool:
    """Whether a step is one that a run writes of its action: an undo deletes what was not there before, so a lost part
    of a line, or a line of another object, must not say so. Raises LookupError and TypeError as well."""
    if step.result not in ("", *get_args(Outcome)):
        return False
    if step.is_sensitive or action.action == "create":
        return step.before is None
    return step.before is not None and step.before["metadata"]["name"] == action.key.name


def check_unused(folder: Path, plan: Plan) -> None:
    """Raises RemediationError where a run with this plan was begun here."""
    for path in sorted(filter(Path.is_file, folder.glob("*.jsonl"))):
        first = next(_lines(path), {})
        if first.get("digest") == plan.digest:
            hint = f"`gitops-audit remediate resume {path.stem}` goes on with that run; or make a new plan"
            raise RemediationError(f"the plan was used already, by run {path.stem}", code=USED, hint=hint)


def _whole(path: Path) -> list[JsonObject]:
    """All lines; only the last may be half of one. Raises ValueError where others cannot be read."""
    lines = list(_lines(path))
    with path.open("rb") as file:
        if sum(line.endswith(b"\n") for line in file) > len(lines):
            raise ValueError
    return lines


def _lines(path: Path) -> Iterator[JsonObject]:
    with path.open("rb") as file:
        for line in file:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                return
            if not isinstance(found, dict):
                return
            yield found


def _path(folder: Path, run: str) -> Path:
    path = folder / f"{Path(run).name.removesuffix('.jsonl')}.jsonl"
    if path.is_file():
        return path
    known = ", ".join(p.stem for p in sorted(folder.glob("*.jsonl"))[-5:]) or "none"
    raise ConfigError(f"there is no run {run!r}", code=NO_RUN, hint=f"the last ones: {known}")


_DAMAGED = "put back a copy of it, or repair the objects by a new plan; nothing was written"


def _not_written(path: Path, error: OSError) -> RemediationError:
    hint = "nothing is sent that is not in the journal; `--journal DIR` writes it elsewhere"
    return RemediationError(f"the journal {path} cannot be written: {error.strerror}", code=NOT_WRITTEN, hint=hint)
