"""Renderings of earlier runs: the same objects as made anew, never of other input, never with a Secret."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.config.settings import HelmOptions, NetworkConfig, RedactRule, SourceConfig
from gitops_audit.kube.match import Match
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Rendered
from gitops_audit.render import cache, registry
from gitops_audit.render import version as version_module
from gitops_audit.render.cache import RenderCache, key_of
from gitops_audit.render.given import Given, Target
from gitops_audit.source import Checkout, open_source
from tests.repository import Repo

pytestmark = pytest.mark.slow

FILES = {
    "app/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator: [{name: c, literals: [a=1]}]\n",
    "app/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3, x: '${y}'}\n",
    "secret/kustomization.yaml": "secretGenerator: [{name: s, literals: [password=hunter2]}]\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "chart/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {r: {{ randAlpha 5 }}}\n",
    "broken/kustomization.yaml": "resources: [gone.yaml]\n",
    "list/kustomization.yaml": "resources: [list.yaml]\n",
    "list/list.yaml": "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: s}}]\n",
    "copy/kustomization.yaml": "resources: [copy.yaml]\n",
    "copy/copy.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \'{"kind": "Secret"}\'}\n',
    "rule/kustomization.yaml": "configMapGenerator: [{name: ruled, literals: [password=hunter2]}]\n",
    "year/Chart.yaml": "apiVersion: v2\nname: year\nversion: 1.0.0\n",
    "year/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    "data: {y: '{{ now | date \"2006\" }}'}\n",
}
RULE = RedactRule(Match(kind="ConfigMap", name="ruled-*"), ("/data/password",))


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were rendered by their tool."""
    own, paths = registry._made, list[str]()

    def counted(kind: str, config: SourceConfig, checkout: Checkout, given: Given) -> Rendered:
        paths.append(config.path)
        return own(kind, config, checkout, given)

    monkeypatch.setattr(registry, "_made", counted)
    return paths


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "repo")
    repo.commit_files(FILES)
    return repo


def given(tmp_path: Path) -> Given:
    return Given(kept=RenderCache(tmp_path / "cache", Redactor(rules=(RULE,))))


def rendered(repo: Repo, path: str, how: Given, **options: object) -> Rendered:
    config = replace(SourceConfig("s", repo=str(repo.folder), path=path), **options)  # type: ignore[arg-type]
    with open_source(config, base_dir=repo.folder) as checkout:
        return registry.render(config, checkout, how)


@pytest.mark.parametrize("path", ["app", "chart"])
def test_a_later_run_has_the_same_without_the_tool(
    repository: Repo, tmp_path: Path, made: list[str], path: str
) -> None:
    first = rendered(repository, path, given(tmp_path))
    assert rendered(repository, path, given(tmp_path)) == first
    assert made == [path]


def test_other_input_is_rendered_anew(repository: Repo, tmp_path: Path, made: list[str]) -> None:
    how = given(tmp_path)
    rendered(repository, "chart", how)
    rendered(repository, "chart", how, helm=HelmOptions(values='{"a": 1}'))
    rendered(repository, "chart", replace(how, target=Target("1.30.0")))
    repository.commit_files({"elsewhere.yaml": "a: 1\n"})
    rendered(repository, "chart", how)
    assert made == ["chart"] * 4


def test_a_work_tree_and_what_may_come_from_elsewhere_have_no_name(repository: Repo, tmp_path: Path) -> None:
    config, how = SourceConfig("s", repo=str(repository.folder), path="app"), given(tmp_path)
    with open_source(config, base_dir=repository.folder) as checkout:
        assert key_of(config, checkout, how)
        assert not key_of(config, checkout, replace(how, network=NetworkConfig(allow=("git.example.com",))))
    with open_source(config, base_dir=repository.folder, revision="worktree") as checkout:
        assert not key_of(config, checkout, how)


@pytest.mark.parametrize("path", ["secret", "broken", "list", "copy", "rule"])
def test_what_may_not_be_shown_and_what_is_not_whole_is_not_kept(
    repository: Repo, tmp_path: Path, made: list[str], path: str
) -> None:
    rendered(repository, path, given(tmp_path))
    assert not list((tmp_path / "cache").rglob("*"))
    rendered(repository, path, given(tmp_path))
    assert made == [path] * 2


def test_a_damaged_entry_counts_as_none(repository: Repo, tmp_path: Path, made: list[str]) -> None:
    first = rendered(repository, "app", given(tmp_path))
    (entry,) = (tmp_path / "cache" / "rendered").iterdir()
    entry.write_bytes(entry.read_bytes()[:-1] + b" ")
    assert rendered(repository, "app", given(tmp_path)) == first
    assert made == ["app"] * 2


def test_an_entry_under_the_name_of_another_counts_as_none(repository: Repo, tmp_path: Path, made: list[str]) -> None:
    rendered(repository, "app", given(tmp_path))
    (entry,) = (tmp_path / "cache" / "rendered").iterdir()
    first = rendered(repository, "chart", given(tmp_path))
    (other,) = set(entry.parent.iterdir()) - {entry}
    other.write_bytes(entry.read_bytes())
    assert rendered(repository, "chart", given(tmp_path)).tools == first.tools
    assert made == ["app", "chart", "chart"]


def test_what_time_has_a_part_in_is_made_anew_on_another_day(
    repository: Repo, tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in ("31", "31", "1"):
        monkeypatch.setattr(cache, "_day", lambda day=day: day)
        rendered(repository, "year", given(tmp_path))
        rendered(repository, "app", given(tmp_path))
    assert made == ["year", "app", "year"]


def test_another_version_behind_the_same_script_has_another_name(
    repository: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = SourceConfig("s", repo=str(repository.folder), path="chart")
    script, called = tmp_path / "bin" / "helm", tmp_path / "bin" / "real"
    names = set()
    for version in ("3.17.1", "3.17.2"):
        monkeypatch.setattr(version_module, "_known", {})
        cache._versions.cache_clear()
        script.parent.mkdir(exist_ok=True)
        for file, text in ((script, 'exec "${0%/*}/real" "$@"'), (called, f"echo v{version}")):
            file.write_text(f"#!/bin/sh\n{text}\n")
            file.chmod(0o755)
            os.utime(file, (1, 1))
        monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
        with open_source(config, base_dir=repository.folder) as checkout:
            names.add(key_of(config, checkout, given(tmp_path)))
    assert len(names) == 2
