from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import Location, SourceError
from gitops_audit.source import open_source
from tests.repository import Repo
from tests.unit.source.building import contents


def test_a_folder_below_the_root_means_the_repository_around_it(repo: Repo) -> None:
    repo.commit(a_yaml="a", sub__dir__b_yaml="b")
    config = SourceConfig("s", "sub/dir")
    assert contents(open_source(config, base_dir=repo.folder)) == {"a.yaml": b"a", "sub/dir/b.yaml": b"b"}


def test_no_repository_given_means_the_one_that_holds_the_configuration(repo: Repo) -> None:
    repo.commit(sub__a_yaml="a")
    assert contents(open_source(SourceConfig("s"), base_dir=repo.folder / "sub")) == {"sub/a.yaml": b"a"}


def test_a_bare_repository_is_read(repo: Repo, tmp_path: Path) -> None:
    repo.commit(a_yaml="a")
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    assert contents(Repo(tmp_path / "bare.git").open()) == {"a.yaml": b"a"}


def test_a_linked_work_tree_has_its_own_head(repo: Repo, tmp_path: Path) -> None:
    repo.commit(a_yaml="old")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    linked = Repo(tmp_path / "linked", day=5)
    linked.commit(a_yaml="new")
    assert contents(linked.open()) == {"a.yaml": b"new"}
    assert contents(linked.open("worktree")) == {"a.yaml": b"new"}
    assert contents(repo.open()) == {"a.yaml": b"old"}


def test_the_git_directory_itself_may_be_named(repo: Repo) -> None:
    repo.commit(a_yaml="a")
    assert contents(Repo(repo.folder / ".git").open()) == {"a.yaml": b"a"}


def test_a_folder_with_odd_characters_is_found(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "$HOME ~ 'x'\n%")
    repo.commit(a_yaml="a")
    assert contents(repo.open()) == {"a.yaml": b"a"}


def test_a_path_from_home_and_one_of_an_unknown_user(tmp_path: Path) -> None:
    Repo.init(tmp_path / "home" / "shop").commit(a_yaml="a")
    assert contents(open_source(SourceConfig("s", "~/shop"), base_dir=tmp_path)) == {"a.yaml": b"a"}
    with pytest.raises(SourceError, match="there is no directory"):
        open_source(SourceConfig("s", "~nobody-here/shop"), base_dir=tmp_path)


def test_a_missing_directory_is_an_error_at_the_source_s_line(tmp_path: Path) -> None:
    config = SourceConfig("s", "nowhere", where=Location("gitops-audit.yaml", 7))
    with pytest.raises(SourceError, match="there is no directory") as caught:
        open_source(config, base_dir=tmp_path)
    assert str(caught.value).startswith("gitops-audit.yaml:7: ")


def test_a_directory_outside_any_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is in no Git repository") as caught:
        Repo(tmp_path).open()
    assert "git init" in caught.value.hint


def test_a_repository_without_commits_is_an_error(repo: Repo) -> None:
    with pytest.raises(SourceError, match="has no commits"):
        repo.open()


def test_a_repository_of_another_user_is_an_error_with_the_remedy(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a_yaml="a")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SourceError, match="belongs to another user") as caught:
        repo.open()
    assert f"safe.directory {repo.folder}" in caught.value.hint


def test_a_broken_repository_is_an_error(repo: Repo) -> None:
    repo.commit(a_yaml="a")
    (repo.folder / ".git/config").write_text("[core\n")
    with pytest.raises(SourceError, match="cannot be used: fatal: bad config"):
        repo.open()


def test_a_missing_git_is_an_error_with_the_remedy(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a_yaml="a")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/env").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(SourceError, match="git is not there") as caught:
        repo.open()
    assert "install git" in caught.value.hint


def test_what_a_git_hook_leaves_in_the_environment_does_not_matter(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repo.init(tmp_path / "other")
    other.commit(other_yaml="other")
    repo.commit(a_yaml="a")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.folder / ".git/index"))
    assert contents(repo.open()) == {"a.yaml": b"a"}
    assert contents(repo.open("worktree")) == {"a.yaml": b"a"}


def test_no_program_that_a_repository_configures_is_run(repo: Repo, tmp_path: Path) -> None:
    (repo.folder / "trap").write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
    (repo.folder / "trap").chmod(0o755)
    repo.write(_gitattributes="*.yaml diff=evil filter=evil\n", a_yaml="a")
    repo.commit()
    trap = str(repo.folder / "trap")
    for key in ("core.fsmonitor", "diff.evil.textconv", "diff.external", "core.pager", "core.sshCommand"):
        repo.git("config", key, trap)
    for key in ("filter.evil.smudge", "filter.evil.clean", "filter.evil.process"):
        repo.git("config", key, trap)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (repo.folder / ".git/hooks").mkdir(exist_ok=True)
        (repo.folder / ".git/hooks" / hook).symlink_to(trap)
    subprocess.run(["git", "-C", repo.folder, "status"], capture_output=True, check=False)
    assert (tmp_path / "sprung").exists(), "the trap works"
    (tmp_path / "sprung").unlink()
    for revision in ("HEAD", "worktree"):
        (tmp_path / revision).mkdir()
        with repo.open(revision) as checkout:
            assert list(checkout.blobs())
            assert "a.yaml" in checkout.last_commits(["a.yaml"])
            checkout.materialise(tmp_path / revision)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("key", ["core.sshCommand", "credential.helper", "remote.origin.uploadpack"])
def test_what_a_partial_clone_lacks_is_not_fetched_by_the_program_it_names(
    repo: Repo, tmp_path: Path, key: str
) -> None:
    repo.commit(a_yaml="a")
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = Repo(tmp_path / "partial")
    clone = [
        "git",
        "clone",
        "--quiet",
        "--no-checkout",
        "--filter=blob:none",
        f"file://{repo.folder}",
        str(partial.folder),
    ]
    subprocess.run(clone, check=True, capture_output=True)
    url = "ssh://git.invalid/x" if key == "core.sshCommand" else f"file://{repo.folder}"
    for name, value in (
        ("remote.origin.url", url),
        ("protocol.ssh.allow", "always"),
        ("protocol.file.allow", "always"),
        (key, f"!touch {tmp_path / 'sprung'}" if "helper" in key else f"touch {tmp_path / 'sprung'}; false"),
    ):
        partial.git("config", name, value)
    with pytest.raises(SourceError) as error:
        contents(partial.open())
    assert (error.value.code, not (tmp_path / "sprung").exists()) == ("GA207", True)
    assert "partial clone" in error.value.hint
