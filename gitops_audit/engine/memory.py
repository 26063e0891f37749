"""Keeps Python's cycle collector out of bulk work, and gives it back what an audit held when the audit is closed."""

from __future__ import annotations

import atexit
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gitops_audit.live.workers import without_garbage_collection

_lock = threading.Lock()
_holders = 0

# A process that ends has its memory back at once: the collector need not walk all of it once more.
atexit.register(gc.freeze)


class Holder:
    """What one audit holds until it is closed.

    Reading a cluster makes millions of objects that all stay. The collector would walk them again and again, and find
    nothing: it rests meanwhile, and what is there afterwards is frozen, which leaves it out of later walks. Python can
    only unfreeze everything, so the last of several audits in a process does. What a program froze itself stays frozen:
    then an audit freezes nothing.
    """

    def __init__(self) -> None:
        self._is_holding = False

    @contextmanager
    def bulk_work(self) -> Iterator[None]:
        with without_garbage_collection():
            try:
                yield
            finally:
                self.hold()

    def hold(self) -> None:
        """Freezes what is there, until `release`."""
        global _holders
        with _lock:
            if _holders == 0 and gc.get_freeze_count():
                return
            _holders += not self._is_holding
            self._is_holding = True
            gc.freeze()

    def release(self) -> None:
        """May be called more than once."""
        global _holders
        with _lock:
            if not self._is_holding:
                return
            self._is_holding = False
            _holders -= 1
            if _holders == 0:
                gc.unfreeze()
