from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.source import Checkout
from tests.repository import DAY, Repo


def _subjects(checkout: Checkout, *paths: str) -> dict[str, str]:
    with checkout:
        return {path: commit.subject for path, commit in checkout.last_commits(paths or checkout.files()).items()}


def test_a_commit_has_author_committer_date_and_subject(repo: Repo) -> None:
    sha = repo.commit("Scale web\n\nBecause of Monday", "Ada Löwe", a_yaml="1")
    with repo.open() as checkout:
        commit = checkout.last_commits(["a.yaml"])["a.yaml"]
    assert (commit.sha, commit.author, commit.subject) == (sha, "Ada Löwe", "Scale web")
    assert commit.date in (DAY.format(1), DAY.format(1).replace("+00:00", "Z"))


def test_each_file_has_the_commit_that_changed_it_last(repo: Repo) -> None:
    repo.commit("both", a_yaml="1", b_yaml="1")
    repo.commit("only a", a_yaml="2")
    repo.commit("only c", c_yaml="1")
    assert _subjects(repo.open()) == {"a.yaml": "only a", "b.yaml": "both", "c.yaml": "only c"}


def test_history_ends_at_the_pinned_commit(repo: Repo) -> None:
    repo.commit("first", a_yaml="1")
    repo.commit("second", a_yaml="2")
    assert _subjects(repo.open("HEAD~1")) == {"a.yaml": "first"}


def test_files_that_are_not_in_the_commit_are_absent(repo: Repo) -> None:
    repo.commit("add", a_yaml="1", gone_yaml="1")
    (repo.folder / "gone.yaml").unlink()
    repo.commit("remove")
    assert _subjects(repo.open(), "a.yaml", "gone.yaml", "never.yaml") == {"a.yaml": "add"}


def test_a_renamed_file_was_changed_by_the_rename(repo: Repo) -> None:
    repo.commit("add", a_yaml="1\n2\n3\n")
    repo.git("mv", "a.yaml", "b.yaml")
    repo.record("rename")
    assert _subjects(repo.open()) == {"b.yaml": "rename"}


def test_a_change_of_a_merged_branch_is_that_of_its_own_commit(repo: Repo) -> None:
    repo.commit("base", a_yaml="1", b_yaml="1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("on side", a_yaml="2")
    repo.git("checkout", "--quiet", "main")
    repo.commit("on main", b_yaml="2")
    repo.merge("side")
    assert _subjects(repo.open()) == {"a.yaml": "on side", "b.yaml": "on main"}


def test_a_change_made_in_a_merge_is_that_of_the_merge(repo: Repo) -> None:
    repo.commit("base", a_yaml="1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("on side", a_yaml="2")
    repo.git("checkout", "--quiet", "main")
    repo.commit("on main", a_yaml="3")
    repo.merge("side", "--strategy=ours")
    repo.write(a_yaml="both")
    repo.git("add", "--all")
    repo.record("resolved", "Ada", "--amend")
    assert _subjects(repo.open()) == {"a.yaml": "resolved"}


@pytest.mark.parametrize("others", [0, 70])
def test_a_change_that_a_merge_dropped_is_not_the_origin(repo: Repo, others: int) -> None:
    for number in range(others):
        repo.put(f"other/{number}.yaml", "x")
    repo.commit("base", a_yaml="1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.git("checkout", "--quiet", "main")
    repo.commit("on main", a_yaml="2")
    repo.git("checkout", "--quiet", "side")
    repo.day += 5
    repo.commit("dropped", a_yaml="3")
    repo.git("checkout", "--quiet", "main")
    repo.merge("side", "--strategy=ours")
    assert _subjects(repo.open())["a.yaml"] == "on main"


def test_a_file_behind_a_link_has_the_history_of_its_content(repo: Repo) -> None:
    repo.write(base_yaml="1")
    repo.link("link.yaml", "base.yaml")
    repo.commit("add")
    repo.commit("change the target", base_yaml="2")
    assert _subjects(repo.open(), "link.yaml") == {"link.yaml": "change the target"}


def test_many_files_are_found_in_one_walk(repo: Repo) -> None:
    for number in range(100):
        repo.put(f"apps/{number}.yaml", "1")
    repo.commit("all", top_yaml="1")
    repo.commit("one", apps__7_yaml="2")
    subjects = _subjects(repo.open(path="apps"))
    assert subjects == {f"apps/{n}.yaml": "one" if n == 7 else "all" for n in range(100)}


def test_a_shallow_history_gives_what_is_known_and_says_so(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", a_yaml="1", b_yaml="1")
    repo.commit("second", b_yaml="2")
    repo.commit("third", c_yaml="1")
    repo.git("clone", "--quiet", "--depth=2", f"file://{repo.folder}", str(tmp_path / "shallow"))
    with Repo(tmp_path / "shallow").open() as checkout:
        assert checkout.is_shallow
    assert _subjects(Repo(tmp_path / "shallow").open()) == {"c.yaml": "third"}


def test_what_a_committer_writes_cannot_steer_a_terminal(repo: Repo) -> None:
    repo.commit("red \x1b[31malert\x07", "E\x1b[2Jve", a_yaml="1")
    with repo.open() as checkout:
        commit = checkout.last_commits(["a.yaml"])["a.yaml"]
    assert commit.subject.isprintable()
    assert commit.author.isprintable()
    assert "alert" in commit.subject


def test_configuration_of_the_user_does_not_change_the_walk(repo: Repo) -> None:
    repo.commit("add", a_yaml="1")
    for key, value in [
        ("log.showSignature", "true"),
        ("log.date", "relative"),
        ("format.pretty", "oneline"),
        ("color.ui", "always"),
        ("log.decorate", "full"),
        ("diff.renames", "copies"),
        ("diff.relative", "true"),
        ("diff.noprefix", "true"),
        ("core.abbrev", "4"),
        ("log.diffMerges", "off"),
    ]:
        repo.git("config", "--global", key, value)
    assert _subjects(repo.open()) == {"a.yaml": "add"}


def test_nothing_asked_is_nothing_walked(repo: Repo) -> None:
    repo.commit(a_yaml="1")
    with repo.open() as checkout:
        assert checkout.last_commits([]) == {}
