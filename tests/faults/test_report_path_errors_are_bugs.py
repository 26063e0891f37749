"""A path that no report can be written to is a mistake of the user, told before anything is audited."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorded import config_map, make, run

BAD_PATHS = {
    "folder": "Is a directory",
    "file/report": "Not a directory",
    "n" * 300: "File name too long",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = make(tmp_path / "shop", [config_map("a", k="v")], [config_map("a", k="v")], {"file": "text"})
    (root / "folder").mkdir()
    return root


@pytest.mark.parametrize("report", ["json", "junit"])
@pytest.mark.parametrize("path", BAD_PATHS)
def test_check_names_the_path_and_the_reason_and_audits_nothing(shop: Path, report: str, path: str) -> None:
    done = run(shop, "gitops-audit", "check", f"--{report}", path)
    said = done.stderr.decode()
    assert done.returncode == 2
    assert path in said
    assert BAD_PATHS[path] in said
    assert "GA601" in said
    assert "auditing" not in said


@pytest.mark.parametrize("report", ["json", "junit"])
def test_pytest_ends_with_a_usage_error(shop: Path, report: str) -> None:
    done = run(shop, "pytest", "gitops-audit.yaml", f"--gitops-{report}=folder")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert b"Is a directory [GA601]" in done.stderr
    assert b"Traceback" not in done.stderr + done.stdout


def test_two_reports_must_not_share_a_file(shop: Path) -> None:
    done = run(shop, "gitops-audit", "check", "--json", "out", "--junit", "out")
    assert done.returncode == 2
    assert b"the reports json and junit go to the same file: out" in done.stderr
    assert not (shop / "out").exists()


def test_a_run_that_cannot_start_leaves_old_reports_and_makes_no_new_ones(shop: Path) -> None:
    (shop / "old").write_text("old report")
    done = run(shop, "gitops-audit", "check", "--source", "none", "--json", "old", "--junit", "new")
    assert done.returncode == 2
    assert (shop / "old").read_text() == "old report"
    assert not (shop / "new").exists()


def test_a_shorter_report_replaces_all_of_a_longer_one(shop: Path) -> None:
    (shop / "old").write_text("x" * 100_000)
    assert run(shop, "gitops-audit", "check", "-q", "--json", "old").returncode == 0
    assert "x" * 100 not in (shop / "old").read_text()


def test_a_configuration_that_cannot_be_written_is_told_in_a_sentence(shop: Path) -> None:
    done = run(shop, "gitops-audit", "config", "init", "--force", "-o", "folder")
    assert done.returncode == 2
    assert b"folder cannot be written: Is a directory [GA131]" in done.stderr
