"""A full disk, a closed stream or a folder that is gone costs what it must, and no other output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recorded import config_map, make, run

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full stands for a full disk")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    maps = [config_map(f"a{number}", k="v") for number in range(40)]
    return make(tmp_path / "shop", maps, [config_map(f"a{number}", k="w") for number in range(40)], {})


@pytest.mark.parametrize("full", ["json", "junit"])
def test_a_full_disk_under_one_report_leaves_the_other_and_the_terminal(shop: Path, full: str) -> None:
    other = {"json": "junit", "junit": "json"}[full]
    done = run(shop, "gitops-audit", "check", "-q", f"--{full}", "/dev/full", f"--{other}", "other")
    assert done.returncode == 3
    assert f"{full} report could not be written to /dev/full: No space left on device [GA602]" in done.stderr.decode()
    assert b"40 resources: 0 passed, 40 failed" in done.stdout
    assert (shop / "other").stat().st_size > 1000


def test_pytest_says_the_same_and_ends_with_3(shop: Path) -> None:
    done = run(shop, "pytest", "gitops-audit.yaml", "--gitops-json=/dev/full", "--gitops-junit=other")
    assert done.returncode == 3
    assert b"json report could not be written to /dev/full: No space left on device [GA602]" in done.stdout
    assert b"40 failed" in done.stdout
    assert b"Traceback" not in done.stdout + done.stderr
    assert (shop / "other").stat().st_size > 1000


@pytest.mark.parametrize(
    ("redirect", "reason"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_an_output_that_is_lost_is_told_and_costs_no_report(shop: Path, redirect: str, reason: str) -> None:
    done = run(shop, "gitops-audit", "check", "-q", "--json", "out.json", redirect=redirect)
    assert done.returncode == 3
    assert f"standard output cannot be written: {reason} [GA603]" in done.stderr.decode()
    assert json.loads((shop / "out.json").read_text())["summary"]["failed"] == 40


@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full", "0<&-"])
def test_a_stream_that_is_closed_or_full_beside_the_results_changes_no_exit_code(shop: Path, redirect: str) -> None:
    done = run(shop, "gitops-audit", "check", "--json", "out.json", redirect=redirect)
    assert done.returncode == 1
    assert json.loads((shop / "out.json").read_text())["summary"]["failed"] == 40


@pytest.mark.parametrize("command", [["check"], ["check", "--json", "-"], ["render", "apps"], ["config", "schema"]])
def test_a_closed_pipe_is_exit_code_141_without_a_word(shop: Path, command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "gitops_audit", *command]
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(argv, cwd=shop, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 141
    assert b"error" not in done.stderr.lower()


@pytest.mark.parametrize("command", [["check"], ["diff"], ["doctor"], ["render"], ["policy", "list"]])
def test_a_deleted_working_directory_is_a_mistake_of_the_user(tmp_path: Path, command: list[str]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$1"; shift; exec "$@"'
    argv = ["sh", "-c", script, "sh", str(gone), sys.executable, "-m", "gitops_audit", *command]
    done = subprocess.run(argv, cwd=gone, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"the working directory was deleted [GA108]" in done.stderr
