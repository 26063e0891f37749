"""What Applications deploy is read from Git, in rounds, until nothing new comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.engine.gather import follow
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.engine.options import RunOptions, narrowed
from gitops_audit.errors import ConfigError
from tests.audited import audited, git, repository
from tests.rendering import TOOLS_PATH

pytestmark = pytest.mark.slow

URL = "https://git.example.com/team/fleet"
CONFIG = "version: 1\nsources:\n- {name: fleet, argocd: {path: argocd}}\n"


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", TOOLS_PATH)


def application(name: str, path: str, more: str = "") -> str:
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{server: "https://kubernetes.default.svc", namespace: {name}}}
  source: {{repoURL: {URL}.git, path: {path}{more}}}
---
"""


def config_map(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b}}\n"


def fleet(folder: Path, files: Mapping[str, str], config: str = CONFIG) -> Path:
    root = repository(folder / "repo", {"gitops-audit.yaml": config, **files})
    git(root, "remote", "add", "origin", "git@git.example.com:team/fleet.git")
    return root


@contextmanager
def followed(root: Path, **options: object) -> Iterator[dict[str, ReadSource]]:
    """The sources of an audit without a cluster, by their names."""
    given = RunOptions(**options)  # type: ignore[arg-type]
    found = read_all(narrowed(load(root / "gitops-audit.yaml"), given), given)
    try:
        yield {source.config.name: source for source in found}
    finally:
        for source in found:
            source.close()


def names(source: ReadSource) -> list[str]:
    return [m.body["metadata"]["name"] for m in source.rendered.manifests]


def test_applications_of_applications_are_followed_to_any_depth(tmp_path: Path) -> None:
    files = {
        "argocd/root.yaml": application("root", "apps"),
        "apps/team.yaml": application("team", "team"),
        "team/shop.yaml": application("shop", "shop"),
        "shop/cm.yaml": config_map("shop"),
    }
    with followed(fleet(tmp_path, files)) as found:
        assert {name: names(source) for name, source in found.items()} == {
            "fleet": ["root"],
            "fleet.root": ["team"],
            "fleet.team": ["shop"],
            "fleet.shop": ["shop"],
        }
        assert found["fleet.shop"].info.followed_from == "Application argocd/shop at team/shop.yaml:1"


def test_an_application_that_deploys_the_folder_it_stands_in_declares_everything_once(tmp_path: Path) -> None:
    files = {"argocd/root.yaml": application("root", "argocd"), "argocd/cm.yaml": config_map("a")}
    root = fleet(tmp_path, files)
    with followed(root) as found:
        assert {name: names(source) for name, source in found.items()} == {"fleet": [], "fleet.root": ["a", "root"]}
    assert "GA221" not in str(audited(root).verdicts)


def test_a_broken_file_beside_the_applications_is_told_though_one_deploys_the_folder_above(tmp_path: Path) -> None:
    files = {
        "argocd/root.yaml": application("root", "argocd"),
        "argocd/cm.yaml": config_map("a"),
        "argocd/deep/broken.yaml": "a: [",
    }
    with followed(fleet(tmp_path, files)) as found:
        assert [p.path for p in found["fleet"].rendered.problems] == ["argocd/deep/broken.yaml"]


def test_applications_that_declare_each_other_are_told(tmp_path: Path) -> None:
    files = {
        "argocd/a.yaml": application("a", "one"),
        "one/b.yaml": application("b", "two"),
        "two/c.yaml": application("c", "three"),
        "three/b.yaml": application("b", "two"),
    }
    with followed(fleet(tmp_path, files)) as found:
        told = [p.message for s in found.values() for p in s.rendered.problems]
    assert told == ["the sources fleet.b, fleet.c declare each other, so none of them is there before the others"] * 2


def test_a_chart_that_makes_ever_new_applications_comes_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "MAX_ROUNDS", 4)
    template = application("{{ .Release.Name }}x", "chart")
    files = {
        "argocd/a.yaml": application("a", "chart"),
        "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 0.0.1\n",
        "chart/templates/a.yaml": template,
    }
    with followed(fleet(tmp_path, files)) as found:
        assert str(found["fleet"].error).count("GA282") == 1


