"""What all tests share: a machine nobody has configured, a repository, the real API server where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

from tests import terminal, tools
from tests.e2e.apiserver import ApiServer, missing_reason
from tests.repository import Repo

# A machine that is busy must not decide a test.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_OF_THE_USER = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_DIR", "GIT_INDEX_FILE")


def pytest_configure() -> None:
    """Ends the run where its tools are missing, for without them its results would say nothing."""
    reason = tools.missing_reason()
    if reason:
        raise pytest.UsageError(reason)


@pytest.fixture(scope="session", autouse=True)
def _pinned_tools_and_own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """PATH leads to the pinned tools first, then to git and the system's programs: no other kubectl is found. What
    earlier runs kept in the user's cache, and the terminal or CI service around the run, decide no test."""
    git = shutil.which("git")
    assert git, "git is not on the PATH"
    folder = tmp_path_factory.mktemp("bin")
    (folder / "git").symlink_to(git)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join((str(tools.FOLDER), str(folder), os.defpath)))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        # Without compiled modules each of the thousands of runs of the commands takes twice as long.
        for name in (*terminal.OUTER, "PYTHONDONTWRITEBYTECODE"):
            patch.delenv(name, raising=False)
        yield


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


@pytest.fixture(scope="module", autouse=True)
def _module_leaves_the_server_as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever fixtures of a module do to the real API server is undone."""
    items = (item for item in request.session.items if item.path == request.path)
    with _left_as_found(request, items):
        yield


@pytest.fixture(autouse=True)
def _test_leaves_the_server_as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does to the real API server is undone, so that tests run in any order."""
    with _left_as_found(request, (request.node,)):
        yield


@contextmanager
def _left_as_found(request: pytest.FixtureRequest, nodes: Iterable[pytest.Item]) -> Iterator[None]:
    if missing_reason() or not any(node.get_closest_marker("e2e") for node in nodes):
        yield
        return
    server: ApiServer = request.getfixturevalue("apiserver")
    with server.left_as_found():
        yield
