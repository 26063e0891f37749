"""Runs steps on a bounded number of threads; a step may ask for further ones, which is how a read is narrowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeAlias

Step: TypeAlias = "Callable[[], Iterable[Step]]"


def run(steps: Iterable[Step], concurrency: int) -> None:
    """Returns when every step, and every step a step asked for, is done. Raises what a step raises; the rest stops."""
    done: SimpleQueue[Future[Iterable[Step]]] = SimpleQueue()
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="live")
    try:
        running = _submit(pool, steps, done)
        while running:
            running += _submit(pool, done.get().result(), done) - 1
    finally:
        pool.shutdown(cancel_futures=True)


def _submit(pool: ThreadPoolExecutor, steps: Iterable[Step], done: SimpleQueue[Future[Iterable[Step]]]) -> int:
    submitted = [pool.submit(step) for step in steps]
    for future in submitted:
        future.add_done_callback(done.put)
    return len(submitted)
