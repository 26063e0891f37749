"""How far a long stage is, told every few seconds: a log should neither be silent for minutes nor hold a line for each
source.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_EVERY_S = 5.0


class Pace:
    """Counts what is done of a stage. Safe for threads."""

    def __init__(
        self, what: str, tell: Callable[[str], None] | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`what` is done, as in `3 of 90 sources rendered`; `tell` takes the lines."""
        self._what, self._tell, self._clock = what, tell, clock
        self._lock = threading.Lock()
        self._total = self._count = 0
        self._started = self._told = clock()

    def expect(self, count: int) -> None:
        """More is to be done."""
        with self._lock:
            self._total += count

    def step(self) -> None:
        """One more is done; says so where nothing was said for a while."""
        with self._lock:
            self._count += 1
            now = self._clock()
            is_due = now - self._told >= _EVERY_S and self._count < self._total
            self._told = now if is_due else self._told
            count, total = self._count, self._total
        if is_due and self._tell is not None:
            self._tell(f"{count} of {total} {self._what} ({count / (now - self._started):.1f} a second)")
