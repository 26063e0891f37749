from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.errors import SourceError
from tests.repository import Repo


@pytest.fixture
def history(repo: Repo) -> Repo:
    """Three commits, a branch, a light and an annotated tag."""
    repo.commit("first", a_yaml="1")
    repo.git("tag", "light")
    repo.commit("second", a_yaml="2")
    repo.git("tag", "-a", "v1.0.0", "-m", "release")
    repo.git("branch", "release/2026")
    repo.commit("third", a_yaml="3")
    return repo


@pytest.mark.parametrize(
    ("revision", "content"),
    [
        ("HEAD", b"3"),
        ("main", b"3"),
        ("refs/heads/main", b"3"),
        ("HEAD~2", b"1"),
        ("light", b"1"),
        ("v1.0.0", b"2"),
        ("v1.0.0^{}", b"2"),
        ("release/2026", b"2"),
        ("main^", b"2"),
    ],
)
def test_every_way_to_name_a_commit_is_understood(history: Repo, revision: str, content: bytes) -> None:
    with history.open(revision) as checkout:
        assert checkout.read("a.yaml") == content
        assert checkout.commit == history.git("rev-parse", f"{revision}^{{commit}}")


def test_a_commit_is_found_by_its_full_and_by_its_short_id(history: Repo) -> None:
    full = history.git("rev-parse", "HEAD~1")
    for revision in (full, full[:8], full.upper()):
        with history.open(revision) as checkout:
            assert checkout.commit == full


def test_a_branch_that_moves_meanwhile_does_not_move_the_audit(history: Repo) -> None:
    with history.open("main") as checkout:
        history.commit("fourth", a_yaml="4")
        assert checkout.read("a.yaml") == b"3"
        assert [blob.data for blob in checkout.blobs()] == [b"3"]
        assert checkout.last_commits(["a.yaml"])["a.yaml"].subject == "third"


@pytest.mark.parametrize(
    ("revision", "suggestion"),
    [
        ("mian", "did you mean 'main'?"),
        ("v1.0.1", "did you mean 'v1.0.0'"),
        ("2026", "did you mean 'release/2026'"),
        ("zzz", "branches and tags: "),
        ("1234567890", "was it pushed?"),
    ],
)
def test_a_missing_revision_names_what_is_near(history: Repo, revision: str, suggestion: str) -> None:
    with pytest.raises(SourceError, match=f"there is no revision '{revision}'") as caught:
        history.open(revision)
    assert suggestion in caught.value.hint


def test_a_branch_that_only_the_remote_has_is_suggested_by_its_full_name(history: Repo, tmp_path: Path) -> None:
    history.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    with pytest.raises(SourceError) as caught:
        Repo(tmp_path / "clone").open("release/2026")
    assert "did you mean 'origin/release/2026'" in caught.value.hint


def test_a_tag_that_is_no_commit_is_no_revision(history: Repo) -> None:
    history.git("tag", "tree", "HEAD^{tree}")
    with pytest.raises(SourceError, match="there is no revision 'tree'"):
        history.open("tree")


@pytest.mark.parametrize("revision", ["--output=x", "-n1", "main..v1.0.0", "^main", "main x", "a\nb"])
def test_what_can_be_no_revision_never_reaches_git(history: Repo, revision: str) -> None:
    with pytest.raises(SourceError, match="the revision"):
        history.open(revision)


def test_a_shallow_clone_says_why_a_revision_is_missing(history: Repo, tmp_path: Path) -> None:
    history.git("clone", "--quiet", "--depth=1", f"file://{history.folder}", str(tmp_path / "shallow"))
    with pytest.raises(SourceError) as caught:
        Repo(tmp_path / "shallow").open("HEAD~1")
    assert "git fetch --unshallow" in caught.value.hint
