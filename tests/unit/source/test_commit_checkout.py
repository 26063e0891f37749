from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.errors import SourceError
from gitops_audit.source import commit_checkout
from tests.repository import Repo
from tests.unit.source.building import contents


def test_files_come_from_the_commit_and_never_from_a_dirty_work_tree(repo: Repo) -> None:
    repo.commit(apps__web_yaml="committed")
    repo.write(apps__web_yaml="edited", apps__new_yaml="untracked")
    repo.git("add", "--all")
    assert contents(repo.open()) == {"apps/web.yaml": b"committed"}


def test_a_checkout_says_what_it_is(repo: Repo) -> None:
    commit = repo.commit(apps__web_yaml="x")
    with repo.open("main", "apps") as checkout:
        assert (checkout.repo, checkout.revision, checkout.path) == (str(repo.folder), "main", "apps")
        assert checkout.commit == commit
        assert not checkout.is_shallow


def test_only_what_lies_under_the_path_is_read(repo: Repo) -> None:
    repo.commit(apps__web_yaml="a", apps2__web_yaml="b", top_yaml="c")
    assert contents(repo.open(path="apps")) == {"apps/web.yaml": b"a"}


def test_a_path_may_name_one_file(repo: Repo) -> None:
    repo.commit(apps__web_yaml="a", apps__other_yaml="b")
    assert contents(repo.open(path="apps/web.yaml")) == {"apps/web.yaml": b"a"}


def test_the_reader_chooses_files_by_their_path(repo: Repo) -> None:
    repo.commit(a_yaml="a", b_png="b")
    with repo.open() as checkout:
        assert [blob.path for blob in checkout.blobs(lambda path: path.endswith(".yaml"))] == ["a.yaml"]
        assert checkout.files() == ["a.yaml", "b.png"]


def test_single_files_can_be_read_while_blobs_are_being_read(repo: Repo) -> None:
    repo.commit(a_yaml="a", b_yaml="b", c_yaml="")
    with repo.open() as checkout:
        assert [(blob.data, checkout.read(blob.path)) for blob in checkout.blobs()] == [
            (b"a", b"a"),
            (b"b", b"b"),
            (b"", b""),
        ]


@pytest.mark.slow
def test_more_files_than_are_asked_for_at_once_keep_their_content(repo: Repo) -> None:
    for number in range(700):
        repo.put(f"{number:04}.yaml", f"{number}\n" * 100)
    repo.commit()
    assert contents(repo.open()) == {f"{n:04}.yaml": f"{n}\n".encode() * 100 for n in range(700)}


def test_a_path_that_is_not_there_names_commit_and_near_directories(repo: Repo) -> None:
    commit = repo.commit(clusters__apps__web_yaml="a")
    with pytest.raises(SourceError) as caught:
        repo.open(path="apps")
    assert commit[:12] in caught.value.message
    assert "'clusters/apps'" in caught.value.hint


def test_a_mistyped_path_is_recognised(repo: Repo) -> None:
    repo.commit(storefront__web_yaml="a", backend__db_yaml="b")
    with pytest.raises(SourceError, match="did you mean 'storefront'"):
        repo.open(path="storefornt")


def test_reading_a_file_that_is_not_there_is_an_error(repo: Repo) -> None:
    repo.commit(a_yaml="a")
    with repo.open() as checkout, pytest.raises(SourceError, match=r"no 'b\.yaml'"):
        checkout.read("b.yaml")


def test_a_link_to_a_file_in_the_tree_is_read_as_that_file(repo: Repo) -> None:
    repo.write(base__web_yaml="shared")
    repo.link("prod/web.yaml", "../base/web.yaml")
    repo.link("prod/again.yaml", "web.yaml")
    repo.commit()
    assert contents(repo.open(path="prod")) == {"prod/web.yaml": b"shared", "prod/again.yaml": b"shared"}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/etc/passwd", "leads out of the repository"),
        ("../../outside.yaml", "leads out of the repository"),
        ("../apps/../../apps/web.yaml", "leads out of the repository"),
        ("nothing.yaml", "leads to nothing"),
        ("web.yaml/below", "leads to nothing"),
        ("loop.yaml", "runs in a circle"),
    ],
)
def test_a_link_that_cannot_be_followed_is_a_problem(repo: Repo, target: str, reason: str) -> None:
    (repo.folder.parent / "outside.yaml").write_text("outside")
    repo.write(apps__web_yaml="a")
    repo.link("apps/loop.yaml" if "circle" in reason else "apps/link.yaml", target)
    repo.commit()
    with repo.open(path="apps") as checkout:
        told = f"not read: the symbolic link {reason}; put its content there, or name it in `exclude`"
        assert [problem.message for problem in checkout.problems] == [told]
        assert checkout.files() == ["apps/web.yaml"]


