"""What runs keep for later runs: bounded, and shared with runs that remove files meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_audit.source.kept import KeptFiles


def test_what_was_not_used_for_longest_leaves_a_full_folder(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", most=3)
    for number in range(4):
        kept.write(f"{number}", b"x")
        os.utime(kept.folder / f"{number}", (1000 + number, 1000 + number))
    assert kept.read("0") == b"x"  # which is a use

    kept.write("new", b"y")

    assert sorted(file.name for file in kept.folder.iterdir()) == ["0", "3", "new"]


def test_a_file_that_another_run_removes_meanwhile_is_no_reason_to_keep_nothing(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", most=1)
    kept.write("first", b"x")
    (kept.folder / "gone").symlink_to(tmp_path / "not-there")

    kept.write("second", b"x")

    assert sorted(file.name for file in kept.folder.iterdir()) == ["first", "second"]


def test_a_folder_is_of_its_user_alone_and_links_in_it_are_not_followed(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "cache", most=9)
    kept.write("a", b"x")
    (tmp_path / "cache" / "b").symlink_to(tmp_path / "cache" / "a")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert kept.read("b") is None


def test_files_that_take_too_much_room_go_and_one_that_would_take_half_of_it_is_not_kept(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", most=9, most_bytes=100)
    for number in range(3):
        kept.write(f"{number}", b"x" * 40)
        os.utime(kept.folder / f"{number}", (1000 + number, 1000 + number))

    kept.write("new", b"y")
    kept.write("large", b"z" * 51)

    assert sorted(file.name for file in kept.folder.iterdir()) == ["2", "new"]


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_what_somebody_else_may_write_counts_as_not_there(tmp_path: Path, mode: int) -> None:
    kept = KeptFiles(tmp_path / "kept", most=9)
    kept.write("a", b"x")
    (kept.folder / "a").chmod(mode)
    assert kept.read("a") is None


def test_a_file_of_another_user_counts_as_not_there_and_one_of_root_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptFiles(tmp_path / "kept", most=9)
    kept.write("a", b"x")
    owner = (kept.folder / "a").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert kept.read("a") == (b"x" if owner == 0 else None)
    own_fstat = os.fstat

    def of_another(descriptor: int) -> os.stat_result:
        found = list(own_fstat(descriptor))
        found[4] = owner + 2
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", of_another)
    assert kept.read("a") is None


def test_a_file_in_a_folder_that_can_be_read_only_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptFiles(tmp_path / "kept", most=9)
    kept.write("a", b"x")

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "utime", refused)
    assert kept.read("a") == b"x"
