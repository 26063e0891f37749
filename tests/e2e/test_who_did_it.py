"""The cause of every way of changing an object by hand beside every deployer, on a real API server and by kubectl."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.who_did_it import BRANCHES, DEPLOYERS, WAYS, Cell, WhoDidIt, markdown

pytestmark = pytest.mark.e2e

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "who-did-it.md"


@pytest.fixture(scope="module")
def cells(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> list[Cell]:
    table = WhoDidIt(apiserver, tmp_path_factory.mktemp("after"))
    with table.deployed():
        return table.cells()


@pytest.fixture(scope="module")
def late(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> list[Cell]:
    """The same where the commits came half an hour before the deployment, which did not have them yet."""
    table = WhoDidIt(apiserver, tmp_path_factory.mktemp("before"), is_git_first=True)
    with table.deployed():
        return table.cells()


def test_every_cell_has_the_cause_that_it_should(cells: list[Cell]) -> None:
    assert [cell for cell in cells if not cell.is_right] == []


def test_no_cell_is_left_out(cells: list[Cell]) -> None:
    expected = {(deployer, way, branch) for deployer in DEPLOYERS for way in WAYS for branch in BRANCHES}
    assert {(cell.deployer, cell.way, cell.branch) for cell in cells} == expected


def test_nothing_that_a_person_did_is_called_git(cells: list[Cell], late: list[Cell]) -> None:
    assert [cell for cell in (*cells, *late) if cell.is_called_git] == []


def test_a_deployment_that_lags_behind_is_never_told_as_a_change_of_the_cluster(late: list[Cell]) -> None:
    assert {cell.git for cell in late if cell.branch == "elsewhere"} <= {"git", "unknown"}


def test_the_document_shows_the_table_as_it_is(cells: list[Cell]) -> None:
    assert "\n".join(markdown(cells)) in DOCUMENT.read_text()
