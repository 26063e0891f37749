"""Opens regular files only: to open a pipe may wait for ever, and a device may have no end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NoRegularFile(OSError):
    """The path leads to something that is no regular file; `strerror` says to what."""


def open_regular(path: Path) -> BinaryIO:
    """The file, to be read. Raises OSError: NoRegularFile for directories, pipes, sockets and devices."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError:
        raise NoRegularFile(0, "its name holds a NUL character", str(path)) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise NoRegularFile(0, f"it is {_kind(mode)}, not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((word for is_kind, word in kinds if is_kind(mode)), "a device")