def test_what_is_not_followed_is_named_at_the_end_of_a_run(tmp_path: Path) -> None:
    files = {
        "argocd/a.yaml": application("a", "a") + application("b", "b", ", plugin: {}"),
        "a/cm.yaml": config_map("a"),
    }
    root = fleet(tmp_path, files)
    told = "1 Application is not rendered: a config management plugin renders it, and none is run: "
    assert f"{told}argocd/b (argocd/a.yaml:8)" in audited(root).finished.notes
    assert audited(root).exit_code == 0

    (root / "gitops-audit.yaml").write_text(f"{CONFIG}report: {{failOnUnfollowed: true}}\n")
    assert audited(root).exit_code == 3


def test_a_chart_whose_dependency_may_not_be_fetched_is_not_followed_as_one_that_may_not_be_itself(
    tmp_path: Path,
) -> None:
    needs = "dependencies: [{name: redis, version: 1.x, repository: 'https://charts.example.com'}]\n"
    files = {
        "argocd/a.yaml": application("a", "a") + application("b", "b"),
        "a/cm.yaml": config_map("a"),
        "b/Chart.yaml": f"apiVersion: v2\nname: b\nversion: 1.0.0\n{needs}",
    }
    found = audited(fleet(tmp_path, files))
    assert found.exit_code == 0
    [note] = [note for note in found.finished.notes if "is not rendered" in note]
    assert "the chart needs redis 1.x, which is not in its charts/" in note
    assert "argocd/b (argocd/a.yaml:8)" in note


def test_the_report_says_which_chart_a_source_is(tmp_path: Path) -> None:
    files = {
        "argocd/a.yaml": application("a", "a") + application("b", "b"),
        "a/cm.yaml": config_map("a"),
        "b/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
        "b/templates/cm.yaml": config_map("b"),
    }
    with followed(fleet(tmp_path, files)) as found:
        charts = {name: source.info.chart for name, source in found.items()}
    assert charts == {"fleet": "", "fleet.a": "", "fleet.b": "web 1.2.3"}


def test_plain_sources_tell_what_only_an_engine_would_render(tmp_path: Path) -> None:
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: %s, namespace: web}\n"
    files = {
        "a/app.yaml": application("a", "a"),
        "a/one.yaml": release % "one",
        "a/two.yaml": release % "two",
        "a/cm.yaml": config_map("a"),
    }
    root = fleet(tmp_path, files, "version: 1\nsources: [{name: a, path: a}]\n")
    notes = audited(root).finished.notes
    assert (
        "2 HelmReleases are not rendered: no source follows Flux (`flux:`): "
        "web/one (a/one.yaml:1), web/two (a/two.yaml:1)"
    ) in notes
    assert ("1 Application is not rendered: no source follows Argo CD (`argocd:`): argocd/a (a/app.yaml:1)") in notes


@pytest.mark.parametrize(
    "files", [{"argocd/cm.yaml": config_map("a")}, {"argocd/a.yaml": application("a", "a", ", plugin: {}")}]
)
def test_a_source_that_follows_nothing_is_an_error(tmp_path: Path, files: dict[str, str]) -> None:
    with followed(fleet(tmp_path, files)) as found:
        assert "[GA285]" in str(found["fleet"].error)


def test_a_repository_is_this_one_however_its_url_is_written_and_no_other_is_asked(tmp_path: Path) -> None:
    other = application("b", "b").replace(URL, "https://elsewhere.example.com/x")
    evil = application("c", "c").replace(f"{URL}.git", '"ext::sh -c touch% /tmp/x"')
    secret = application("d", "d").replace(f"{URL}.git", "https://user:hunter2@elsewhere.example.com/x.git")
    files = {"argocd/a.yaml": application("a", "a") + other + evil + secret, "a/cm.yaml": config_map("a")}
    with followed(fleet(tmp_path, files)) as found:
        told = " ".join(u.reason for u in found["fleet"].unfollowed)
    assert list(found) == ["fleet", "fleet.a", "fleet.c"]
    assert told.count("on a host that the audit does not ask") == 2
    assert "the transport helper `ext::`, which may run any program" in str(found["fleet.c"].error)
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (("fleet",), ["fleet", "fleet.a", "fleet.b"]),
        (("fleet.a",), ["fleet.a"]),
        (("fleet.a", "fleet.b"), ["fleet.a", "fleet.b"]),
    ],
)
def test_a_run_may_ask_for_some_of_what_is_followed(
    tmp_path: Path, sources: tuple[str, ...], expected: list[str]
) -> None:
    files = {
        "argocd/a.yaml": application("a", "a") + application("b", "b"),
        "a/cm.yaml": config_map("a"),
        "b/cm.yaml": config_map("b"),
    }
    with followed(fleet(tmp_path, files), sources=sources) as found:
        assert list(found) == expected


