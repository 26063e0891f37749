"""The cause counts everything that made an object, by the time it came to the audited branch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audited import audited
from tests.repository import Repo

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: PATH, namespace: shop}]
"""
BASE = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"mode": "1"}})
MORE = json.dumps(
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"mode": "1", "level": "2"}}
)
PATCH = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"level": "2"}})


def live(deployed: str) -> dict[str, Any]:
    owned: dict[str, Any] = {"f:data": {"f:mode": {}}}
    who = {"manager": "kustomize-controller", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1"}
    metadata = {"name": "settings", "namespace": "shop", "managedFields": [who | {"time": deployed, "fieldsV1": owned}]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"mode": "1"}}


def causes(repo: Repo, deployed: str) -> list[str]:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [live(deployed)]})
    (repo.folder / "live.json").write_text(text)
    [verdict] = audited(repo.folder)
    assert verdict.drift is not None
    return [change.cause for change in verdict.changes]


def config(path: str) -> dict[str, str]:
    return {"gitops-audit.yaml": CONFIG.replace("PATH", path)}


@pytest.mark.parametrize(
    ("deployed", "expected"), [("2026-01-02T00:00:00Z", "git"), ("2026-01-05T00:00:00Z", "cluster")]
)
def test_an_overlay_that_came_after_the_deployment_is_pending(tmp_path: Path, deployed: str, expected: str) -> None:
    """The base is of the first, the overlay of the second of January."""
    repo = Repo.init(tmp_path)
    base = {"base/settings.json": BASE, "base/kustomization.yaml": "resources: [settings.json]\n"}
    repo.commit_files({**config("prod"), **base, "prod/kustomization.yaml": "resources: [../base]\n"})
    overlay = "resources: [../base]\npatches: [{path: more.json}]\n"
    repo.commit_files({"prod/kustomization.yaml": overlay, "prod/more.json": PATCH})
    assert causes(repo, deployed) == [expected]


@pytest.mark.parametrize(
    ("deployed", "expected"), [("2026-01-03T00:00:00Z", "git"), ("2026-01-05T00:00:00Z", "cluster")]
)
def test_a_branch_comes_with_its_merge_whatever_its_dates(tmp_path: Path, deployed: str, expected: str) -> None:
    """Its commit is of the second, the merge of the third of January."""
    repo = Repo.init(tmp_path)
    repo.commit_files({**config("apps"), "apps/settings.json": BASE})
    repo.git("checkout", "--quiet", "-b", "feature")
    repo.commit_files({"apps/settings.json": MORE})
    repo.git("checkout", "--quiet", "main")
    repo.merge("feature")
    assert causes(repo, deployed) == [expected]


def test_what_may_have_been_on_its_way_is_unknown(tmp_path: Path) -> None:
    """The second commit came half an hour before the deployment, which may have had it or not."""
    repo = Repo.init(tmp_path)
    repo.commit_files({**config("apps"), "apps/settings.json": BASE})
    repo.commit_files({"apps/settings.json": MORE})
    assert causes(repo, "2026-01-02T12:30:00Z") == ["unknown"]


def test_a_source_that_came_after_the_deployment_tells_nothing(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path)
    repo.commit_files(config("apps"))
    repo.commit_files({"apps/settings.json": MORE})
    assert causes(repo, "2026-01-01T23:00:00Z") == ["unknown"]
