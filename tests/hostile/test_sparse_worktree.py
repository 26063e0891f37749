"""What Git tracks and the work tree lacks is told: an audit of a part must not pass for the whole."""

from __future__ import annotations

import os
import shutil

import pytest

from gitops_audit.source.command import GitCommand
from gitops_audit.source.folder import FolderCheckout
from tests.audited import audited
from tests.repository import Repo

CONFIG = "version: 1\nsources:\n  - {name: s, path: app, revision: worktree, exclude: [excluded/**]}\n"


def config_map(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\n"


@pytest.fixture
def shop(repository: Repo) -> Repo:
    names = ("app/a.yaml", "app/b/b.yaml", "app/b/notes.txt", "app/excluded/c.yaml", "other/d.yaml")
    files = {path: config_map(path[-6]) for path in names}
    repository.commit_files({"gitops-audit.yaml": CONFIG, **files})
    return repository


def told(shop: Repo) -> dict[str, str]:
    run = audited(shop.folder)
    assert run.exit_code == 1
    return {v.subject.key.name: v.found("schema")[0].message for v in run if v.found("schema")}


@pytest.mark.parametrize("mode", ["--cone", "--no-cone"])
def test_a_file_that_a_sparse_checkout_leaves_out_is_told(shop: Repo, mode: str) -> None:
    patterns = ["app/excluded", "other"] if mode == "--cone" else ["/app/a.yaml", "/gitops-audit.yaml"]
    shop.git("sparse-checkout", "set", mode, *patterns)
    found = told(shop)
    assert list(found) == ["app/b/b.yaml"]
    assert "a sparse checkout leaves it out" in found["app/b/b.yaml"]


def test_a_tracked_file_that_was_deleted_is_told_until_git_forgets_it(shop: Repo) -> None:
    (shop.folder / "app/b/b.yaml").unlink()
    assert "Git tracks it, and it is not on disk" in told(shop)["app/b/b.yaml"]
    shop.git("rm", "--quiet", "--cached", "app/b/b.yaml")
    assert audited(shop.folder).exit_code == 0


def test_a_deleted_directory_and_one_that_became_a_file_are_told(shop: Repo) -> None:
    shutil.rmtree(shop.folder / "app/b")
    assert "app/b/b.yaml" in told(shop)
    (shop.folder / "app/b").write_text("no directory", encoding="utf-8")
    assert "app/b/b.yaml" in told(shop)


def test_files_beside_the_source_and_excluded_ones_are_nobody_s_concern(shop: Repo) -> None:
    (shop.folder / "app/excluded/c.yaml").unlink()
    (shop.folder / "other/d.yaml").unlink()
    assert audited(shop.folder).exit_code == 0


def test_a_directory_that_git_cannot_look_into_is_told(shop: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    git = GitCommand.told

    def closed(self: GitCommand, *arguments: str) -> tuple[bytes, str]:
        output, words = git(self, *arguments)
        is_new = "--others" in arguments
        return output, "warning: could not open directory 'app/b/': Permission denied\n" if is_new else words

    monkeypatch.setattr(GitCommand, "told", closed)
    assert told(shop)["app/b"] == "not read: Permission denied, so nothing is known of the files in it"


def test_a_folder_that_cannot_be_looked_into_is_told_without_git_too(
    shop: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def closed(path: object = ".") -> object:
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", closed)
    (problem,) = FolderCheckout(shop.folder / "app").problems
    assert (problem.path, problem.code) == ("b", "GA247")
