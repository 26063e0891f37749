"""How far a run is, as a line every few seconds, so that a log is neither silent for minutes nor full of progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from gitops_audit.engine.events import Stage
from gitops_audit.model.how_many import how_many, several
from gitops_audit.model.printable import printable
from gitops_audit.report.diff import shortened

MAX_NAME_CHARS = 60
# What is over before the first line needs none.
FIRST_S, EVERY_S = 2.0, 10.0


class Running:
    """The stages that are not over, each with its beginning. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._stages: dict[tuple[str, str], tuple[float, Stage]] = {}

    def note(self, stage: Stage) -> None:
        """Takes in how far a stage is. One without a total is over when another one is heard of."""
        key = stage.verb, stage.where
        with self._lock:
            begun = self._stages[key][0] if key in self._stages else self._clock()
            self._stages = {k: v for k, v in self._stages.items() if v[1].total and k != key}
            if not stage.is_over:
                self._stages[key] = begun, stage

    def line(self) -> str:
        """All that runs, printable; empty where nothing does."""
        with self._lock:
            running = list(self._stages.values())
        return "; ".join(_told(stage, self._clock() - begun) for begun, stage in running)


class ProgressLines:
    """Tells the line every few seconds while it is entered, from a thread of its own."""

    def __init__(self, tell: Callable[[str], None], first_s: float = FIRST_S, every_s: float = EVERY_S) -> None:
        self._tell, self._first_s, self._every_s = tell, first_s, every_s
        self._running = Running()
        self._ended = threading.Event()

    def __enter__(self) -> ProgressLines:
        self._running, self._ended = Running(), threading.Event()
        threading.Thread(target=self._tell_all, args=(self._ended,), name="progress", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def stage(self, stage: Stage) -> None:
        """How far a stage is; what is nothing but a message is told at once."""
        if stage.what:
            self._running.note(stage)
        else:
            self._tell(printable(stage.verb))

    def _tell_all(self, ended: threading.Event) -> None:
        wait_s = self._first_s
        while not ended.wait(wait_s):
            if line := self._running.line():
                self._tell(line)
            wait_s = self._every_s


def name(stage: Stage) -> str:
    """`rendered 3 of 90 sources (now shop)`, `checked 500 of 2000 resources on prod`; printable."""
    what = f"{stage.done} of {how_many(stage.total, stage.what)}" if stage.total else several(stage.what)
    where = f" on {stage.where}" if stage.where else ""
    return printable(f"{stage.verb} {what}{where}") + (f" (now {now(stage)})" if stage.now else "")


def now(stage: Stage) -> str:
    """What is under way; printable."""
    first, *others = stage.now
    return printable(shortened(first, MAX_NAME_CHARS)) + (f" and {len(others)} more" if others else "")


def _told(stage: Stage, elapsed_s: float) -> str:
    told = f"{name(stage)}, {elapsed_s:.0f} s"
    rate = stage.done / elapsed_s if elapsed_s > 0 else 0
    if not rate or not stage.total:
        return told
    pace = f"{rate:.{0 if rate >= 10 else 1}f} a second"
    return f"{told} ({pace}, about {(stage.total - stage.done) / rate:.0f} s left)"
