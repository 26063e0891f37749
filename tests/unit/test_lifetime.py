"""What a run leaves behind when it ends, is interrupted or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gitops_audit import lifetime
from tests.hostile.test_signals import heed_signals

pytestmark = pytest.mark.slow

_LONG_AGO = 1_000_000_000

_RUN = """
import subprocess, sys, threading
from gitops_audit import lifetime
from tests.hostile.test_signals import heed_signals
with lifetime.ended_by_signals(), lifetime.temporary_tree() as tree:
    (tree / "secret.yaml").write_text("password")
    child = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=-3, stderr=-3)
    with lifetime.process_group(child):
        stuck = threading.Thread(target=threading.Event().wait)
        stuck.start()
        print(tree, child.pid, flush=True)
        WAIT
"""
_CALM = "threading.Event().wait()"
_STUBBORN = """
        while True:
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                pass
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this process and the ones it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def _started(wait: str) -> tuple[subprocess.Popen[str], Path, int]:
    script = _RUN.replace("WAIT", wait.strip())
    command, pipe = [sys.executable, "-c", script], subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, preexec_fn=heed_signals)
    assert process.stdout is not None
    tree, child = process.stdout.readline().split()
    return process, Path(tree), int(child)


def _is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.mark.parametrize("wait", [_CALM, _STUBBORN], ids=["calm", "does not let itself be interrupted"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("temporary")
def test_a_signal_ends_the_run_its_program_and_its_tree_whatever_a_thread_waits_for(
    number: signal.Signals, wait: str
) -> None:
    process, tree, child = _started(wait)

    process.send_signal(number)
    process.communicate()

    assert process.returncode == 128 + number
    assert not tree.exists()
    assert not _is_running(child)


def test_the_next_run_removes_what_a_killed_one_left(temporary: Path) -> None:
    process, tree, child = _started(_CALM)
    process.kill()
    process.communicate()
    os.killpg(child, signal.SIGKILL)
    os.utime(tree, (_LONG_AGO, _LONG_AGO))

    with lifetime.temporary_tree() as own:
        assert sorted(temporary.iterdir()) == [own]


def test_the_tree_of_a_run_that_goes_on_is_left_alone(temporary: Path) -> None:
    process, tree, _ = _started(_CALM)
    os.utime(tree, (_LONG_AGO, _LONG_AGO))
    try:
        with lifetime.temporary_tree() as own:
            assert sorted(temporary.iterdir()) == sorted([own, tree])
    finally:
        process.terminate()
        process.communicate()


def test_a_link_in_place_of_a_tree_is_not_followed(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    precious = tmp_path_factory.mktemp("precious")
    (precious / "file").write_text("")
    (temporary / ".gitops-audit-tree-abcdefgh").symlink_to(precious)

    with lifetime.temporary_tree():
        assert (precious / "file").exists()


@pytest.mark.parametrize("name", ["gitops-audit-reports", "gitops-audit-demo", ".gitops-audit-tree-of-mine"])
def test_a_folder_that_a_person_named_after_the_tool_stays(temporary: Path, name: str) -> None:
    own = temporary / name
    own.mkdir(mode=0o700)
    (own / "report.json").write_text("{}")
    os.utime(own, (_LONG_AGO, _LONG_AGO))

    with lifetime.temporary_tree():
        assert (own / "report.json").exists()


def test_a_tree_is_for_its_owner_only(temporary: Path) -> None:
    with lifetime.temporary_tree() as tree:
        assert tree.parent == temporary
        assert tree.stat().st_mode & 0o777 == 0o700


def test_the_handlers_of_others_stay() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        own = signal.getsignal(signal.SIGTERM)
        with lifetime.ended_by_signals():
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
