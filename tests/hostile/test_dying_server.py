"""An API server that dies in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.dying_server import Mortal, mortal

RESOURCES = 240


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with mortal(tmp_path_factory.mktemp("dying") / "repo", RESOURCES) as made:
        yield made


@pytest.mark.parametrize("requests", [0, 2, 3, 4, 6, 8])
def test_check_reports_every_resource_and_tells_the_dead_server_once(server: Mortal, requests: int) -> None:
    assert server.died(requests).faults(RESOURCES) == []


@pytest.mark.parametrize("requests", [0, 3, 5])
def test_pytest_reports_every_resource_and_tells_the_dead_server_once(server: Mortal, requests: int) -> None:
    assert server.died(requests, with_pytest=True).faults(RESOURCES, with_pytest=True) == []
