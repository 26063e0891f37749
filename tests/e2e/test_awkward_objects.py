"""No false alarms: every object, deployed in every way, is in sync, whatever evidence a recording lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.model.finding import Drift
from tests.e2e.apiserver import ApiServer
from tests.e2e.awkward import WAYS, Deployed, Fleet
from tests.e2e.truth_server import Client

pytestmark = pytest.mark.e2e

COMPARER = Comparer(DriftConfig(), today=date(2026, 1, 1))


@pytest.fixture(scope="module")
def fleet(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(Client(apiserver, tmp_path_factory.mktemp("awkward")))


def drifts(thing: Deployed) -> Iterator[tuple[str, Drift]]:
    """The verdict on all there is to know, and on recordings that lack ownership, types, or both."""
    bare = thing.live | {"metadata": {k: v for k, v in thing.live["metadata"].items() if k != "managedFields"}}
    yield "", COMPARER.compare(thing.declared, thing.live, thing.schema)
    yield "without ownership", COMPARER.compare(thing.declared, bare, thing.schema)
    yield "without types", COMPARER.compare(thing.declared, thing.live, None)
    yield "without both", COMPARER.compare(thing.declared, bare, None)


@pytest.mark.parametrize("way", WAYS)
def test_every_object_is_in_sync_right_after_its_deployment(fleet: Fleet, way: str) -> None:
    deployed = fleet.deploy(way)
    assert len(deployed) > 120
    assert len({thing.declared.key.kind for thing in deployed}) > 50
    wrong = [
        f"{thing.name} {evidence}: {[(c.type, c.path, c.declared, c.live) for c in drift.changes]}"
        for thing in deployed
        for evidence, drift in drifts(thing)
        if drift.status != "in-sync"
    ]
    assert wrong == []
