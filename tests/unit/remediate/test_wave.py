"""Actions side by side: in their order, and none under way once the run has ended."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.liveset import LiveSet
from gitops_audit.live.writer import Target
from gitops_audit.model.finding import Problem
from gitops_audit.model.resource import Declared, ResourceKey
from gitops_audit.remediate.wave import read_again, side_by_side
from gitops_audit.remediate.writers import Writers


def targets(count: int) -> list[Target]:
    return [Target(ResourceKey("prod", "", "ConfigMap", "shop", f"cm-{n}"), "v1") for n in range(count)]


def writers(reads: list[int], *, problem: Problem | None = None) -> Writers:
    def read(wanted: Sequence[Declared]) -> LiveSet:
        reads.append(len(wanted))
        live = LiveSet()
        for resource in wanted:
            if problem is not None:
                live.add_problem((resource.key, resource.version), problem)
            elif resource.key.name == "cm-0":
                live.add_absent((resource.key, resource.version))
            else:
                live.add((resource.key, resource.version), {"metadata": {"name": resource.key.name}})
        return live

    writer = SimpleNamespace(cluster=SimpleNamespace(read=read))
    return cast("Writers", SimpleNamespace(of=lambda cluster: writer))


def test_results_come_in_the_order_of_the_actions() -> None:
    second = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second.wait(10)
        second.set()
        return number

    assert list(side_by_side(work, range(2))) == [0, 1]


def test_what_is_under_way_ends_before_the_run_does() -> None:
    begun, stopped, ended = threading.Event(), threading.Event(), []

    def work(number: int) -> int:
        if number == 0:
            assert begun.wait(10)
            raise KeyboardInterrupt
        begun.set()
        ended.append(stopped.wait(10))
        return number

    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(work, range(2), stopped.set))
    assert ended == [True]


def test_all_objects_of_a_wave_are_read_again_at_once() -> None:
    reads: list[int] = []
    wanted = targets(20)

    read = read_again(wanted, writers(reads))

    assert [read(target) for target in wanted] == [None, *({"metadata": {"name": f"cm-{n}"}} for n in range(1, 20))]
    assert reads == [20]


def test_what_cannot_be_read_again_is_an_error_of_its_own() -> None:
    wanted = targets(1)
    read = read_again(wanted, writers([], problem=Problem("GA305", "it may not be read")))
    with pytest.raises(ClusterError, match="may not be read"):
        read(wanted[0])
