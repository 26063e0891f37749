"""Commands in a process whose streams, folders, locale or limits are not as usual: right, or an error, never lost."""

from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.engine.gather.sources import read
from gitops_audit.engine.shield import internal_error
from gitops_audit.source.checkout import Checkout
from gitops_audit.source.command import GitFailedError
from tests.repository import Repo

_OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndata: {k: é✓}\n"
_CONFIG = "version: 1\nclusters: {prod: {snapshot: recording}}\nsources: [{name: s, path: app}]\n"
_GREEN = {"check": ("check", "-q"), "diff": ("diff", "-q"), "list": ("list", "-q"), "render": ("render", "app")}
_AUDIT = f"{shlex.quote(sys.executable)} -m gitops_audit"


@pytest.fixture
def audited(repository: Repo) -> Path:
    files = {"gitops-audit.yaml": _CONFIG, "app/a.yaml": _OBJECT, "recording/a.yaml": _OBJECT}
    repository.commit_files(files)
    return repository.folder


def run(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("stdout", [">&-", ">/dev/full", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", [*_GREEN.values(), ("check", "-q", "--json", "-"), ("policy", "list", "--packs")])
def test_a_result_that_cannot_be_written_is_never_a_success(
    command: tuple[str, ...], stdout: str, audited: Path
) -> None:
    done = run(f"{_AUDIT} {shlex.join(command)} {stdout}", audited)

    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("streams", ["<&-", "2>&-", "2>/dev/full"])
@pytest.mark.parametrize("command", _GREEN.values())
def test_a_result_does_not_need_the_other_streams(command: tuple[str, ...], streams: str, audited: Path) -> None:
    done = run(f"{_AUDIT} {shlex.join(command)} {streams}", audited)

    assert done.returncode == 0
    assert done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("streams", ["<&-", "2>&-"])
def test_a_closed_stream_does_not_become_a_report(streams: str, audited: Path) -> None:
    done = run(f"{_AUDIT} check --json report.json {streams}", audited)

    assert done.returncode == 0
    assert json.loads((audited / "report.json").read_text())["summary"]["passed"] == 1


@pytest.mark.parametrize(
    "setting",
    [
        "unset HOME",
        "export HOME=/nonexistent",
        "export HOME=/dev/null",
        "export TMPDIR=/nonexistent",
        'mkdir "a b"; export TMPDIR="$PWD/a b"',
        "mkdir a$'\\n'b; export TMPDIR=\"$PWD/a\"$'\\n'b",
        "umask 077",
        "export LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=ascii",
        "export NO_COLOR=1",
        "ulimit -n 32",
    ],
)
@pytest.mark.parametrize("command", _GREEN.values())
def test_surroundings_do_not_change_a_result(command: tuple[str, ...], setting: str, audited: Path) -> None:
    done = run(f"{setting}; {_AUDIT} {shlex.join(command)}", audited)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("command", "code"), [("check", 2), ("list", 2), ("diff", 2), ("render app", 2)])
def test_a_working_directory_that_was_deleted_is_an_error(command: str, code: int, tmp_path: Path) -> None:
    done = run(f"mkdir gone; cd gone; rmdir ../gone; {_AUDIT} {command}", tmp_path)

    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't start new thread"),
        OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    ],
)
def test_what_the_system_lacks_is_no_bug(error: Exception) -> None:
    assert internal_error(error).code == "GA003"


@pytest.mark.parametrize(
    ("error", "code"),
    [(GitFailedError("git cannot be started"), "GA202"), (MemoryError(), "GA003"), (KeyError(), "GA001")],
)
def test_what_befalls_one_source_is_its_own_error(error: Exception, code: str) -> None:
    def opened() -> Checkout:
        raise error

    source = read(SourceConfig("s"), opened)

    assert source.error is not None
    assert source.error.code == code
