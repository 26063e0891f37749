"""The actions of one wave, side by side: they do not need each other, and a server answers several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gitops_audit.errors import ClusterError
from gitops_audit.live.server import CONCURRENCY
from gitops_audit.live.writer import Target
from gitops_audit.model.resource import NOWHERE, Declared, JsonObject
from gitops_audit.remediate.writers import Writers

Read = Callable[[Target], JsonObject | None]

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")


def side_by_side(
    work: Callable[[_Work], _Done], items: Iterable[_Work], stop: Callable[[], None] = lambda: None
) -> Iterator[_Done]:
    """What each gives, in their order. What ends the run calls `stop`, and waits for what is under way: it is in the
    journal, and nothing may be written once the lock is gone."""
    pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="repair")
    try:
        yield from pool.map(work, items)
    except BaseException:
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def read_again(targets: Sequence[Target], writers: Writers) -> Read:
    """How to read each of these objects as it is now; they are read here, many of a kind by one list. What it gives
    raises ClusterError."""
    wanted = {target: Declared(target.key, "", target.version, {}, NOWHERE) for target in targets}
    clusters = {target.key.cluster for target in targets}
    read = {
        name: writers.of(name).cluster.read([d for t, d in wanted.items() if t.key.cluster == name])
        for name in clusters
    }

    def found(target: Target) -> JsonObject | None:
        live = read[target.key.cluster]
        if (problem := live.problem(wanted[target])) is not None:
            raise ClusterError(problem.message, code=problem.code)
        return live.get(wanted[target])

    return found
