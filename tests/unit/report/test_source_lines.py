"""What was read is told once for each repository, however many sources it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.model.result import SourceInfo
from gitops_audit.report.source_lines import source_lines

SOURCES = [SourceInfo(f"app-{number}", "https://git.example.com/fleet", "main", "a" * 40, "") for number in range(90)]


def test_one_source_is_told_with_its_path() -> None:
    assert list(source_lines(SOURCES[:1], is_verbose=False)) == [
        "source app-0: https://git.example.com/fleet at main (aaaaaaaaaa), path ."
    ]


def test_sources_of_one_repository_are_one_line_and_named_on_demand() -> None:
    (line,) = source_lines(SOURCES, is_verbose=False)
    assert line == "90 sources of https://git.example.com/fleet at main (aaaaaaaaaa), -v names them"
    assert len(list(source_lines(SOURCES, is_verbose=True))) == 90


def test_what_is_no_object_keeps_the_name_of_its_source() -> None:
    other = SourceInfo("other", *("https://git.example.com/fleet", "main", "a" * 40, ""), ignored=(("a.yaml", "why"),))
    assert "  1 file holds no Kubernetes objects of source other (-v names them)" in list(
        source_lines([*SOURCES, other], is_verbose=False)
    )


def test_a_source_that_was_not_read_is_named() -> None:
    assert list(source_lines([SourceInfo("x", "", "", "", "")], is_verbose=False)) == ["source x: not read"]


def test_the_repository_around_is_not_told_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = SourceInfo("shop", str(tmp_path), "HEAD", "a" * 40, "apps")
    monkeypatch.chdir(tmp_path.parent)
    assert list(source_lines([source], is_verbose=False)) == [
        f"source shop: {tmp_path} at HEAD (aaaaaaaaaa), path apps"
    ]
    (tmp_path / "apps").mkdir()
    monkeypatch.chdir(tmp_path / "apps")
    assert list(source_lines([source], is_verbose=False)) == [
        "source shop: this repository at HEAD (aaaaaaaaaa), path apps"
    ]
