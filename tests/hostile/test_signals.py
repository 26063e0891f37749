"""A signal while a chart is rendered: the run ends, its programs and trees are gone, its reports do not look clean.

`python -m tests.hostile.test_signals` tries twenty moments of a run for each signal and prints a table.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gitops_audit.lifetime import GRACE_S
from tests import tools
from tests.repository import Repo

_ENDLESS = "{{ range $i := until 90000 }}{{ range $j := until 90000 }}{{ $x := add $i $j }}{{ end }}{{ end }}\n"
_FILES = {
    "gitops-audit.yaml": "version: 1\nsources:\n  - {name: chart, path: chart}\n  - {name: plain, path: plain}\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "chart/templates/endless.yaml": _ENDLESS,
    "plain/kustomization.yaml": "resources: [secret.yaml]\n",
    "plain/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: in-clear}\n",
}
_CHECK = ("-m", "gitops_audit", "check", "--json", "out.json")
_PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "gitops-audit.yaml", "--gitops-json", "out.json")
_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(repository: Path, temporary: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=repository,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=heed_signals,
    )


def heed_signals() -> None:
    """In a program that was just started: what a shell in the background lets its programs ignore counts again."""
    for number in _NUMBERS:
        signal.signal(number, signal.SIG_DFL)


def renderers(temporary: Path) -> list[str]:
    """The programs that run with this folder for their temporary files, the audit itself apart."""
    needle = f"TMPDIR={temporary}/".encode()
    return [process for process in os.listdir("/proc") if process.isdigit() and needle in _environment(process)]


def _environment(process: str) -> bytes:
    try:
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return b""
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""


def _trees(temporary: Path) -> Iterator[Path]:
    return temporary.glob(".gitops-audit-tree-*")


def _until(process: subprocess.Popen[bytes], is_so: Callable[[], object]) -> None:
    while not is_so():
        assert process.poll() is None, process.communicate()[1].decode()


MOMENTS: Mapping[str, Callable[[Path], object]] = {
    "a tree was made": lambda temporary: any(_trees(temporary)),
    "helm runs": renderers,
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", _NUMBERS)
def test_check_leaves_nothing_behind(repository: Repo, tmp_path: Path, number: signal.Signals, moment: str) -> None:
    repository.commit_files(_FILES)
    temporary = tmp_path / "temporary"
    process = start(repository.folder, temporary, _CHECK)
    _until(process, lambda: MOMENTS[moment](temporary))

    process.send_signal(number)
    _, told = process.communicate()

    assert process.returncode == 128 + number
    assert f"interrupted by {number.name}" in told.decode()
    assert list(_trees(temporary)) == []
    assert renderers(temporary) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 2), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_pytest_leaves_nothing_behind(repository: Repo, tmp_path: Path, number: signal.Signals, code: int) -> None:
    repository.commit_files(_FILES)
    temporary = tmp_path / "temporary"
    process = start(repository.folder, temporary, _PYTEST)
    _until(process, lambda: renderers(temporary))

    process.send_signal(number)
    process.communicate()

    assert process.returncode == code
    assert list(_trees(temporary)) == []
    assert renderers(temporary) == []


def test_the_report_of_an_interrupted_run_is_all_errors(repository: Repo, tmp_path: Path) -> None:
    repository.commit_files(_FILES)
    process = start(repository.folder, tmp_path / "temporary", _CHECK)
    _until(process, lambda: renderers(tmp_path / "temporary"))

    process.terminate()
    process.communicate()

    report = json.loads((repository.folder / "out.json").read_text())
    assert report["summary"] | {"errors": 2, "passed": 0} == report["summary"]
    assert {error["code"] for resource in report["resources"] for error in resource["errors"]} == {"GA002"}


def test_a_killed_run_ends_its_renderers(repository: Repo, tmp_path: Path) -> None:
    """Its tree stays until the next run: nobody is left to remove it."""
    repository.commit_files(_FILES)
    temporary = tmp_path / "temporary"
    process = start(repository.folder, temporary, _CHECK)
    _until(process, lambda: renderers(temporary))

    process.kill()
    process.communicate()

    for _ in range(10_000):
        if not renderers(temporary):
            break
    assert renderers(temporary) == []


def _table() -> None:
    sys.stdout.write("| signal | moment | exit code | seconds to the end | trees left | programs left |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    os.environ["PATH"] = os.pathsep.join((str(tools.FOLDER), os.environ["PATH"]))
    for number in (*_NUMBERS, signal.SIGKILL):
        for moment in range(20):
            with tempfile.TemporaryDirectory() as folder:
                sys.stdout.write(_row(Path(folder), number, moment / 10))
                sys.stdout.flush()


def _row(folder: Path, number: signal.Signals, delay_s: float) -> str:
    repository = Repo.init(folder / "repository")
    repository.commit_files(_FILES)
    process = start(repository.folder, folder / "temporary", _CHECK)
    time.sleep(delay_s)
    process.send_signal(number)
    sent = time.monotonic()
    process.communicate()
    took = time.monotonic() - sent
    left, running = len(list(_trees(folder / "temporary"))), len(renderers(folder / "temporary"))
    return (
        f"| {number.name} | {delay_s:.1f} s | {process.returncode} | {took:.1f} of {GRACE_S} | {left} | {running} |\n"
    )


if __name__ == "__main__":
    _table()
