"""Policy files that are no files, have no end or lead in circles: an error of that file, never of gitops-audit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_audit.config.settings import PolicyRef
from gitops_audit.errors import Location, PolicyError
from gitops_audit.policy.load import file as policy_file
from gitops_audit.policy.load.policies import load_all
from gitops_audit.policy.testing import suite

Make = Callable[[Path], Path]


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "p.yaml")
    return folder / "p.yaml"


def pipe_in_folder(folder: Path) -> Path:
    return pipe(folder).parent


def link_to_itself(folder: Path) -> Path:
    (folder / "p.yaml").symlink_to("p.yaml")
    return folder / "p.yaml"


def dead_link_in_folder(folder: Path) -> Path:
    (folder / "p.yaml").symlink_to("gone.yaml")
    return folder


def link_to_device_in_folder(folder: Path) -> Path:
    (folder / "p.yaml").symlink_to("/dev/zero")
    return folder


def huge(folder: Path) -> Path:
    with (folder / "p.yaml").open("wb") as opened:
        opened.truncate(policy_file.MAX_FILE_BYTES + 1)
    return folder / "p.yaml"


def no_text(folder: Path) -> Path:
    (folder / "p.yaml").write_bytes(b"kind: \xff\xfe\x00\n")
    return folder / "p.yaml"


def folders_in_a_circle(folder: Path) -> Path:
    (folder / "a").mkdir()
    (folder / "a" / "back").symlink_to(folder, target_is_directory=True)
    return folder


CASES: list[tuple[Make, str, str]] = [
    (lambda _: Path("/dev/zero"), "GA408", "a device"),
    (pipe, "GA408", "a pipe"),
    (pipe_in_folder, "GA408", "a pipe"),
    (link_to_itself, "GA404", "symbolic links"),
    (dead_link_in_folder, "GA404", "No such file"),
    (link_to_device_in_folder, "GA408", "a device"),
    (huge, "GA408", "more than 16 MiB"),
    (no_text, "GA403", "not readable"),
    (folders_in_a_circle, "GA408", "is a link to a directory"),
    (lambda folder: folder / ("n" * 300), "GA404", "File name too long"),
    (lambda folder: folder / "a\0b", "GA404", "null byte"),
]


@pytest.mark.parametrize(("make", "code", "words"), CASES)
def test_a_path_that_is_no_policy_file_is_an_error_of_that_path(
    make: Make, code: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(PolicyError, match=words) as raised:
        load_all([PolicyRef(path=make(tmp_path), where=Location("gitops-audit.yaml", 3))])

    assert raised.value.code == code


def test_a_directory_of_too_many_files_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_file, "MAX_FILES", 3)
    for index in range(4):
        (tmp_path / f"{index}.yaml").touch()

    with pytest.raises(PolicyError, match="more than 3 files") as raised:
        load_all([PolicyRef(path=tmp_path, where=Location(""))])

    assert raised.value.code == "GA408"


@pytest.mark.parametrize("name", ["kyverno-test.yaml", "tests.yaml"])
def test_a_test_file_that_is_a_pipe_is_one_failed_row(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)

    (row,) = suite.run([tmp_path]).rows

    assert "a pipe" in row.message
