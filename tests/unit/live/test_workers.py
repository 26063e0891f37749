from __future__ import annotations

import gc
import threading
from collections.abc import Iterable
from functools import partial

import pytest

from gitops_audit.live.workers import Step, run, without_garbage_collection


def test_steps_and_the_steps_they_ask_for_all_run() -> None:
    ran: list[int] = []

    def step(depth: int) -> Iterable[Step]:
        ran.append(depth)
        return [partial(step, depth - 1)] * 2 if depth else []

    run([partial(step, 3)], 4)
    assert sorted(ran) == [0] * 8 + [1] * 4 + [2] * 2 + [3]


def test_nothing_to_do_is_done() -> None:
    run([], 2)


def test_what_a_step_raises_is_raised() -> None:
    def failing() -> Iterable[Step]:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        run([failing], 1)


def test_no_more_threads_than_asked_for_are_used() -> None:
    names: set[str] = set()

    def step() -> Iterable[Step]:
        names.add(threading.current_thread().name)
        return ()

    run([step] * 50, 3)
    assert 1 <= len(names) <= 3


@pytest.mark.parametrize("was_enabled", [True, False])
def test_the_collector_is_afterwards_as_it_was_before(was_enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if was_enabled else gc.disable)()
    try:
        with without_garbage_collection():
            with without_garbage_collection():
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled() is was_enabled
    finally:
        (gc.enable if before else gc.disable)()
