"""How far a command is, on stderr: a bar with rate and time left on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from gitops_audit.cli import console
from gitops_audit.engine.events import Stage
from gitops_audit.model.how_many import several
from gitops_audit.model.printable import printable
from gitops_audit.report.progress import ProgressLines, now

if TYPE_CHECKING:
    from rich.progress import ProgressColumn, TaskID

# What is over before that shows nothing.
_FIRST_S = 1.0


class Progress:
    """Shows the stages of a run while it is entered; nothing when quiet. It never ends a run."""

    def __init__(self, *, is_quiet: bool) -> None:
        is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = None if is_quiet else Bars() if is_terminal else ProgressLines(console.complain)

    def __enter__(self) -> Progress:
        if self._shown is not None:
            self._shown.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown is not None:
            self._shown.__exit__(kind, error, trace)

    def stage(self, stage: Stage) -> None:
        """How far a stage is."""
        if self._shown is not None:
            self._shown.stage(stage)


class Bars:
    """A bar for each stage, which disappears with the run."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[count]}", markup=False),
            _rate_column(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._lock = threading.Lock()
        self._start = threading.Timer(_FIRST_S, self._begin)
        self._start.daemon = True

    def __enter__(self) -> Bars:
        self._start.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._start.cancel()
        with self._lock, suppress(OSError):
            self._bars.stop()

    def stage(self, stage: Stage) -> None:
        """Moves the bar of a stage. One without a total goes when another one is heard of."""
        key = stage.verb, stage.where
        with self._lock:
            if key not in self._tasks:
                self._drop_uncounted()
                self._tasks[key] = self._bars.add_task(_words(stage), total=None, count="")
            under_way = f" {now(stage)}" if stage.now else ""
            count = f"{stage.done}/{stage.total}{under_way}" if stage.total else ""
            task = self._tasks[key]
            self._bars.update(
                task, total=stage.total or None, completed=stage.done, count=count, visible=not stage.is_over
            )

    def _begin(self) -> None:
        with self._lock, suppress(OSError):
            if not self._start.finished.is_set():
                self._bars.start()

    def _drop_uncounted(self) -> None:
        for key, task in list(self._tasks.items()):
            if self._bars.tasks[self._bars.task_ids.index(task)].total is None:
                self._bars.remove_task(task)
                del self._tasks[key]


def _rate_column() -> ProgressColumn:
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many are done in a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f}/s" if task.speed else "")

    return Rate()


def _words(stage: Stage) -> str:
    return printable(
        " ".join(
            filter(None, (stage.verb, stage.what and several(stage.what), f"on {stage.where}" if stage.where else ""))
        )
    )
