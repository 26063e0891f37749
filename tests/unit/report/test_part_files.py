"""A report that is too large for one file: its parts have numbers, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.report import junit_file
from gitops_audit.report.files import ReportFiles
from tests.reported import finished, scaled


@pytest.fixture(autouse=True)
def few_cases_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit_file, "MAX_CASES", 2)


def write(target: Path, count: int) -> tuple[list[str], list[str]]:
    """What was told, and the errors."""
    with ReportFiles({"junit": str(target)}) as files:
        errors = files.write(finished([scaled(f"w{n}") for n in range(count)]))
    return files.notes, [str(error) for error in errors]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_parts_are_numbered_and_the_whole_is_nowhere(tmp_path: Path) -> None:
    told, errors = write(tmp_path / "report.xml", 5)
    assert names(tmp_path) == ["report-1.xml", "report-2.xml", "report-3.xml"]
    assert not errors
    assert "report-1.xml to report-3.xml have it" in told[0]


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    write(tmp_path / "report.xml", 5)
    write(tmp_path / "report.xml", 3)
    assert names(tmp_path) == ["report-1.xml", "report-2.xml"]
    told, _ = write(tmp_path / "report.xml", 1)
    assert (names(tmp_path), told) == (["report.xml"], [])


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "report-2.xml").write_text("<testsuites/>")
    _, errors = write(tmp_path / "report.xml", 5)
    assert "report-2.xml exists" in errors[0]
    assert (tmp_path / "report-2.xml").read_text() == "<testsuites/>"


def test_a_link_in_the_place_of_a_part_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "report-1.xml").symlink_to(tmp_path / "mine")
    _, errors = write(tmp_path / "report.xml", 5)
    assert "report-1.xml exists" in errors[0]
    assert (tmp_path / "mine").read_text() == "mine"


def test_what_is_no_file_gets_all_of_it(tmp_path: Path) -> None:
    told, errors = write(Path("/dev/null"), 5)
    assert (told, errors) == ([], [])
