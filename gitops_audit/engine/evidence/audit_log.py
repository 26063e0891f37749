"""Reads Kubernetes audit logs, line by line: of each only the writes to audited objects stay in memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from gitops_audit.drift.audit_log import Target, Writes, is_event
from gitops_audit.engine.case import Case, merged
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.subject import Subject
from gitops_audit.regular_file import open_named

MAX_LINE_BYTES = 4 * 1024 * 1024

MAX_BYTES = 64 << 30  # unpacked: half an hour of reading
MAX_PIPE_BYTES = 1 << 30  # what comes through a pipe stands in memory
MAX_RATIO = 200  # audit logs shrink to a twentieth at most; a bomb to a thousandth

MAX_UNUSABLE_LINES = 2_000_000

_FREE_BYTES = 64 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class _TooLarge(Exception):
    """What bounds the reading of a log; the message says why."""


@dataclass(slots=True)
class _File:
    """One log, and what of it could not be used."""

    path: Path
    too_long: int = 0
    unusable: int = 0
    usable: int = 0
    empty: int = 0

    def events(self) -> Iterator[JsonObject]:
        for line in self._lines():
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                event = None
            if is_event(event):
                self.usable += 1
                yield event
            else:
                self.unusable += 1

    def notes(self) -> Iterator[str]:
        if self.too_long:
            yield f"audit log {self.path}: lines over 4 MiB are skipped (limit: audit log line): {self.too_long}"
        if self.unusable:
            yield f"audit log {self.path}: lines that are no audit.k8s.io/v1 event in JSON: {self.unusable}"

    def _lines(self) -> Iterator[bytes]:
        try:
            with open_named(self.path, MAX_PIPE_BYTES) as file:
                stream, limit = _unpacked(file)
                size = 0
                while line := stream.readline(MAX_LINE_BYTES + 1):
                    if len(line) > MAX_LINE_BYTES:
                        self.too_long += 1
                        size += _skip_rest(line, stream, limit - size)
                    elif line.strip():
                        yield line
                    else:
                        self.empty += 1
                    size += len(line)
                    self._bound(size, limit)
        except (OSError, EOFError, zlib.error, _TooLarge) as error:
            raise self._unreadable(error) from error

    def _bound(self, size: int, limit: int) -> None:
        if size > limit:
            raise _TooLarge(f"it unpacks to more than {limit >> 20} MiB (limit: unpacked audit log)")
        idle = self.empty + self.unusable
        if idle > MAX_UNUSABLE_LINES and idle > 10 * self.usable:
            name = "(limit: audit log lines)"
            raise _TooLarge(f"more than {MAX_UNUSABLE_LINES} lines are no event: it is no audit log {name}")

    def _unreadable(self, error: Exception) -> ConfigError:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = "give a file of audit.k8s.io/v1 events, one in a line, plain or whole gzip, that you may read"
        return ConfigError(f"audit log {self.path} cannot be read: {reason}", code="GA125", hint=hint)


@dataclass(frozen=True, slots=True)
class AuditLogs:
    """What the logs of a run tell: of all its clusters, because an event does not say which cluster it is of."""

    writes: Writes = field(default_factory=Writes)
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, paths: Sequence[Path], resources: Collection[Subject]) -> AuditLogs:
        """The writes to these resources. Raises ConfigError (GA125) where a file cannot be read to its end."""
        files = [_File(path) for path in paths]
        names = {(r.key.namespace, r.key.name) for r in resources}
        writes = Writes.of((event for file in files for event in file.events()), names)
        return cls(writes, (*_shared(paths, resources), *(note for file in files for note in file.notes())))

    def attributed(self, cases: Sequence[Case], plural: Callable[[Subject], str]) -> Sequence[Case]:
        """The cases, with the users behind what drifted where a log knows them."""
        if not self.writes:
            return cases
        drifted = (case for case in cases if case.drift is not None and case.drift.status != "in-sync")
        return merged(cases, (self._attributed(case, plural(case.subject)) for case in drifted))

    def _attributed(self, case: Case, plural: str) -> Case:
        key = case.subject.key
        target = Target(key.group, plural, key.namespace, key.name)
        return replace(case, drift=self.writes.attributed(target, case.found))


def _shared(paths: Sequence[Path], resources: Collection[Subject]) -> Iterator[str]:
    clusters = sorted({r.key.cluster for r in resources})
    if paths and len(clusters) > 1:
        names = ", ".join(clusters)
        yield f"the audit logs are taken for all clusters of this run ({names}): audit one at a time to tell them apart"


def _unpacked(file: BinaryIO) -> tuple[BinaryIO, int]:
    """The lines of a log, packed or not, and how many bytes of them are read."""
    is_gzip = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if isinstance(file, io.BytesIO) and size > MAX_PIPE_BYTES:
        name = "(limit: pipe size)"
        raise _TooLarge(f"more than {MAX_PIPE_BYTES >> 20} MiB come from the pipe: write them to a file {name}")
    if not is_gzip:
        return file, MAX_BYTES
    return cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=file))), min(
        MAX_BYTES, max(_FREE_BYTES, size * MAX_RATIO)
    )


def _skip_rest(line: bytes, stream: BinaryIO, limit: int) -> int:
    """Goes on to the end of a line, or beyond the limit; gives back how many bytes that were."""
    size = 0
    while line and not line.endswith(b"\n") and size <= limit:
        line = stream.readline(MAX_LINE_BYTES)
        size += len(line)
    return size