def test_a_link_to_a_directory_is_not_descended_and_named(repo: Repo) -> None:
    repo.write(base__web_yaml="a")
    repo.link("prod/base", "../base")
    repo.commit()
    with repo.open(path="prod") as checkout:
        assert (list(checkout.files()), list(checkout.problems)) == ([], [])
        assert checkout.skipped == (("prod/base", "a symbolic link to a directory"),)


def test_the_path_itself_may_lead_through_links_inside_the_tree(repo: Repo) -> None:
    repo.write(v2__apps__web_yaml="a")
    repo.link("current", "v2")
    repo.commit()
    assert contents(repo.open(path="current/apps")) == {"v2/apps/web.yaml": b"a"}


def test_a_path_through_a_link_that_leads_out_is_not_there(repo: Repo) -> None:
    repo.write(a_yaml="a")
    repo.link("out", "..")
    repo.commit()
    with pytest.raises(SourceError, match="there is no 'out/repo'"):
        repo.open(path="out/repo")


def test_a_submodule_is_named_as_not_read(repo: Repo) -> None:
    other = Repo.init(repo.folder.parent / "other")
    other.commit(x_yaml="x")
    repo.commit(a_yaml="a")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.folder), "vendored")
    repo.record("add a submodule")
    with repo.open() as checkout:
        assert [(p.path, p.code) for p in checkout.problems] == [("vendored", "GA242")]
        assert "vendored" not in checkout.files()
    with pytest.raises(SourceError):
        repo.open(path="vendored")


def test_a_file_beyond_the_limit_is_a_problem_and_is_not_read(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_checkout, "MAX_FILE_BYTES", 10)
    repo.put("large.yaml", "x" * 11)
    repo.put("limit.yaml", "x" * 10)
    repo.commit()
    (tmp_path / "dest").mkdir()
    with repo.open() as checkout:
        assert [(p.path, p.code) for p in checkout.problems] == [("large.yaml", "GA243")]
        assert [blob.data for blob in checkout.blobs()] == [b"x" * 10]
        checkout.materialise(tmp_path / "dest")
    assert [p.name for p in (tmp_path / "dest").iterdir()] == ["limit.yaml"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"..", "../evil.yaml"),
        (b".git", ".git/evil.yaml"),
        (b".GIT", ".GIT/evil.yaml"),
        (b"a\nb", "a\\nb/evil.yaml"),
        (b"\x1b[31m", "\\x1b[31m/evil.yaml"),
        (b"\xff\xfe", "\\xff\\xfe/evil.yaml"),
    ],
)
def test_a_name_that_no_file_may_have_is_a_problem(repo: Repo, tmp_path: Path, name: bytes, shown: str) -> None:
    repo.commit(good_yaml="good")
    blob = repo.blob(b"evil")
    inner = repo.git("mktree", stdin=f"100644 blob {blob}\tevil.yaml\n".encode())
    repo.raw_tree([("40000", name, inner), ("100644", b"good.yaml", repo.blob(b"good"))])
    with repo.open() as checkout:
        assert [(p.path, p.code) for p in checkout.problems] == [(shown, "GA244")]
        assert checkout.files() == ["good.yaml"]
        dest = tmp_path / "nested" / "dest"
        dest.mkdir(parents=True)
        checkout.materialise(dest)
        assert [p.name for p in tmp_path.rglob("evil.yaml")] == []


def test_names_with_blanks_quotes_and_other_alphabets_are_fine(repo: Repo) -> None:
    names = ["a b.yaml", 'quo"te.yaml', "größe-日本.yaml", ":(glob)*.yaml", "-x.yaml", "back\\slash.yaml"]
    for name in names:
        repo.put(f"apps/{name}", name)
    repo.commit()
    assert contents(repo.open(path="apps")) == {f"apps/{name}": name.encode() for name in names}
    with repo.open() as checkout:
        assert set(checkout.last_commits(checkout.files())) == {f"apps/{name}" for name in names}


