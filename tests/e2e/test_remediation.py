"""The truth table repaired: every change taken back, by every deployer's way, and brought again by an undo."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.deployers import DEPLOYERS
from tests.e2e.repair_table import LEASE, REFUSED_BY_THE_SERVER, Held, Repaired, judged, place, short, undone
from tests.e2e.truth_server import Client
from tests.e2e.truth_table import METHODS, TruthTable

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SOME = 6  # with the ways of engines only each sixth row; `python -m tests.e2e.repair_table` takes all


@pytest.fixture(scope="module", params=DEPLOYERS)
def repaired(
    request: pytest.FixtureRequest, apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Repaired, Held]]:
    method = request.param
    with pytest.MonkeyPatch.context() as patch, apiserver.left_as_found():
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        client = Client(apiserver, tmp_path_factory.mktemp("truth"))
        table = TruthTable(client, (method,), 1 if method in METHODS else SOME)
        table.deploy()
        table.change()
        found = Repaired(table, method, tmp_path_factory.mktemp("repaired") / "repository")
        stored = apiserver.etcd.state()
        held = judged(found)
        apiserver.etcd.restore(stored)
        undone(found, held)
        yield found, held
        client.request("DELETE", LEASE)


def test_every_row_is_repaired_but_for_what_the_server_refuses(repaired: tuple[Repaired, Held]) -> None:
    found, held = repaired

    assert held.refused <= REFUSED_BY_THE_SERVER
    assert len(held.repaired) > 0.7 * len(found.rows)


def test_everything_is_in_sync_afterwards_but_for_that(repaired: tuple[Repaired, Held]) -> None:
    assert repaired[1].drifted == repaired[1].refused


def test_rows_that_are_no_drift_are_not_touched(repaired: tuple[Repaired, Held]) -> None:
    found, _ = repaired
    touched = {short(r["id"]) for r in found.applied["results"]}
    others = [r for r in found.rows if r.body["metadata"]["name"] not in touched and r.spec["object"] != "crd"]

    assert others
    generations = [
        [side[place(row)]["metadata"].get("generation") for side in (found.before, found.between)] for row in others
    ]
    assert [pair for pair in generations if pair[0] != pair[1]] == []


def test_the_remediation_owns_nothing_and_controllers_what_they_owned(repaired: tuple[Repaired, Held]) -> None:
    assert (repaired[1].owned, repaired[1].others) == (set(), set())


def test_the_deployers_next_apply_meets_no_conflict_and_changes_nothing(repaired: tuple[Repaired, Held]) -> None:
    assert (repaired[1].conflict, repaired[1].moved_by_deployer) == ("", set())


def test_undo_puts_every_object_back_but_for_secrets(repaired: tuple[Repaired, Held]) -> None:
    found, held = repaired

    assert held.not_undone == set()
    assert {r["result"] for r in found.undone["results"]} <= {"done", "skipped", "refused"}


def test_no_value_of_a_secret_is_in_the_plan_or_the_journal(repaired: tuple[Repaired, Held]) -> None:
    found, _ = repaired
    told = json.dumps(found.plan) + json.dumps(found.applied) + json.dumps(found.undone)
    values = {
        value
        for live in found.before.values()
        for value in ((live.get("data") or {}).values() if live.get("type") == "Opaque" else ())
        if len(value) > 7
    }

    assert [value for value in values if value in told] == []
