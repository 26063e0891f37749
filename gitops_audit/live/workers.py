"""Runs steps on a bounded number of threads; a step may ask for further ones, which is how a read is narrowed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeAlias

_collector = threading.Lock()
_pauses = 0
_was_enabled = False

Step: TypeAlias = "Callable[[], Iterable[Step]]"


def run(steps: Iterable[Step], concurrency: int) -> None:
    """Returns when every step, and every step a step asked for, is done. Raises what a step raises; the rest stops."""
    done: SimpleQueue[Future[Iterable[Step]]] = SimpleQueue()
    with threads(concurrency, "live") as pool:
        running = _submit(pool, steps, done)
        while running:
            running += _submit(pool, done.get().result(), done) - 1


@contextmanager
def threads(count: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Threads for the block. An error cancels what has not begun; a signal does not wait for what has."""
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    try:
        yield pool
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _submit(pool: ThreadPoolExecutor, steps: Iterable[Step], done: SimpleQueue[Future[Iterable[Step]]]) -> int:
    submitted = [pool.submit(step) for step in steps]
    for future in submitted:
        future.add_done_callback(done.put)
    return len(submitted)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """For parsing much JSON, which holds no cycles: the collector would visit it all again and again, half of the time.

    Several threads may be within at once; the last one out restores what the first one found.
    """
    global _pauses, _was_enabled
    with _collector:
        _was_enabled = gc.isenabled() if _pauses == 0 else _was_enabled
        _pauses += 1
        gc.disable()
    try:
        yield
    finally:
        with _collector:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                gc.enable()