def test_an_object_that_is_missing_is_an_error_with_a_remedy(repo: Repo) -> None:
    repo.commit(a_yaml="a")
    blob = repo.git("rev-parse", "HEAD:a.yaml")
    (repo.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SourceError, match=blob) as caught:
        contents(repo.open())
    assert "git fsck" in caught.value.hint


def test_a_missing_directory_object_is_an_error_with_a_remedy(repo: Repo) -> None:
    repo.commit(apps__a_yaml="a")
    tree = repo.git("rev-parse", "HEAD:apps")
    (repo.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    for path in ("", "apps", "apps/a.yaml"):
        with pytest.raises(SourceError, match="cannot be read") as caught:
            repo.open(path=path)
        assert "git fsck" in caught.value.hint


def test_a_history_that_is_cut_off_by_damage_is_an_error(repo: Repo) -> None:
    first = repo.commit(a_yaml="a")
    repo.commit(b_yaml="b")
    with repo.open() as checkout:
        (repo.folder / ".git/objects" / first[:2] / first[2:]).unlink()
        with pytest.raises(SourceError, match="history"):
            checkout.last_commits(["a.yaml"])


def test_a_reader_may_stop_half_way(repo: Repo) -> None:
    repo.commit(a_yaml="a", b_yaml="b")
    with repo.open() as checkout:
        assert next(checkout.blobs()).path == "a.yaml"
        assert [blob.data for blob in checkout.blobs()] == [b"a", b"b"]


def test_a_damaged_object_is_an_error_and_no_hang(repo: Repo) -> None:
    repo.put("a.yaml", " ".join(str(n) for n in range(1000)))
    repo.commit()
    blob = repo.git("rev-parse", "HEAD:a.yaml")
    damaged = repo.folder / ".git/objects" / blob[:2] / blob[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:200])
    with pytest.raises(SourceError, match="cannot be read"):
        contents(repo.open())


def test_a_sha256_repository_is_read_like_any_other(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo256", "--object-format=sha256")
    commit = repo.commit(a_yaml="a")
    with repo.open() as checkout:
        assert len(commit) == 64
        assert checkout.read("a.yaml") == b"a"
        assert checkout.last_commits(["a.yaml"])["a.yaml"].sha == commit


def test_a_materialised_tree_is_the_whole_commit_with_its_inner_links(repo: Repo, tmp_path: Path) -> None:
    repo.write(base__web_yaml="base", apps__kustomization_yaml="k")
    repo.link("apps/web.yaml", "../base/web.yaml")
    repo.link("apps/base", "../base")
    repo.link("apps/out", "../../outside")
    repo.link("apps/absolute", "/etc/hostname")
    repo.commit()
    repo.write(apps__kustomization_yaml="dirty")
    dest = tmp_path / "dest"
    dest.mkdir()
    with repo.open(path="apps") as checkout:
        checkout.materialise(dest)
    assert (dest / "apps/kustomization.yaml").read_text() == "k"
    assert (dest / "apps/web.yaml").read_text() == "base"
    assert (dest / "apps/base/web.yaml").read_text() == "base"
    assert sorted(p.name for p in (dest / "apps").iterdir()) == ["base", "kustomization.yaml", "web.yaml"]


def test_materialising_where_files_are_already_is_an_error(repo: Repo, tmp_path: Path) -> None:
    repo.commit(a_yaml="a")
    (tmp_path / "a.yaml").write_text("mine")
    with repo.open() as checkout, pytest.raises(SourceError, match="cannot be written"):
        checkout.materialise(tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "mine"


def test_a_hostile_tree_with_a_link_and_a_directory_of_one_name_writes_nothing_outside(
    repo: Repo, tmp_path: Path
) -> None:
    repo.commit(good_yaml="good")
    inner = repo.git("mktree", stdin=f"100644 blob {repo.blob(b'evil')}\tevil.yaml\n".encode())
    outside = tmp_path / "outside"
    outside.mkdir()
    link = repo.blob(str(outside).encode())
    repo.raw_tree([("120000", b"a", link), ("40000", b"a", inner)])
    dest = tmp_path / "dest"
    dest.mkdir()
    with repo.open() as checkout:
        checkout.materialise(dest)
    assert list(outside.iterdir()) == []
