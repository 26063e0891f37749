"""Git as it is on a machine nobody has configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repository import Repo


@pytest.fixture(autouse=True)
def _bare_environment(bare_home: Path) -> None:
    """No test here sees the user's git."""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository."""
    return Repo.init(tmp_path / "repo")
