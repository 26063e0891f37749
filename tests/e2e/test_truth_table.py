"""The verdicts of the drift engine on a real API server: the table in tests/e2e/truth, with no row skipped."""

from __future__ import annotations

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.beside_kubectl import compare
from tests.e2e.truth_server import READER, Client
from tests.e2e.truth_table import METHODS, Line, TruthTable

pytestmark = pytest.mark.e2e

# Rows whose dry run the API server refuses, by `kubectl apply` as well: Git and the hand together make no valid object.
REFUSED = {"deployment: variable switched to a reference by hand", "recreated: type removed by hand"}


@pytest.fixture(scope="module")
def table(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> TruthTable:
    return TruthTable(Client(apiserver, tmp_path_factory.mktemp("truth")))


@pytest.fixture(scope="module")
def lines(table: TruthTable) -> list[Line]:
    return table.run()


def wrong(lines: list[Line]) -> list[str]:
    return [f"{x.method} {x.user} {x.row}: expected {x.expected}, found {x.found}" for x in lines if not x.is_right]


def test_every_object_is_in_sync_right_after_its_deployment(lines: list[Line]) -> None:
    assert wrong([x for x in lines if x.is_fresh]) == []


def test_every_change_is_found_where_it_is_with_its_cause_and_its_author(lines: list[Line]) -> None:
    assert wrong([x for x in lines if not x.is_fresh]) == []


def test_the_table_is_as_wide_as_it_says(lines: list[Line]) -> None:
    assert len({x.row for x in lines if not x.is_fresh}) >= 150
    assert len({x.kind for x in lines}) >= 50
    assert {(x.method, x.user) for x in lines} == {(m, u) for m in METHODS for u in ("admin", READER)}


def test_only_who_may_patch_gets_a_confirmed_difference(lines: list[Line]) -> None:
    told = [x for x in lines if x.found.startswith(("changed", "removed"))]
    assert {x.user for x in told if x.is_confirmed} == {"admin"}
    refused = {x.row for x in told if x.user == "admin" and not x.is_confirmed}
    assert refused == REFUSED


def test_what_kubectl_diff_shows_is_found_or_dropped_for_a_reason(table: TruthTable, lines: list[Line]) -> None:
    besides = compare(table, ["server-side"])
    assert len(besides) == len({(x.row, x.method) for x in lines if not x.is_fresh})
    assert sum(len(b.ours) - len(b.missed) for b in besides if not b.refusal) > 100
    assert [(b.row.name, place) for b in besides for place, why in b.dropped.items() if not why] == []
