"""What runs keep for later runs: bounded, and shared with runs that remove files meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

from gitops_audit.source.kept import KeptFiles


def test_what_was_not_used_for_longest_leaves_a_full_folder(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", most=3)
    for number in range(4):
        kept.write(f"{number}", b"x")
        os.utime(kept.folder / f"{number}", (1000 + number, 1000 + number))
    assert kept.read("0", 10) == b"x"  # which is a use

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
    assert kept.read("b", 10) is None
