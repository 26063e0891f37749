from __future__ import annotations

import fcntl
import logging
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.source import Checkout, Opener, cache, open_source
from tests.repository import Repo
from tests.unit.source.building import contents, served

pytestmark = pytest.mark.slow


@pytest.fixture
def upstream(repo: Repo) -> Repo:
    """What the server has: a repository as `repo`, that is `<projects>/repo/.git`."""
    repo.commit("first", a_yaml="1")
    return repo


@pytest.fixture
def url(upstream: Repo) -> Iterator[str]:
    with served(upstream.folder.parent) as address:
        yield f"http://{address}/repo/.git"


def _open(url: str, revision: str = "HEAD", *, fetch: bool = True, path: str = "") -> Checkout:
    return open_source(SourceConfig("s", url, revision, path), base_dir=Path("/"), fetch=fetch)


def _copies(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "gitops-audit").glob("*.git"))


def test_a_url_is_copied_once_and_fetched_in_each_run(upstream: Repo, url: str, tmp_path: Path) -> None:
    assert contents(_open(url)) == {"a.yaml": b"1"}
    commit = upstream.commit("second", a_yaml="2")
    with _open(url) as checkout:
        assert checkout.commit == commit
        assert checkout.read("a.yaml") == b"2"
        assert checkout.last_commits(["a.yaml"])["a.yaml"].subject == "second"
        assert checkout.repo == url
    assert len(_copies(tmp_path)) == 1


def test_offline_the_copy_is_used_as_it_is(upstream: Repo, url: str) -> None:
    contents(_open(url))
    upstream.commit("second", a_yaml="2")
    assert contents(_open(url, fetch=False)) == {"a.yaml": b"1"}


def test_offline_without_a_copy_is_an_error(url: str) -> None:
    with pytest.raises(SourceError, match="was never fetched"):
        _open(url, fetch=False)


def test_branches_tags_and_commits_of_the_remote_are_found(upstream: Repo, url: str) -> None:
    first = upstream.git("rev-parse", "HEAD")
    upstream.git("tag", "-a", "v1", "-m", "v1")
    upstream.git("checkout", "--quiet", "-b", "feature/x")
    upstream.commit("second", a_yaml="2")
    upstream.git("checkout", "--quiet", "main")
    cases = {"main": b"1", "v1": b"1", first: b"1", first[:9]: b"1", "feature/x": b"2", "origin/feature/x": b"2"}
    for revision, content in {**cases, "feature/x~1": b"1"}.items():
        assert contents(_open(url, revision)) == {"a.yaml": content}, revision


def test_head_is_the_remote_s_default_branch_also_after_it_changed(upstream: Repo, url: str) -> None:
    contents(_open(url))
    upstream.git("checkout", "--quiet", "-b", "trunk")
    upstream.commit("second", a_yaml="2")
    assert contents(_open(url)) == {"a.yaml": b"2"}
    assert contents(_open(url, "HEAD~1")) == {"a.yaml": b"1"}


def test_branches_that_were_rewritten_removed_or_turned_into_folders_follow_the_remote(
    upstream: Repo, url: str
) -> None:
    upstream.git("branch", "gone")
    upstream.git("branch", "topic")
    upstream.git("tag", "moving")
    contents(_open(url))
    upstream.write(a_yaml="2")
    upstream.git("add", "--all")
    upstream.record("rewritten", "Ada", "--amend")
    upstream.git("branch", "-D", "gone", "topic")
    upstream.git("branch", "topic/below")
    upstream.git("tag", "--force", "moving")
    for revision in ("main", "topic/below", "moving"):
        assert contents(_open(url, revision)) == {"a.yaml": b"2"}, revision
    with pytest.raises(SourceError, match="there is no revision 'gone'"):
        _open(url, "gone")


