"""What all tests share: a machine nobody has configured, a repository, the real API server where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.apiserver import ApiServer, missing_reason
from tests.repository import Repo

_OF_THE_USER = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_DIR", "GIT_INDEX_FILE")


@pytest.fixture
def bare_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no configuration of git, no cache."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in _OF_THE_USER:
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def repository(tmp_path: Path, bare_home: Path) -> Repo:
    """An empty repository; what it commits has known authors and dates."""
    return Repo.init(tmp_path / "repository")


@pytest.fixture(scope="session")
def apiserver() -> Iterator[ApiServer]:
    """A running kube-apiserver with its etcd."""
    reason = missing_reason()
    if reason:
        pytest.skip(reason)
    with ApiServer() as server:
        yield server
