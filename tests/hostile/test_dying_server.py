from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.dying_server import died, made


@pytest.mark.parametrize("requests", [0, 2, 4])
def test_a_server_that_dies_in_a_run_leaves_a_report_with_every_resource(tmp_path: Path, requests: int) -> None:
    found = died(made(tmp_path / "repo", 20), requests)
    assert found.ran.code == 3
    assert found.faults(20) == []
