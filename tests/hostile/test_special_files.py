"""Pipes, devices, sockets, directories and broken links in every place where a path can be: an error that names it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gitops_audit import regular_file
from gitops_audit.regular_file import NoRegularFile, open_named, open_regular
from tests.command import run_cli
from tests.repository import Repo

Make = Callable[[Path], None]

_OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n"
_CONFIG = "version: 1\nclusters: {prod: {kubeconfig: kc}}\nsources: [{name: s, path: app}]\n"
_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: a
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1", certificate-authority: CA}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
users: [{name: a, user: {TOKEN}}]
"""


def _socket(path: Path) -> None:
    made = socket.socket(socket.AF_UNIX)
    folder = os.open(path.parent, os.O_RDONLY)
    made.bind(f"/proc/self/fd/{folder}/{path.name}")  # the path of a test may be longer than a socket's can be
    made.close()
    os.close(folder)


KINDS: Mapping[str, Make] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": _socket,
    "directory": lambda path: path.mkdir(),
    "dead link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
}
NAMED = [kind for kind in KINDS if kind != "pipe"]  # who names a pipe may mean it


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return tmp_path / "bad.yaml"


@pytest.fixture
def audited(repository: Repo) -> Path:
    repository.commit_files({"gitops-audit.yaml": _CONFIG, "app/a.yaml": _OBJECT})
    return repository.folder


@pytest.mark.parametrize("kind", KINDS)
def test_no_special_file_is_opened_as_a_file(kind: str, bad: Path) -> None:
    KINDS[kind](bad)

    with pytest.raises(OSError, match=r"not a regular file|No such file|symbolic links"):
        open_regular(bad)


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "--offline", "-c", "BAD"), "GA102"),
        (("check", "--snapshot", "BAD"), "GA330"),
        (("check", "--snapshot", "recording", "--audit-log", "BAD"), "GA125"),
        (("snapshot", "--kubeconfig", "BAD", "--context", "a", "out.gz"), "GA301"),
        (("check", "--offline", "--json", "BAD"), "GA601"),
    ],
)
def test_a_special_file_that_a_person_names_is_an_error_with_its_path(
    kind: str, arguments: tuple[str, ...], code: str, audited: Path, bad: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if code in ("GA601", "GA330") and kind in ("device", "directory", "dead link"):
        pytest.skip("a report may go to a device or through a link, a recording may be a directory")
    KINDS[kind](bad)
    (audited / "recording").mkdir()
    (audited / "recording" / "a.yaml").write_text(_OBJECT)

    ran = run_cli(*(str(bad) if a == "BAD" else a for a in arguments), cwd=audited)

    assert ran.code in (2, 3)
    assert code in ran.said
    assert str(bad) in ran.said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("place", "arguments", "code"),
    [
        ("gitops-audit.yaml", ("check", "--offline"), "GA102"),
        ("recording/b.yaml", ("check", "--snapshot", "recording"), "GA330"),
        ("policies/p.yaml", ("policy", "list", "policies"), "GA40"),
        ("app/a.yaml", ("render", "app"), ""),
        ("token", ("snapshot", "--kubeconfig", "kubeconfig", "--context", "a", "out.gz"), "GA301"),
        ("ca", ("snapshot", "--kubeconfig", "kubeconfig", "--context", "a", "out.gz"), "GA301"),
    ],
)
def test_a_special_file_that_is_found_is_an_error_with_its_path(
    kind: str, place: str, arguments: tuple[str, ...], code: str, audited: Path
) -> None:
    if kind == "directory" and place.startswith(("recording", "policies")):
        pytest.skip("a directory in a directory is one")
    bad = audited / place
    for folder in ("recording", "policies"):
        (audited / folder).mkdir()
    (audited / "recording" / "a.yaml").write_text(_OBJECT)
    user = f"tokenFile: {bad}" if place == "token" else "token: a"
    (audited / "kubeconfig").write_text(_KUBECONFIG.replace("CA", str(bad)).replace("TOKEN", user))
    bad.unlink(missing_ok=True)
    KINDS[kind](bad)

    ran = run_cli(*arguments, cwd=audited)

    assert ran.code in (1, 2, 3)
    assert code in ran.said
    assert place in ran.said


def test_a_kubeconfig_a_configuration_and_a_recording_may_be_pipes(audited: Path) -> None:
    config = audited / "gitops-audit.yaml"
    command = (
        f'exec "{sys.executable}" -m gitops_audit check'
        f' -c <(cat "{config}") --snapshot <(cat app/a.yaml) --audit-log <(echo)'
    )

    done = subprocess.run(["bash", "-c", command], cwd=audited, capture_output=True, text=True, check=False)

    assert "1 in-sync" in done.stdout, done.stderr
    assert done.returncode == 0


def test_a_kubeconfig_that_is_a_pipe_is_read_once_and_used_as_often_as_needed(audited: Path) -> None:
    text = _KUBECONFIG.replace("CA", "''").replace("TOKEN", "token: a").replace("https", "http")
    (audited / "kc").write_text(text)
    command = f'KUBECONFIG=<(cat kc) exec "{sys.executable}" -m gitops_audit snapshot --context b out.gz'

    done = subprocess.run(["bash", "-c", command], cwd=audited, capture_output=True, text=True, check=False)

    assert "contexts there: a" in done.stderr


def test_a_pipe_that_nobody_writes_to_is_given_up(bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_file, "PIPE_S", 0)
    os.mkfifo(bad)

    with pytest.raises(NoRegularFile, match="did not come to its end"):
        open_named(bad, 10)


def test_no_more_is_read_of_a_pipe_than_it_may_hold(bad: Path) -> None:
    os.mkfifo(bad)
    writer = os.open(bad, os.O_RDWR)
    os.write(writer, b"12345678")

    with open_named(bad, 5) as file:
        assert file.read() == b"123456"
    os.close(writer)


def test_a_report_to_a_pipe_that_nobody_reads_is_an_error_before_the_audit(audited: Path, bad: Path) -> None:
    os.mkfifo(bad)

    ran = run_cli("check", "--offline", "--json", bad, cwd=audited)

    assert ran.code == 2
    assert "GA601" in ran.err
