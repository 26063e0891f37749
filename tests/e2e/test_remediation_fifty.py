"""A repair of fifty objects that goes wrong in the middle: one step of each fault of `tests.e2e.fault`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.fault import FAULTS, Scene
from tests.e2e.remediation_faults import scene as set_scene
from tests.e2e.trial import Tally, Trial

pytestmark = pytest.mark.e2e

STEPS = {
    "killed after a line": 23,
    "killed within a line": 24,
    "killed after a write": 30,
    "disk full": 25,
    "answer lost": 30,
    "conflict": 17,
    "forbidden": 25,
    "webhook denies": 40,
    "webhook times out": 41,
    "reverted": 20,
}


@pytest.fixture(scope="module")
def scene(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("fifty")
    with pytest.MonkeyPatch.context() as patch, apiserver.left_as_found():
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with set_scene(apiserver, folder) as found:
            yield found
            found.fifty.unlock()


@pytest.mark.parametrize(("name", "step"), STEPS.items(), ids=list(STEPS))
def test_a_run_that_goes_wrong_in_the_middle_can_be_resumed_and_undone(scene: Scene, name: str, step: int) -> None:
    tally = Tally()

    Trial(scene, FAULTS[name], step, tally).perform()

    assert tally.problems == []
    assert (tally.not_begun, tally.resumed, tally.undone) == (0, 1, 2)
