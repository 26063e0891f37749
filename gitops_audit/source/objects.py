"""Reads objects from Git's database, thousands at a time, through one `git cat-file` process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from gitops_audit.errors import SourceError
from gitops_audit.source.command import GitCommand, stop

CORRUPT = "GA207"
PARTIAL = (
    "the repository is a partial clone, and nothing is fetched for it: `git fetch --refetch --no-filter` gets the rest"
)
FSCK = "`git fsck` tells what the repository lacks; a fresh clone replaces it"

# Requests sent ahead of the answers: far less than a pipe holds, so that neither side can block the other.
_AHEAD = 256


class ObjectReader:
    """Gives objects by id. Safe for threads: single reads share one process, mass reads have their own."""

    def __init__(self, git: GitCommand) -> None:
        self._git = git
        self._lock = threading.Lock()
        self._process: Any = None

    def content(self, object_id: str) -> bytes:
        """One object. Raises SourceError."""
        with self._lock:
            if self._process is None:
                self._process = self._git.start("cat-file", "--batch", has_input=True)
            _ask(self._process, [object_id])
            return self._answer(self._process, object_id)

    def contents(self, object_ids: Sequence[str]) -> Iterator[bytes]:
        """Many objects, in order. Raises SourceError."""
        with self._git.process("cat-file", "--batch", has_input=True) as process:
            for chunk in _chunks(object_ids):
                _ask(process, chunk)
                for object_id in chunk:
                    yield self._answer(process, object_id)

    def sizes(self, object_ids: Sequence[str]) -> Iterator[int]:
        """The sizes of many objects in bytes, without reading them. Raises SourceError."""
        with self._git.process("cat-file", "--batch-check", has_input=True) as process:
            for chunk in _chunks(object_ids):
                _ask(process, chunk)
                for object_id in chunk:
                    yield self._size(process, object_id)

    def close(self) -> None:
        with self._lock:
            if self._process is not None:
                stop(self._process)
            self._process = None

    def _answer(self, process: Any, object_id: str) -> bytes:
        size = self._size(process, object_id)
        data: bytes = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise self._corrupt(process, object_id)
        return data[:-1]

    def _size(self, process: Any, object_id: str) -> int:
        header = process.stdout.readline().split()
        if len(header) != 3 or not header[2].isdigit():
            raise self._corrupt(process, object_id)
        return int(header[2])

    def _corrupt(self, process: Any, object_id: str) -> SourceError:
        process.stdin.close()
        reason = self._git.scrubbed(process.stderr.read().decode("utf-8", "replace"))
        message = f"the object {object_id} of {self._git.folder} cannot be read"
        hint = PARTIAL if "promisor" in reason or "not allowed" in reason else FSCK
        return SourceError(f"{message}: {reason}" if reason else message, code=CORRUPT, hint=hint)


def _chunks(object_ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(object_ids)
    while chunk := list(islice(rest, _AHEAD)):
        yield chunk


def _ask(process: Any, object_ids: list[str]) -> None:
    process.stdin.write("".join(f"{object_id}\n" for object_id in object_ids).encode())
    process.stdin.flush()
