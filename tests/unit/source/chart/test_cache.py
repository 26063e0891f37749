"""The cache of charts' packages: bounded, and shared with runs that remove files meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_audit.source.chart import cache as module
from gitops_audit.source.chart.cache import ChartCache


def test_what_was_not_used_for_longest_leaves_a_full_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_FILES", 3)
    cache = ChartCache(tmp_path)
    for number in range(4):
        cache.keep(f"package {number}".encode())
    folder = tmp_path / "sha256"
    for age, file in enumerate(sorted(folder.iterdir())):
        os.utime(file, (1000 - age, 1000 - age))
    oldest = set(sorted(folder.iterdir())[2:])

    cache.keep(b"one more")

    assert len(list(folder.iterdir())) == 3
    assert not oldest & set(folder.iterdir())


def test_a_file_that_another_run_removes_meanwhile_is_no_reason_to_keep_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_FILES", 1)
    cache = ChartCache(tmp_path)
    cache.keep(b"first")
    (tmp_path / "sha256" / "gone").symlink_to(tmp_path / "not-there")

    cache.keep(b"second")

    assert not (tmp_path / "sha256" / "gone").is_symlink()
    assert len(list((tmp_path / "sha256").iterdir())) == 2
