"""When states came to the audited branch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gitops_audit.source.arrivals import Arrivals
from tests.repository import Repo


def noon(day: int) -> int:
    """Repo makes its n-th commit at noon of the n-th of January."""
    return int(datetime(2026, 1, day, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo")


def test_the_version_of_a_time_is_the_last_that_came_before(repo: Repo) -> None:
    first, second = repo.commit(a="1"), repo.commit(a="2")
    found = repo.open().arrivals(is_path_alone=False)
    assert found.versions(noon(1) + 1, noon(1) + 2) == (first,)
    assert found.versions(noon(2), noon(2) + 9) == (second,)
    assert found.versions(noon(1), noon(2)) == (second, first)


def test_before_everything_nothing_was_declared(repo: Repo) -> None:
    repo.commit(a="1")
    assert repo.open().arrivals(is_path_alone=False).versions(0, 1) == ()


def test_a_branch_came_with_its_merge(repo: Repo) -> None:
    first = repo.commit(a="1")
    repo.git("checkout", "--quiet", "-b", "feature")
    repo.commit(b="2")
    repo.git("checkout", "--quiet", "main")
    repo.merge("feature")
    found = repo.open().arrivals(is_path_alone=False)
    assert found.versions(noon(2), noon(2) + 9) == (first,)
    assert found.versions(noon(3), noon(3) + 9) == (repo.git("rev-parse", "HEAD"),)


def test_nothing_comes_before_its_parent_whatever_the_clock_said(repo: Repo) -> None:
    repo.day = 8
    first = repo.commit(a="1")
    repo.day = 3
    second = repo.commit(a="2")
    assert repo.open().arrivals(is_path_alone=False).commits == ((second, noon(9)), (first, noon(9)))


def test_commits_beside_the_source_are_the_same_state(repo: Repo) -> None:
    first = repo.commit(apps__a="1")
    repo.commit(other="1")
    last = repo.commit(other="2")
    alone = repo.open(path="apps").arrivals(is_path_alone=True)
    assert alone.versions(noon(1), noon(2)) == (last,)
    assert repo.open(path="apps").arrivals(is_path_alone=False).versions(noon(1), noon(1)) == (first,)


def test_a_source_with_links_out_of_its_path_may_change_with_every_commit(repo: Repo) -> None:
    repo.put("other/a.yaml", "1")
    repo.link("apps/a.yaml", "../other/a.yaml")
    repo.commit()
    assert repo.open(path="apps").arrivals(is_path_alone=True).touching is None


def test_a_shallow_clone_does_not_know_what_was_before(repo: Repo, tmp_path: Path) -> None:
    repo.commit(a="1")
    repo.commit(a="2")
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.folder}", str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone").open().arrivals(is_path_alone=False)
    assert clone.versions(noon(1), noon(1) + 9) is None
    assert clone.versions(noon(2), noon(2) + 9) is not None


def test_without_commits_nothing_is_known() -> None:
    assert Arrivals().versions(0, 9) is None


def test_a_work_tree_has_the_history_of_what_is_checked_out(repo: Repo) -> None:
    first = repo.commit(a="1")
    assert repo.open("worktree").arrivals(is_path_alone=True).commits == ((first, noon(1)),)
