"""What must not outlive a run: temporary trees and the programs it started. A signal ends the run in good order.

A temporary tree may hold a repository in clear, Secrets included, and a renderer may run for minutes. So both are
registered here while they exist, and SIGINT, SIGTERM and SIGHUP release them before anything else happens. After that
the front end has `GRACE_S` to write its reports. What SIGKILL leaves is removed by the next run: it can lock a tree
that nobody holds any more.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

GRACE_S = 1.5
"""Seconds between a signal and the end of the process, whatever its threads are waiting for."""

_PREFIX = ".gitops-audit-tree-"
_NAME = re.compile(rf"{re.escape(_PREFIX)}[a-z0-9_]{{8}}")  # as mkdtemp makes them: no folder of a person is called so
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NEWBORN_S = 60  # a tree this young may not have been locked by its owner yet
_trees: set[Path] = set()
_processes: set[int] = set()
_is_ending = threading.Event()


class Interrupted(KeyboardInterrupt):
    """A signal ended the run. `exit_code` is what a shell shows for it: 128 and the signal's number."""

    def __init__(self, signal_number: int) -> None:
        self.name = signal.Signals(signal_number).name
        self.exit_code = 128 + signal_number
        super().__init__(f"interrupted by {self.name}")


@contextlib.contextmanager
def temporary_tree() -> Iterator[Path]:
    """An empty folder that only this user can read; gone afterwards, also where a signal ends the run."""
    _sweep(Path(tempfile.gettempdir()))
    tree = Path(tempfile.mkdtemp(prefix=_PREFIX))
    _trees.add(tree)
    try:
        with _locked(tree):
            yield tree
    finally:
        _remove(tree)
        if not _is_ending.is_set():
            _trees.discard(tree)


@contextlib.contextmanager
def process_group(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends a program, and whatever it started, when the block or the run ends.

    The program leads a session of its own (`start_new_session=True`). It is ended before it is waited for, so the
    number of its group cannot be another's by then.
    """
    _processes.add(process.pid)
    try:
        yield
    finally:
        _processes.discard(process.pid)
        if process.poll() is None:
            _kill_group(process.pid)


@contextlib.contextmanager
def ended_by_signals(*, grace_s: float | None = GRACE_S) -> Iterator[None]:
    """Lets signals raise Interrupted in the block, once what must not outlive the run is released.

    The process ends `grace_s` seconds after a signal; where that is None, only when it comes to its end.
    Only the main thread can be interrupted; elsewhere, and for signals that somebody else handles, nothing changes.
    """

    def interrupt(number: int, _: FrameType | None) -> None:
        _is_ending.set()
        atexit.register(release)  # by then no thread writes into a tree any more
        interrupted = Interrupted(number)
        if grace_s is not None:
            end_within(grace_s, interrupted.exit_code)
        release()
        raise interrupted

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = [n for n, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def release() -> None:
    """Ends the programs and removes the trees of this run. What a thread still writes into one is for a later call."""
    for group in tuple(_processes):
        _kill_group(group)
    for tree in tuple(_trees):
        _remove(tree)


def end_within(seconds: float, exit_code: int) -> None:
    """Ends the process after some seconds, even where a thread of it still waits for a server."""
    timer = threading.Timer(seconds, _end, [exit_code])
    timer.daemon = True
    timer.start()


def _end(exit_code: int) -> None:
    release()
    os._exit(exit_code)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _remove(tree: Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Removes the trees of runs that were killed. Only our own: another user's may be a trap, and a folder that a
    person called after this tool (`/tmp/gitops-audit-reports`) is none of them."""
    for tree in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = tree.lstat()
            is_old = found.st_mtime < time.time() - _NEWBORN_S
            is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if is_own and is_old and _NAME.fullmatch(tree.name) and stat.S_IMODE(found.st_mode) == stat.S_IRWXU:
                with _locked(tree):
                    _remove(tree)


@contextlib.contextmanager
def _locked(tree: Path) -> Iterator[None]:
    """Holds a tree as long as this process lives. Raises BlockingIOError where another one holds it."""
    handle = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