def test_a_source_that_is_not_followed_is_none(tmp_path: Path) -> None:
    root = fleet(tmp_path, {"argocd/a.yaml": application("a", "a"), "a/cm.yaml": config_map("a")})
    with pytest.raises(ConfigError, match=r"no source 'fleet\.c' is configured"), followed(root, sources=("fleet.c",)):
        pass


def test_a_floating_revision_is_the_one_that_is_audited(tmp_path: Path) -> None:
    files = {
        "argocd/a.yaml": application("a", "a", ", targetRevision: HEAD")
        + application("b", "a", ", targetRevision: v1"),
        "a/cm.yaml": config_map("a"),
    }
    root = fleet(tmp_path, files)
    git(root, "tag", "v1")
    with followed(root) as found:
        assert [found[n].config.revision for n in ("fleet.a", "fleet.b")] == ["HEAD", "v1"]
    with followed(root, revision="main") as found:
        assert [found[n].config.revision for n in ("fleet.a", "fleet.b")] == ["main", "main"]


def test_a_branch_that_only_the_remote_has_is_read_from_there(tmp_path: Path) -> None:
    files = {"argocd/a.yaml": application("a", "a", ", targetRevision: live"), "a/cm.yaml": config_map("a")}
    root = fleet(tmp_path, files)
    git(root, "update-ref", "refs/remotes/origin/live", "HEAD")
    with followed(root) as found:
        assert (found["fleet.a"].config.revision, names(found["fleet.a"])) == ("origin/live", ["a"])


def test_of_two_sources_of_an_application_the_last_one_declares_an_object(tmp_path: Path) -> None:
    body = (
        application("a", "a")
        .replace("  source: {", "  sources:\n  - {")
        .replace("\n---", f"\n  - {{repoURL: {URL}, path: b}}\n---")
    )
    files = {
        "argocd/a.yaml": body,
        "a/cm.yaml": config_map("same") + "---\n" + config_map("one"),
        "b/cm.yaml": config_map("same"),
    }
    root = fleet(tmp_path, files)
    with followed(root) as found:
        assert {name: names(source) for name, source in found.items()} == {
            "fleet": ["a"],
            "fleet.a.1": ["one"],
            "fleet.a.2": ["same"],
        }


def test_an_application_of_a_set_says_which_set_made_it(tmp_path: Path) -> None:
    template = application("'{{app}}'", "a").removesuffix("---\n").partition("metadata")[2]
    indented = f"metadata{template}".replace("\n", "\n    ").rstrip()
    header = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: set, namespace: argocd}\n"
    spec = f"spec:\n  generators: [{{list: {{elements: [{{app: a}}]}}}}]\n  template:\n    {indented}\n"
    root = fleet(tmp_path, {"argocd/set.yaml": header + spec, "a/cm.yaml": config_map("a")})
    with followed(root) as found:
        told = found["fleet.a"].info.followed_from
        assert told == "Application argocd/a of ApplicationSet argocd/set at argocd/set.yaml:1"


def test_the_files_of_a_directory_are_those_that_argo_cd_reads(tmp_path: Path) -> None:
    def app(name: str, options: str) -> str:
        return application(name, "a", f", directory: {options}")

    options = {
        "flat": "{}",
        "deep": "{recurse: true}",
        "some": "{recurse: true, include: '{b*,*/d*}'}",
        "but": "{recurse: true, exclude: '*b.yaml'}",
    }
    files = {
        "argocd/a.yaml": "".join(app(name, text) for name, text in options.items()),
        "a/a.yaml": config_map("a"),
        "a/b.yaml": config_map("b"),
        "a/c/d.yaml": config_map("d"),
        "a/c/broken.yaml": "a: [",
    }
    with followed(fleet(tmp_path, files)) as found:
        assert {name: names(found[f"fleet.{name}"]) for name in options} == {
            "flat": ["a", "b"],
            "deep": ["a", "b", "d"],
            "some": ["b", "d"],
            "but": ["a", "d"],
        }
        assert [len(found[f"fleet.{name}"].rendered.problems) for name in options] == [0, 1, 0, 1]