def test_a_ref_that_is_neither_branch_nor_tag_is_fetched_by_its_name(upstream: Repo, url: str) -> None:
    upstream.git("checkout", "--quiet", "--detach")
    commit = upstream.commit("proposed", a_yaml="2")
    upstream.git("update-ref", "refs/pull/7/head", commit)
    upstream.git("checkout", "--quiet", "main")
    assert contents(_open(url, "refs/pull/7/head")) == {"a.yaml": b"2"}
    with pytest.raises(SourceError, match="there is no revision 'refs/pull/8/head'"):
        _open(url, "refs/pull/8/head")


def test_a_commit_that_no_branch_has_is_fetched_by_its_id(upstream: Repo, url: str) -> None:
    upstream.git("checkout", "--quiet", "--detach")
    commit = upstream.commit("proposed", a_yaml="2")
    upstream.git("checkout", "--quiet", "main")
    upstream.git("config", "uploadpack.allowAnySHA1InWant", "true")
    assert contents(_open(url, commit)) == {"a.yaml": b"2"}
    with pytest.raises(SourceError, match="there is no revision"):
        _open(url, "0" * 39 + "1")


def test_the_sources_of_a_run_see_one_state_of_a_remote(upstream: Repo, url: str) -> None:
    opener = Opener(Path("/"))
    opener.open(SourceConfig("one", url)).close()
    upstream.commit("second", a_yaml="2")
    assert contents(opener.open(SourceConfig("two", url))) == {"a.yaml": b"1"}


def test_an_empty_remote_has_no_commits(tmp_path: Path) -> None:
    Repo.init(tmp_path / "empty")
    with served(tmp_path) as address, pytest.raises(SourceError, match="has no commits"):
        _open(f"http://{address}/empty/.git")


def test_a_remote_whose_default_branch_is_gone_still_has_its_branches(upstream: Repo, url: str) -> None:
    contents(_open(url))
    upstream.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    assert contents(_open(url, "main")) == {"a.yaml": b"1"}
    with pytest.raises(SourceError, match="there is no revision 'HEAD'"):
        _open(url)


