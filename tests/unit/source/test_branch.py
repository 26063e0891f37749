"""A commit on a new branch, made of objects alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.source.branch import commit_branch
from gitops_audit.source.repository import Repository, open_local
from tests.audited import repository


def out(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = repository(tmp_path / "repository", {"a/b/c.yaml": "old\n", "a/run.sh": "#!/bin/sh\n", "d.yaml": "d\n"})
    (made / "a/run.sh").chmod(0o755)
    out(made, "config", "user.name", "Ada")
    out(made, "config", "user.email", "ada@example.com")
    out(made, "commit", "--quiet", "--all", "--message", "Mode")
    return made


def committed(root: Path, name: str = "live") -> str:
    opened: Repository = open_local(root)
    files = {"a/b/c.yaml": b"new\r\n", "a/run.sh": b"#!/bin/bash\n", "x/y.yaml": b"y"}
    return commit_branch(opened, name, out(root, "rev-parse", "HEAD").strip(), files, "Say why\n\nBecause.\n")


def test_the_commit_has_the_files_and_nothing_else_moved(root: Path) -> None:
    (root / "d.yaml").write_text("mine\n")
    out(root, "add", "d.yaml")

    commit = committed(root)

    assert out(root, "diff", "--name-status", "HEAD", "live").split() == [
        "M", "a/b/c.yaml", "M", "a/run.sh", "A", "x/y.yaml",
    ]  # fmt: skip
    assert out(root, "show", "live:a/b/c.yaml") == "new\r\n" or out(root, "cat-file", "-s", "live:a/b/c.yaml") == "5\n"
    assert out(root, "ls-tree", "live", "a/run.sh").startswith("100755")
    assert out(root, "status", "--porcelain") == "M  d.yaml\n"
    assert out(root, "rev-parse", "live").strip() == commit
    assert out(root, "log", "-1", "--format=%an <%ae> %s", "live") == "Ada <ada@example.com> Say why\n"


def test_no_hook_runs(root: Path) -> None:
    for hook in ("pre-commit", "post-commit", "commit-msg", "reference-transaction"):
        (root / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {root}/ran\nexit 1\n")
        (root / ".git/hooks" / hook).chmod(0o755)

    committed(root)

    assert not (root / "ran").exists()


@pytest.mark.parametrize("name", ["live", "-x", "a..b", "no space", "HEAD~1", "x.lock"])
def test_a_name_that_is_taken_or_none_is_refused(root: Path, name: str) -> None:
    out(root, "branch", "live")

    with pytest.raises(ConfigError, match="branch"):
        committed(root, name)


def test_an_unknown_author_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out(root, "config", "--unset", "user.email")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    with pytest.raises(ConfigError, match="who you are"):
        committed(root)
    assert "live" not in out(root, "branch")
