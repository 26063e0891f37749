"""Counts what is done of a stage, and tells each step: who listens chooses how often to say it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from gitops_audit.engine.events import OnProgress, Stage

_T = TypeVar("_T")


class Pace:
    """Safe for threads. Without a listener it costs next to nothing."""

    def __init__(self, stage: Stage, tell: OnProgress | None) -> None:
        """`stage` has the words and the total, as far as it is known."""
        self._stage, self._tell = stage, tell
        self._lock = threading.Lock()

    def expect(self, count: int) -> None:
        """More is to be done."""
        self.heard(0, count)

    def step(self, count: int = 1) -> None:
        """That many more are done."""
        self.heard(count, 0)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """One that has a name is under way, and done when it is left, whatever came of it."""
        with self._lock:
            self._stage = replace(self._stage, now=(*self._stage.now, name))
        self.heard(0, 0)
        try:
            yield
        finally:
            with self._lock:
                rest = list(self._stage.now)
                rest.remove(name)
                self._stage = replace(self._stage, now=tuple(rest))
            self.step()

    def over(self, things: Iterable[_T], every: int = 500) -> Iterator[_T]:
        """The things, of which each that was asked for and left behind is done; told once for `every` of them."""
        waiting = 0
        for thing in things:
            yield thing
            waiting += 1
            if waiting == every:
                self.step(waiting)
                waiting = 0
        if waiting:
            self.step(waiting)

    def heard(self, done: int, total: int) -> None:
        """That many more are done, and that many more are to be done."""
        if self._tell is None:
            return
        with self._lock:
            stage = self._stage
            self._stage = replace(stage, done=stage.done + done, total=stage.total + total)
            self._tell(self._stage)
