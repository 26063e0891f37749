"""The one way in which files are opened: to open a pipe may wait for ever, and a device may have no end.

What is found in a folder or in Git must be a regular file. What a person names (a kubeconfig, a configuration, a
recording, an audit log) may also be a pipe, as the shell makes one for `<(command)`; its bytes and the time to wait for
them are bounded.
"""

from __future__ import annotations

import io
import os
import select
import stat
import threading
import time
from pathlib import Path
from typing import BinaryIO

PIPE_S = 120
"""Seconds in which a pipe must come to its end."""

_CHUNK_BYTES = 1 << 16
_lock = threading.Lock()
_told: dict[tuple[str, int, int], bytes] = {}  # a pipe tells its content once, and may be asked for by each cluster


class NoRegularFile(OSError):
    """The path leads to something that cannot be read as a file; `strerror` says why."""


def open_regular(path: Path, *, follow_links: bool = True) -> BinaryIO:
    """The file, to be read. Raises OSError: NoRegularFile for directories, pipes, sockets and devices."""
    descriptor, status = _opened(path, 0 if follow_links else os.O_NOFOLLOW)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _no_regular_file(path, status)
    return os.fdopen(descriptor, "rb")


def start_of(path: Path, most_bytes: int) -> bytes:
    """The first bytes of a regular file, for what only looks around; none where it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(most_bytes)
    except OSError:
        return b""


def open_named(path: Path, max_bytes: int) -> BinaryIO:
    """A file that a person named, to be read from its start: a regular one, or all that a pipe tells.

    Of a pipe no more than one byte beyond `max_bytes` is read. Raises OSError: NoRegularFile for directories, sockets
    and devices, and for a pipe that has not come to its end after PIPE_S.
    """
    descriptor, status = _opened(path, 0)
    if not stat.S_ISFIFO(status.st_mode):
        os.close(descriptor)
        return open_regular(path)
    with os.fdopen(descriptor, "rb", buffering=0) as pipe, _lock:
        key = (str(path), status.st_dev, status.st_ino)
        if key not in _told:
            _told[key] = _drained(pipe.fileno(), path, max_bytes)
        return io.BytesIO(_told[key])


def is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _opened(path: Path, flags: int) -> tuple[int, os.stat_result]:
    """Looks before it opens too: to open a device may do something, and a socket cannot be opened at all."""
    try:
        status = os.stat(path)
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
            raise _no_regular_file(path, status)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    except ValueError:
        raise NoRegularFile(0, "its name holds a NUL character", str(path)) from None
    return descriptor, os.fstat(descriptor)


def _drained(descriptor: int, path: Path, max_bytes: int) -> bytes:
    ends = time.monotonic() + PIPE_S
    told = bytearray()
    readable = select.poll()
    readable.register(descriptor, select.POLLIN)
    while len(told) <= max_bytes:
        if not readable.poll(max(0.0, ends - time.monotonic()) * 1000):
            raise NoRegularFile(
                0, f"it is a pipe that did not come to its end within {PIPE_S} s (limit: pipe time)", str(path)
            )
        chunk = os.read(descriptor, min(_CHUNK_BYTES, max_bytes + 1 - len(told)))
        if not chunk:
            break
        told += chunk
    return bytes(told)


def _no_regular_file(path: Path, status: os.stat_result) -> NoRegularFile:
    return NoRegularFile(0, f"it is {_kind(status.st_mode)}, not a regular file", str(path))


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((word for is_kind, word in kinds if is_kind(mode)), "a device")
