"""The actions of one wave, side by side: they do not need each other, and a server answers several at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gitops_audit.errors import ClusterError
from gitops_audit.live.server import CONCURRENCY
from gitops_audit.live.writer import Target
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.writers import Writers

_FEW = 10  # so many objects of a kind are read one by one, more by one list

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")
_Group = tuple[str, str, str, str, str]


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


def read_again(targets: Sequence[Target], writers: Writers) -> Callable[[Target], JsonObject | None]:
    """How to read each of these objects as it is now: many of a kind by one list. What it gives raises ClusterError."""
    many = {group for group, count in Counter(map(_group, targets)).items() if count > _FEW}
    listed: dict[_Group, dict[str, JsonObject]] = {}
    for target in targets:
        group = _group(target)
        if group in many and group not in listed:
            try:
                listed[group] = _listed(target, writers)
            except ClusterError:  # each of them tells it then, if it stays so
                many.discard(group)

    def read(target: Target) -> JsonObject | None:
        found = listed.get(_group(target))
        return writers.of(target.key.cluster).get(target) if found is None else found.get(target.key.name)

    return read


def _group(target: Target) -> _Group:
    key = target.key
    return key.cluster, key.group, target.version, key.kind, key.namespace


def _listed(target: Target, writers: Writers) -> dict[str, JsonObject]:
    writer = writers.of(target.key.cluster)
    found = writer.cluster.scan(writer.api(target), target.key.namespace)
    return {item["metadata"]["name"]: item for item in found}
