from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.render import tool
from gitops_audit.render.tool import ToolError, Workspace, workspace
from tests.unit.render.checkouts import DictCheckout


@pytest.fixture
def place() -> Iterator[Workspace]:
    with workspace(DictCheckout({"a/b.txt": "content\n"})) as found:
        yield found


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def test_a_tool_works_in_a_copy_of_the_repository(place: Workspace) -> None:
    assert place.run(["/bin/cat", "a/b.txt"]) == b"content\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a program is not told that its parent is gone")
def test_a_program_does_not_begin_where_the_run_that_wants_it_is_gone(place: Workspace) -> None:
    launcher = Path(tool.__file__).with_name("launcher.py")
    for parent, outcome in ((os.getpid(), (0, b"begun\n")), (1, (-signal.SIGKILL, b""))):
        given = (launcher, parent, place.home, "-", place.tree, "--", "/bin/echo", "begun")
        done = subprocess.run([sys.executable, *map(str, given)], capture_output=True, check=False)
        assert (done.returncode, done.stdout) == outcome


def test_the_copy_is_gone_afterwards() -> None:
    with workspace(DictCheckout({"a": ""})) as found:
        place = found.tree
    assert not place.exists()


def test_a_tool_knows_neither_credentials_nor_a_way_out(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "HELM_REPOSITORY_CONFIG", "AWS_SECRET_ACCESS_KEY", "NO_PROXY"):
        monkeypatch.setenv(name, "leaks")
    found = dict(line.split("=", 1) for line in place.run(["/usr/bin/env"]).decode().splitlines())
    assert "leaks" not in found.values()
    assert (found["PATH"], found["HOME"]) == (os.environ["PATH"], str(place.home))
    assert found["HTTPS_PROXY"] == "http://127.0.0.1:9"


def test_a_failure_is_told_in_the_words_of_the_tool_without_its_paths(place: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        place.run(sh(f"echo cannot read {place.tree}/a/b.txt in {place.tree}, see {place.home}/x >&2; exit 3"))
    assert str(caught.value) == "cannot read a/b.txt in ., see ~/x"


def test_a_silent_failure_is_told_too(place: Workspace) -> None:
    with pytest.raises(ToolError, match="it failed and said nothing"):
        place.run(["/bin/false"])


def test_long_words_are_cut(place: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        place.run(sh("yes word | head -c 100000 >&2; exit 1"))
    assert len(str(caught.value)) == 2000


def test_a_tool_that_takes_too_long_is_stopped_with_all_it_started(place: Workspace) -> None:
    with pytest.raises(ToolError, match="it was stopped after 0 s"):
        place.run(sh("/bin/sleep 60 & /bin/sleep 60"), timeout_s=0.2)


def test_a_tool_that_prints_without_end_is_stopped(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "MAX_RENDERED_BYTES", 1 << 20)
    with pytest.raises(ToolError, match="it printed more than 1 MiB"):
        place.run(["/usr/bin/yes"])


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the system bounds no process from outside")
def test_a_tool_that_wants_all_memory_is_told_its_bound(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "MAX_TOOL_MEMORY_BYTES", 1 << 30)
    greedy = "import mmap\nwhile True: mmap.mmap(-1, 2 << 30)"
    with pytest.raises(ToolError, match="it needs more than 1 GiB of memory") as caught:
        place.run([sys.executable, "-c", greedy])
    assert caught.value.is_excessive


def test_what_kubectl_writes_before_its_words_is_left_out(place: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        place.run(
            sh("""echo 'E1126 09:35:29.694294 13698 run.go:72] "command failed" err="no such file"' >&2; exit 1""")
        )
    assert str(caught.value) == '"no such file"'


def test_a_tool_has_no_input(place: Workspace) -> None:
    assert place.run(["/bin/cat"]) == b""


def test_the_temporary_copy_is_private(place: Workspace) -> None:
    assert [p.stat().st_mode & 0o077 for p in (place.tree.parents[1], place.home)] == [0, 0]


def offers(call: str) -> bool:
    """Whether this system lets a process give up something: the call returns -1 where it does not."""
    code = f"import ctypes, sys; libc = ctypes.CDLL(None); sys.exit({call} < 0)"
    return sys.platform == "linux" and subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(
    not offers("min(0, libc.unshare(0x40000000) and libc.unshare(0x50000000))"),
    reason="this system lets no process leave its network",
)
needs_landlock = pytest.mark.skipif(
    not offers("libc.syscall(444, None, 0, 1)"), reason="this system lets no process give up its files"
)


@needs_namespaces
def test_a_tool_has_no_network_loopback_included(place: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {port})) != 0)"
        assert place.run([sys.executable, "-c", code]) == b"True\n"


@needs_landlock
def test_a_tool_reads_and_writes_nothing_but_what_it_was_given(place: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    with pytest.raises(ToolError, match="Permission denied"):
        place.run(["/bin/cat", str(secret)])
    with pytest.raises(ToolError, match="cannot create"):
        place.run(sh(f"echo x > {place.tree}/a/new"))
    assert place.run(sh(f"echo x > {place.home}/new && cat {place.home}/new a/b.txt")) == b"x\ncontent\n"
