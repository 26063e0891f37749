"""The report files of a run: opened before the audit, written after it, each whatever becomes of the others."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from gitops_audit.engine.shield import internal_error
from gitops_audit.errors import AuditError, ConfigError, ReportError
from gitops_audit.live.workers import without_garbage_collection
from gitops_audit.model.result import AuditResult
from gitops_audit.report.part_files import remove_parts, write_parts
from gitops_audit.report.registry import FORMATS

STDOUT = "-"
CANNOT_OPEN = "GA601"
CANNOT_WRITE = "GA602"


@dataclass(frozen=True, slots=True)
class _Opened:
    """One report: `descriptor` is open for writing, `is_new` says whether opening it made the file."""

    name: str
    target: str
    descriptor: int
    is_new: bool

    @property
    def is_file(self) -> bool:
        """Whether it is a file on a disk: not standard output, a pipe or a device."""
        return self.descriptor >= 0 and stat.S_ISREG(os.fstat(self.descriptor).st_mode)


class ReportFiles:
    """Context manager. On entry every file is opened, so that a path that cannot be written costs no audit.

    What stands in a file stays until its report is written. Folders that are missing are made; they, and a file that
    opening made, are removed where no report is written.
    """

    def __init__(
        self, targets: Mapping[str, str | None], choices: Mapping[str, str | None] = MappingProxyType({})
    ) -> None:
        """`targets`: the path of each report by the name of its option; None or empty: not asked for.

        `choices`: what was chosen of the formats, by the name of its option. `notes` are what was written otherwise
        than asked.
        """
        self._targets = {name: target for name, target in targets.items() if target}
        self._choices = choices
        self._opened: list[_Opened] = []
        self._folders: set[Path] = set()
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        """Raises ConfigError (GA601) for a path that cannot be written, or that two reports share."""
        try:
            for name, target in self._targets.items():
                self._opened.append(self._open(name, target))
        except ConfigError:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def write(self, result: AuditResult) -> list[AuditError]:
        """Writes every report; gives what went wrong, one error a file. Standard output comes last: its reader may
        have gone, which is raised as BrokenPipeError."""
        self._opened.sort(key=lambda opened: opened.target == STDOUT)
        with without_garbage_collection():  # it would walk all that was found, again and again, and find nothing
            return [error for opened in self._taken() for error in self._written(opened, result)]

    def _written(self, opened: _Opened, result: AuditResult) -> Iterator[AuditError]:
        format_ = FORMATS[opened.name]
        make = format_.parts if opened.is_file else format_.whole
        try:
            documents = make(result, **format_.chosen(self._choices))
        except Exception as error:
            if opened.target != STDOUT:
                os.close(opened.descriptor)
            yield internal_error(error)
            return
        try:
            self._put(opened, documents)
        except BrokenPipeError:
            raise
        except OSError as error:
            message = f"the {opened.name} report could not be written to {opened.target}: {_reason(error)}"
            yield ReportError(message, code=CANNOT_WRITE, hint="the audit itself was made; the file is not complete")

    def _put(self, opened: _Opened, documents: Sequence[bytes]) -> None:
        if len(documents) == 1:
            if opened.is_file:
                remove_parts(opened.target)
            _put(opened, documents[0])
            return
        os.close(opened.descriptor)
        self.notes.append(f"{opened.name}: {write_parts(opened.target, documents)}")

    def _taken(self) -> Iterator[_Opened]:
        while self._opened:
            yield self._opened.pop(0)

    def _close(self) -> None:
        for opened in self._taken():
            if opened.target != STDOUT:
                os.close(opened.descriptor)
            if opened.is_new:
                with suppress(OSError):
                    os.unlink(opened.target)
        for folder in sorted(self._folders, reverse=True):
            with suppress(OSError):  # what was written stands in it
                folder.rmdir()

    def _open(self, name: str, target: str) -> _Opened:
        twin = next((o for o in self._opened if o.target == target), None)
        if twin is not None:
            raise ConfigError(f"the reports {twin.name} and {name} go to the same file: {target}", code=CANNOT_OPEN)
        try:
            if target == STDOUT:
                return _Opened(name, target, -1, is_new=False)
            is_new = not os.path.lexists(target)
            self._make(Path(target).parent)
            return _Opened(name, target, _writable(target), is_new)
        except (OSError, ValueError) as error:
            message = f"the {name} report cannot be written to {target}: {_reason(error)}"
            raise ConfigError(message, code=CANNOT_OPEN, hint="name a file in a folder that you may write to") from None

    def _make(self, folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        if missing:
            self._folders.update(missing)
            folder.mkdir(parents=True)


def _writable(target: str) -> int:
    """A pipe that nobody reads is an error, not a wait for its reader."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    os.set_blocking(descriptor, True)
    return descriptor


def _put(opened: _Opened, document: bytes) -> None:
    if opened.target == STDOUT:
        sys.stdout.buffer.write(document)
        sys.stdout.flush()
        return
    is_file = opened.is_file
    with os.fdopen(opened.descriptor, "wb") as file:
        if is_file:
            file.truncate(0)
        file.write(document)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
