"""What a command prints on a terminal of a given size."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path

# What a CI service or a person's shell sets, and what pytest, rich and click read: it changes what is written.
OUTER = ("CI", "BUILD_NUMBER", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS")


def printed(command: Sequence[str], folder: Path, columns: int, rows: int, **environment: str) -> str:
    """All that a command writes to a terminal as its stdout; its progress goes nowhere."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in OUTER}
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=inherited | {"TERM": "xterm-256color"} | environment,
    ):
        os.close(theirs)
        return _all_of(ours).decode().replace("\r\n", "\n")


def _all_of(descriptor: int) -> bytes:
    """Linux ends a terminal that nobody writes to any more with EIO."""
    found = b""
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:
            part = b""
        if not part:
            os.close(descriptor)
            return found
        found += part
