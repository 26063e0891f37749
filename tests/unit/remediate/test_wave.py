"""Actions side by side: in their order, and none under way once the run has ended."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.writer import Target
from gitops_audit.model.resource import JsonObject, ResourceKey
from gitops_audit.remediate.wave import read_again, side_by_side
from gitops_audit.remediate.writers import Writers


def targets(count: int) -> list[Target]:
    return [Target(ResourceKey("prod", "", "ConfigMap", "shop", f"cm-{n}"), "v1") for n in range(count)]


def writers(got: list[str], *, is_listable: bool = True) -> Writers:
    def scan(api: str, namespace: str) -> list[JsonObject]:
        if not is_listable:
            raise ClusterError("no")
        return [{"metadata": {"name": f"cm-{n}"}} for n in range(20)]

    def get(target: Target) -> JsonObject:
        got.append(target.key.name)
        return {"metadata": {"name": target.key.name}}

    writer = SimpleNamespace(cluster=SimpleNamespace(scan=scan), api=lambda target: "configmaps", get=get)
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


@pytest.mark.parametrize(
    ("count", "is_listable", "gets"), [(10, True, 10), (11, True, 0), (11, False, 11)], ids=["few", "many", "no list"]
)
def test_many_objects_of_a_kind_are_read_again_by_one_list(count: int, is_listable: bool, gets: int) -> None:
    got: list[str] = []
    wanted = targets(count)

    read = read_again(wanted, writers(got, is_listable=is_listable))

    assert [cast("Any", read(target))["metadata"]["name"] for target in wanted] == [t.key.name for t in wanted]
    assert len(got) == gets