def test_a_repository_that_is_not_there_is_an_error_that_keeps_no_copy(url: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be fetched") as caught:
        _open(url.replace("/repo/", "/nothing/"))
    assert "check the URL" in caught.value.hint
    assert _copies(tmp_path) == []


def test_a_copy_that_was_begun_and_not_finished_is_begun_again(url: str, tmp_path: Path) -> None:
    contents(_open(url))
    [copy] = _copies(tmp_path)
    copy.rename(copy.with_suffix(".new"))
    (copy.with_suffix(".new") / "HEAD").unlink()
    assert contents(_open(url)) == {"a.yaml": b"1"}


@pytest.mark.parametrize("fetch", [True, False])
def test_a_damaged_copy_is_an_error_that_says_what_to_remove(url: str, tmp_path: Path, fetch: bool) -> None:
    contents(_open(url))
    [copy] = _copies(tmp_path)
    (copy / "HEAD").unlink()
    with pytest.raises(SourceError, match="cannot be used") as caught:
        _open(url, fetch=fetch)
    assert f"remove {copy}" in caught.value.hint


def test_a_copy_that_is_no_repository_never_means_the_one_around_it(upstream: Repo, url: str) -> None:
    config = SourceConfig("s", url)
    around = upstream.folder / "cache"
    open_source(config, base_dir=around, cache_dir=around).close()
    [copy] = around.glob("*.git")
    (copy / "HEAD").unlink()
    with pytest.raises(SourceError, match="it is no repository"):
        open_source(config, base_dir=around, cache_dir=around)


def test_a_host_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "FETCH_TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(SourceError, match=r"no answer within 0\.3 s"):
            _open(f"http://127.0.0.1:{port}/repo")


def test_a_host_that_is_down_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(SourceError, match="cannot be fetched"):
        _open(f"http://127.0.0.1:{port}/repo")


def test_parallel_runs_wait_for_each_other_and_say_so_when_it_takes_too_long(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents(_open(url))
    [lock] = (tmp_path / "cache" / "gitops-audit").glob("*.lock")
    monkeypatch.setattr(cache, "LOCK_TIMEOUT_S", 0.0)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SourceError, match="another run has been fetching") as caught:
            _open(url)
        assert str(lock) in caught.value.hint
    assert contents(_open(url)) == {"a.yaml": b"1"}


def test_a_cache_that_cannot_be_written_is_an_error(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = SourceConfig("s", url)
    with pytest.raises(SourceError, match="cannot be written") as caught:
        open_source(config, base_dir=tmp_path, cache_dir=tmp_path / "file" / "cache")
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_the_cache_is_private_and_in_its_usual_place(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents(_open(url))
    assert stat.S_IMODE((tmp_path / "cache" / "gitops-audit").stat().st_mode) == 0o700
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.default_cache_dir() == tmp_path / "home" / ".cache" / "gitops-audit"


def test_without_a_home_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SourceError, match="no home directory"):
        cache.default_cache_dir()


def test_a_url_has_no_work_tree(url: str) -> None:
    with pytest.raises(SourceError, match="has no checked-out files"):
        _open(url, "worktree")


@pytest.mark.parametrize(
    "repo", ["ext::sh -c touch% pwned", "file:///etc", "fd::17", "ftp://h/x", "ssh://-oProxyCommand=x/y", "https://"]
)
def test_transports_that_may_run_programs_or_read_files_are_refused(repo: str) -> None:
    with pytest.raises(SourceError, match="is refused"):
        _open(repo)


def test_a_rewrite_in_the_user_s_configuration_opens_no_other_transport(upstream: Repo, url: str) -> None:
    upstream.git("config", "--global", f"url.{upstream.folder.parent}/.insteadOf", url.removesuffix("repo/.git"))
    with pytest.raises(SourceError, match="'file' not allowed") as caught:
        _open(url)
    assert "insteadOf" in caught.value.hint


@pytest.mark.parametrize("token", ["ada:s3cret-t0ken", "ada:p@ss/w:rd%"])
def test_credentials_in_a_url_work_and_appear_nowhere(
    upstream: Repo, tmp_path: Path, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user, password = (part.replace("%", "%25").replace("@", "%40").replace("/", "%2F") for part in token.split(":", 1))
    with served(upstream.folder.parent, token) as address:
        url = f"http://{user}:{password}@{address}/repo/.git"
        config = SourceConfig("s", url)
        with open_source(config, base_dir=tmp_path) as checkout:
            assert checkout.read("a.yaml") == b"1"
            shown = [checkout.repo, repr(checkout), repr(config), caplog.text]
    stored = [path.read_bytes().decode("latin-1") for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    for secret in (password, token.split(":", 1)[1]):
        assert not [text for text in [*shown, *stored] if secret in text]


def test_wrong_credentials_are_an_error_without_them(upstream: Repo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with served(upstream.folder.parent, "ada:right") as address, pytest.raises(SourceError) as caught:
        _open(f"http://ada:wr0ng-password@{address}/repo/.git")
    assert "cannot be fetched" in caught.value.message
    assert "token" in caught.value.hint
    assert "wr0ng-password" not in str(caught.value) + caplog.text
    assert caught.value.__context__ is None or "wr0ng" not in repr(caught.value.__context__)


def test_no_credentials_are_an_error_and_no_question(upstream: Repo) -> None:
    with served(upstream.folder.parent, "ada:right") as address, pytest.raises(SourceError) as caught:
        _open(f"http://{address}/repo/.git")
    assert "credential helper" in caught.value.hint


def test_settings_that_the_environment_brings_stay_in_force(upstream: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(upstream.folder.parent, "ada:right") as address:
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.http://{address}/.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "http://git.example.com/")
        assert os.environ["GIT_CONFIG_COUNT"] == "1"
        with pytest.raises(SourceError, match="cannot be fetched"):
            _open("http://git.example.com/repo/.git")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
        monkeypatch.setenv("GIT_CONFIG_KEY_1", "http.extraHeader")
        monkeypatch.setenv("GIT_CONFIG_VALUE_1", "Authorization: Basic YWRhOnJpZ2h0")
        assert contents(_open("http://git.example.com/repo/.git")) == {"a.yaml": b"1"}
