"""Finding the binaries of a real API server, and saying so where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.apiserver import BINARIES, ApiServer, find_assets, missing_reason


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    return tmp_path


def binary(folder: Path, name: str, text: str = "#!/bin/sh\nexit 1\n") -> None:
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


def test_the_folder_of_the_environment_is_taken(folder: Path) -> None:
    for name in BINARIES:
        binary(folder, name)
    assert find_assets() == folder
    assert missing_reason() == ""


def test_one_missing_binary_is_a_reason_to_skip(folder: Path) -> None:
    binary(folder, "etcd")
    assert find_assets() is None
    assert missing_reason() == (
        f"no executable kube-apiserver and etcd in {folder} (KUBEBUILDER_ASSETS names another folder)"
    )


def test_a_server_that_does_not_come_up_shows_its_log_and_leaves_nothing(folder: Path) -> None:
    for name in BINARIES:
        binary(folder, name, "#!/bin/sh\necho no luck today >&2\nexit 3\n")
    server = ApiServer()
    with pytest.raises(RuntimeError, match=r"(?s)etcd did not come up \(exit code 3\).*no luck today"):
        server.__enter__()
    assert not server.ca_file.parent.parent.exists()
