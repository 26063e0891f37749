"""Commits by names that somebody else gives, such as the tags of images."""

from __future__ import annotations

from pathlib import Path

from gitops_audit.source.opener import Opener
from tests.repository import Repo


def test_a_branch_or_tag_that_is_called_like_a_commit_id_is_not_that_commit(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    commit = repo.commit_files({"a": "1"})
    repo.git("branch", "20261128")
    repo.git("tag", "1732800000")
    opener = Opener(tmp_path)
    assert opener.commit("repo", ["20261128", "1732800000"]) is None
    for name in (commit[:7], commit, "refs/tags/1732800000"):
        found = opener.commit("repo", ["20261128", name])
        assert found is not None
        assert found.sha == commit
