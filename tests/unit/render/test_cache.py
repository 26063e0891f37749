"""Renderings of earlier runs: the same objects as made anew, never of other input, never with a Secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.config.settings import HelmOptions, NetworkConfig, SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render import registry
from gitops_audit.render.cache import RenderCache, key_of
from gitops_audit.render.given import Given, Target
from gitops_audit.source import Checkout, open_source
from tests.repository import Repo

FILES = {
    "app/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator: [{name: c, literals: [a=1]}]\n",
    "app/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3, x: '${y}'}\n",
    "secret/kustomization.yaml": "secretGenerator: [{name: s, literals: [password=hunter2]}]\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "chart/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {r: {{ randAlpha 5 }}}\n",
    "broken/kustomization.yaml": "resources: [gone.yaml]\n",
}


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
    return Given(kept=RenderCache(tmp_path / "cache"))


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


@pytest.mark.parametrize("path", ["secret", "broken"])
def test_what_holds_a_secret_and_what_is_not_whole_is_not_kept(
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
