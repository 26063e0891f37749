"""Where an object is that is missing in its namespace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_audit.engine.case import Case
from gitops_audit.engine.evidence.elsewhere import Elsewhere
from gitops_audit.live import LiveSet
from gitops_audit.live.liveset import identity
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import Declared
from tests.unit.engine.doubles import FakeCluster, config_map, declared, missing, modified


def told(cluster: FakeCluster, *cases: Case, inventory: tuple[Declared, ...] = ()) -> list[str]:
    found = Elsewhere(cluster, inventory).told(cases, LiveSet())
    return [case.drift.reason if case.drift else "" for case in found]


@pytest.mark.parametrize(
    ("namespaces", "words"),
    [
        (["web"], "in namespace web:"),
        (["a", "b"], "in namespaces a, b:"),
        (["a", "b", "c", "d", "e"], "in namespaces a, b, c and 2 more:"),
    ],
)
def test_the_other_namespaces_are_told_with_a_question(namespaces: list[str], words: str) -> None:
    [reason] = told(FakeCluster(elsewhere={"settings": namespaces}), missing())
    assert words in reason
    assert reason.endswith("is the namespace of the source right?")


def test_what_the_lists_have_shown_costs_no_request() -> None:
    cluster, read, case = FakeCluster(), LiveSet(), missing()
    read.add_absent(identity(case.declared), ["web"])
    [found] = Elsewhere(cluster, ()).told([case], read)
    assert "in namespace web:" in found.found.reason
    assert cluster.asked == []


def test_an_object_that_a_source_declares_there_is_another_one() -> None:
    there = declared(config_map(namespace="web"))
    assert told(FakeCluster(elsewhere={"settings": ["web"]}), missing(), inventory=(there,)) == [""]


def test_the_reason_that_is_known_stands_first() -> None:
    case = replace(missing(), drift=Drift("missing", reason="a hook"))
    [reason] = told(FakeCluster(elsewhere={"settings": ["web"]}), case)
    assert reason.startswith("a hook; an object of this kind")


@pytest.mark.parametrize(
    "case",
    [modified(), Case(declared()), replace(missing(), is_asked=False)],
    ids=["modified", "not compared", "of a kind that is not defined"],
)
def test_nobody_is_asked_about(case: Case) -> None:
    cluster = FakeCluster(elsewhere={"settings": ["web"]})
    assert Elsewhere(cluster, ()).told([case], LiveSet()) == [case]
    assert cluster.asked == []


def test_where_everything_is_missing_the_first_ten_tell() -> None:
    cluster = FakeCluster()
    told(cluster, *(missing(f"m{number}") for number in range(12)))
    assert len(cluster.asked) == 10


def test_without_a_reading_the_cases_stay() -> None:
    cases = [missing()]
    assert Elsewhere(None, ()).told(cases, None) is cases
