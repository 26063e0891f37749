"""Report files of every format: opened alike, and nothing is left of a run that writes none."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.report.files import ReportFiles
from gitops_audit.report.registry import FORMATS
from tests.reported import of_everything


@pytest.mark.parametrize("name", FORMATS)
def test_missing_folders_are_made_for_a_report(name: str, tmp_path: Path) -> None:
    target = tmp_path / "a/b/report"
    with ReportFiles({name: str(target)}) as files:
        assert files.write(of_everything()) == []
    assert target.is_file()


@pytest.mark.parametrize("name", FORMATS)
def test_of_a_run_that_writes_nothing_no_file_and_no_folder_is_left(name: str, tmp_path: Path) -> None:
    with ReportFiles(
        {name: str(tmp_path / "a/b/report"), "csv" if name == "json" else "json": str(tmp_path / "a/c/r")}
    ):
        assert (tmp_path / "a/b/report").is_file()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_path_that_cannot_be_written_is_told_and_leaves_no_folder_of_another_report(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    other = "csv" if name == "json" else "json"
    targets = {other: str(tmp_path / "a/report"), name: str(tmp_path / "file/report")}
    with (
        pytest.raises(ConfigError, match=f"the {name} report cannot be written .*Not a directory"),
        ReportFiles(targets),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_stood_there_stays(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    with ReportFiles({"json": str(tmp_path / "reports/report.json")}):
        pass
    assert list((tmp_path / "reports").iterdir()) == []
