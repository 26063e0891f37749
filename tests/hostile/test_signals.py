"""A signal while a chart is rendered: the run ends, its programs and trees are gone, its reports do not look clean.

`python -m tests.hostile.test_signals` tries twenty moments of a run for each signal (also SIGKILL), with helm and
kustomize running, and prints a table.
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
_SECONDS_TO_DIE = 10
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

    deadline = time.monotonic() + _SECONDS_TO_DIE
    while renderers(temporary) and time.monotonic() < deadline:
        os.sched_yield()
    assert renderers(temporary) == []


_LARGE = 3_000
_RUNS = {"check": _CHECK, "pytest": _PYTEST}
_MOMENTS = 20


def _table() -> None:
    """Every signal at twenty moments of `check` and of pytest, counted from the first temporary tree on, while helm
    and kustomize run. Of what SIGKILL leaves, the next run is asked to remove it."""
    head = ("signal", "run", "seconds after the first tree", "then: trees, programs", "exit code", "seconds to the end")
    sys.stdout.write(f"| {' | '.join((*head, 'left: trees, programs', 'trees after the next run'))} |\n|{'---|' * 8}\n")
    os.environ["PATH"] = os.pathsep.join((str(tools.FOLDER), os.environ["PATH"]))
    with tempfile.TemporaryDirectory() as folder:
        large, small = (Repo.init(Path(folder) / name) for name in ("large", "small"))
        large.commit_files({**_FILES, "plain/secret.yaml": _large()})
        small.commit_files(_FILES)
        for number in (*_NUMBERS, signal.SIGKILL):
            for name, arguments in _RUNS.items():
                for moment in range(_MOMENTS):
                    temporary = Path(folder) / f"{number.name}-{name}-{moment}"
                    cells = _cells(large, small, temporary, number, arguments, moment / 10)
                    sys.stdout.write(f"| {number.name} | {name} | {' | '.join(cells)} |\n")
                    sys.stdout.flush()


def _large() -> str:
    """What keeps kustomize busy for a while, beside a Secret in clear."""
    secret = _FILES["plain/secret.yaml"]
    return secret + "".join(f"---\n{secret.replace('name: s', f'name: s-{n}')}" for n in range(_LARGE))


def _cells(
    large: Repo, small: Repo, temporary: Path, number: signal.Signals, arguments: tuple[str, ...], delay_s: float
) -> Iterator[str]:
    process = start(large.folder, temporary, arguments)
    _until(process, lambda: any(_trees(temporary)))
    time.sleep(delay_s)
    yield f"{delay_s:.1f}"
    yield _left(temporary)
    process.send_signal(number)
    sent = time.monotonic()
    process.communicate()
    took = time.monotonic() - sent
    time.sleep(0.2)  # what the kernel kills takes a moment to go
    yield str(process.returncode)
    yield f"{took:.1f}"
    yield _left(temporary)
    yield _after_the_next_run(small, temporary)


def _left(temporary: Path) -> str:
    return f"{len(list(_trees(temporary)))}, {len(renderers(temporary))}"


def _after_the_next_run(small: Repo, temporary: Path) -> str:
    """Trees count as left behind when they are a minute old."""
    for tree in _trees(temporary):
        os.utime(tree, (0, 0))
    start(small.folder, temporary, ("-m", "gitops_audit", "check", "-q", "--source", "plain")).communicate()
    return str(len(list(_trees(temporary))))


if __name__ == "__main__":
    _table()
