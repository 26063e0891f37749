"""What deploys a source that follows nothing is checked where the configuration asks for it, as is where it goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audited import Audited, audited
from tests.engines import git_repository, kustomization
from tests.faults.test_engines_are_checked import GIT, WELL, application, fleet

PLAIN = (
    "version: 1\nclusters: {prod: {snapshot: live.json}}\nengine: {enabled: true}\nsources:\n"
    "  - {name: web, path: shop, clusters: [prod]}\n"
)
URL = "ssh://git@git.example.com/team/fleet"


def titles(run: Audited) -> list[str]:
    return [v.subject.title for v in run if v.is_engine_checked]


def broken(**spec: Any) -> dict[str, Any]:
    """A live Application that says it is degraded."""
    return application(**spec) | {"status": WELL | {"health": {"status": "Degraded"}}}


def test_an_application_that_deploys_a_source_of_the_configuration_is_checked(tmp_path: Path) -> None:
    run = audited(fleet(tmp_path, [], [broken()], PLAIN))
    assert titles(run) == ["Application.argoproj.io/argocd/shop"]
    [verdict] = [v for v in run if v.is_engine_checked]
    assert verdict.subject.source == "web"
    assert [finding.rule for finding in verdict.found("engine")] == ["degraded"]
    assert run.exit_code == 1


def test_nobody_looks_for_it_unless_the_configuration_says_so(tmp_path: Path) -> None:
    assert titles(audited(fleet(tmp_path, [], [broken()], PLAIN.replace("engine: {enabled: true}\n", "")))) == []


@pytest.mark.parametrize(
    ("spec", "is_meant"),
    [
        ({"source": {"repoURL": f"{URL}.git", "path": "./shop/"}}, True),
        ({"sources": [{"repoURL": URL, "ref": "v"}, {"repoURL": URL, "path": "shop"}]}, True),
        ({"source": {"repoURL": URL, "path": "other"}}, False),
        ({"source": {"repoURL": "https://git.example.com/other/fleet", "path": "shop"}}, False),
        ({"source": 5}, False),
        ({"destination": {"server": "https://9.9.9.9", "namespace": "shop"}}, False),
        ({"destination": {"name": "in-cluster", "namespace": "shop"}}, True),
    ],
)
def test_it_is_known_by_repository_path_and_cluster(tmp_path: Path, spec: dict[str, Any], is_meant: bool) -> None:
    assert len(titles(audited(fleet(tmp_path, [], [broken(**spec)], PLAIN)))) == is_meant


def test_another_commit_than_the_audited_one_is_told(tmp_path: Path) -> None:
    live = application() | {"status": WELL | {"sync": {"status": "Synced", "revision": "1" * 40}}}
    [verdict] = [v for v in audited(fleet(tmp_path, [], [live], PLAIN)) if v.is_engine_checked]
    assert "revision-differs" in [finding.rule for finding in verdict.found("engine")]


def test_a_kustomization_that_deploys_a_source_is_checked(tmp_path: Path) -> None:
    failed = {"conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no such file"}]}
    live = [kustomization("", "web", "./shop") | {"status": failed}, git_repository(URL)]
    run = audited(fleet(tmp_path, [], live, PLAIN))
    [verdict] = [v for v in run if v.is_engine_checked]
    assert (verdict.subject.source, verdict.subject.key.kind) == ("web", "Kustomization")
    assert "not-ready" in [finding.rule for finding in verdict.found("engine")]


@pytest.mark.parametrize(("namespace", "rules"), [("shop", []), ("other", ["target-missing"])])
def test_a_namespace_is_looked_for_in_the_cluster_that_is_deployed_to(
    tmp_path: Path, namespace: str, rules: list[str]
) -> None:
    config = GIT.replace("{snapshot: live.json}", "{snapshot: live.json}, eu: {snapshot: eu.json}")
    config = config.replace(", clusters: [prod]", "")
    body = application(destination={"name": "eu", "namespace": "shop"})
    root = fleet(tmp_path, [body], [body | {"status": WELL}], config, namespace="none")
    there = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    (root / "eu.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [there]}))
    [verdict] = [v for v in audited(root) if v.is_engine_checked]
    assert [finding.rule for finding in verdict.found("engine")] == rules
    assert not rules or "that it deploys to in cluster eu" in verdict.found("engine")[0].message
