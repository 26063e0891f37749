from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_audit.errors import SourceError
from gitops_audit.manifest import limits
from gitops_audit.source import worktree
from tests.repository import Repo
from tests.unit.source.building import contents


def test_changed_and_new_files_are_read_but_ignored_and_deleted_ones_are_not(repo: Repo) -> None:
    repo.commit(a_yaml="old", gone_yaml="x", _gitignore="*.secret\nbuild/\n")
    repo.write(a_yaml="new", b_yaml="untracked", c_secret="no", build__d_yaml="no")
    (repo.folder / "gone.yaml").unlink()
    assert contents(repo.open("worktree")) == {
        ".gitignore": b"*.secret\nbuild/\n",
        "a.yaml": b"new",
        "b.yaml": b"untracked",
    }


def test_a_work_tree_has_no_commit(repo: Repo) -> None:
    repo.commit(a_yaml="a")
    with repo.open("worktree") as checkout:
        assert (checkout.revision, checkout.commit, checkout.repo) == ("worktree", "", str(repo.folder))


def test_only_what_lies_under_the_path_is_read_from_disk(repo: Repo) -> None:
    repo.write(apps__a_yaml="a", apps2__b_yaml="b")
    assert contents(repo.open("worktree", "apps")) == {"apps/a.yaml": b"a"}
    assert contents(repo.open("worktree", "apps/a.yaml")) == {"apps/a.yaml": b"a"}


def test_files_with_uncommitted_changes_have_no_commit(repo: Repo) -> None:
    repo.commit("add", a_yaml="1", b_yaml="1", crlf_yaml="1\n")
    repo.write(a_yaml="2", new_yaml="1", crlf_yaml="1\r\n")
    with repo.open("worktree") as checkout:
        found = checkout.last_commits(checkout.files())
    assert {path: commit.subject for path, commit in found.items()} == {"b.yaml": "add", "crlf.yaml": "add"}


def test_a_work_tree_before_the_first_commit_is_read(repo: Repo) -> None:
    repo.write(a_yaml="1")
    with repo.open("worktree") as checkout:
        assert checkout.read("a.yaml") == b"1"
        assert checkout.last_commits(["a.yaml"]) == {}


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside.yaml", "../.git/config"])
def test_a_link_on_disk_that_leads_out_is_a_problem(repo: Repo, target: str) -> None:
    (repo.folder.parent / "outside.yaml").write_text("outside")
    repo.write(apps__a_yaml="a")
    repo.link("apps/link.yaml", target)
    with repo.open("worktree", "apps") as checkout:
        assert [(p.path, p.message) for p in checkout.problems] == [
            (
                "apps/link.yaml",
                "not read: the symbolic link leads out of the repository; "
                "put its content there, or name it in `exclude`",
            )
        ]
        assert list(checkout.files()) == ["apps/a.yaml"]
        with pytest.raises(SourceError):
            checkout.read("apps/link.yaml")


def test_a_directory_that_was_replaced_by_a_link_out_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    repo.commit(apps__a_yaml="a")
    (repo.folder / "apps").rename(tmp_path / "moved")
    repo.link("apps", str(tmp_path / "moved"))
    with repo.open("worktree") as checkout:
        assert list(checkout.files()) == []
        assert {p.path for p in checkout.problems} == {"apps", "apps/a.yaml"}


def test_links_inside_are_read_and_links_to_nothing_or_directories_are_named(repo: Repo) -> None:
    repo.write(base__a_yaml="a")
    repo.link("prod/a.yaml", "../base/a.yaml")
    repo.link("prod/base", "../base")
    repo.link("prod/dead.yaml", "nothing")
    repo.link("prod/loop.yaml", "loop.yaml")
    with repo.open("worktree", "prod") as checkout:
        assert [blob.path for blob in checkout.blobs()] == ["prod/a.yaml"]
        assert checkout.skipped == (("prod/base", "a symbolic link to a directory"),)
        assert [p.path for p in checkout.problems] == ["prod/dead.yaml", "prod/loop.yaml"]


def test_what_is_no_regular_file_is_a_problem_and_no_hang(repo: Repo) -> None:
    repo.commit(a_yaml="a")
    (repo.folder / "a.yaml").unlink()
    os.mkfifo(repo.folder / "a.yaml")
    with repo.open("worktree") as checkout:
        assert [(p.path, p.message) for p in checkout.problems] == [("a.yaml", "not read: it is no regular file")]


def test_submodules_and_repositories_inside_are_named_as_not_read(repo: Repo) -> None:
    Repo.init(repo.folder / "nested").commit(x_yaml="x")
    repo.commit(a_yaml="a")
    repo.write(b_yaml="b")
    Repo.init(repo.folder / "untracked").commit(y_yaml="y")
    with repo.open("worktree") as checkout:
        assert [(p.path, p.code) for p in checkout.problems] == [("nested", "GA242"), ("untracked", "GA242")]
        assert list(checkout.files()) == ["a.yaml", "b.yaml"]


def test_a_file_on_disk_beyond_the_limit_is_a_problem(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worktree, "MAX_FILE_BYTES", 10)
    assert limits.MAX_FILE_BYTES > 10
    repo.write(large_yaml="x" * 11, small_yaml="x" * 10)
    with repo.open("worktree") as checkout:
        assert [(p.path, p.code) for p in checkout.problems] == [("large.yaml", "GA243")]
        assert [blob.data for blob in checkout.blobs()] == [b"x" * 10]


def test_a_file_that_may_not_be_read_is_an_error(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write(a_yaml="a")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    with repo.open("worktree") as checkout:
        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(SourceError, match=r"a\.yaml cannot be read: Permission denied"):
            checkout.read("a.yaml")


def test_names_with_control_characters_on_disk_are_problems(repo: Repo) -> None:
    repo.put("a\nb.yaml", "x")
    (repo.folder / os.fsdecode(b"\xff.yaml")).write_text("x")
    with repo.open("worktree") as checkout:
        assert [(p.path, p.code) for p in checkout.problems] == [("a\\nb.yaml", "GA244"), ("\\xff.yaml", "GA244")]


@pytest.mark.parametrize("path", ["apsp", ".git", ".git/config", "../other"])
def test_a_path_that_is_not_in_the_work_tree_is_an_error(repo: Repo, path: str) -> None:
    repo.write(apps__a_yaml="a")
    Repo.init(repo.folder.parent / "other").write(x_yaml="x")
    with pytest.raises(SourceError, match="there is no") as caught:
        repo.open("worktree", path)
    assert "apps" in caught.value.hint


def test_a_bare_repository_has_no_work_tree(repo: Repo, tmp_path: Path) -> None:
    repo.commit(a_yaml="a")
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    with pytest.raises(SourceError, match="has no checked-out files"):
        Repo(tmp_path / "bare.git").open("worktree")


def test_a_materialised_work_tree_has_the_files_of_the_whole_repository(repo: Repo, tmp_path: Path) -> None:
    repo.commit(base__a_yaml="1", _gitignore="*.secret\n")
    repo.write(base__a_yaml="2", apps__b_yaml="new", x_secret="no")
    repo.link("apps/a.yaml", "../base/a.yaml")
    (tmp_path / "dest").mkdir()
    with repo.open("worktree", "apps") as checkout:
        checkout.materialise(tmp_path / "dest")
    files = {
        str(p.relative_to(tmp_path / "dest")): p.read_text() for p in (tmp_path / "dest").rglob("*") if p.is_file()
    }
    assert files == {".gitignore": "*.secret\n", "apps/a.yaml": "2", "apps/b.yaml": "new", "base/a.yaml": "2"}
