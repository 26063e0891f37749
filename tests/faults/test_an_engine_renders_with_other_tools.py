"""Where an engine has another kustomize or helm within than the one that rendered here, its check says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.deployer.engine_tools import Renderer, renderer
from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, git, repository

APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "shop", "namespace": "argocd"},
    "spec": {
        "project": "default",
        "source": {"repoURL": "https://git.example.com/team/fleet.git", "path": "shop", "targetRevision": "v1.0.0"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
    },
}
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"}}


def deployment(name: str, image: Any) -> JsonObject:
    """As much of the Deployment of an engine as is looked at."""
    containers = [{"name": "main", "image": image}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


def run(root: Path, *live: JsonObject) -> list[str]:
    """What the check of engines says of the tools, of a chart that the pinned helm rendered."""
    files = {
        "gitops-audit.yaml": "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources:\n"
        "  - {name: fleet, argocd: {path: apps, cluster: prod}, clusters: [prod]}\n",
        "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "shop/templates/web.yaml": json.dumps(MAP),
        "apps/shop.json": json.dumps(APPLICATION),
        "live.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [MAP, APPLICATION, *live]}),
    }
    repository(root, files)
    git(root, "remote", "add", "origin", "https://git.example.com/team/fleet.git")
    git(root, "tag", "v1.0.0")
    done: Audited = audited(root)
    (verdict,) = (v for v in done if v.subject.key.kind == "Application")
    return [f.message for f in verdict.found("engine") if f.rule == "renderer-differs"]


def test_another_minor_version_is_told_of_each_object_that_it_renders(tmp_path: Path) -> None:
    (told,) = run(tmp_path, deployment("argo-cd-argocd-repo-server", "quay.io/argoproj/argocd:v3.1.4"))
    assert told.startswith("argocd v3.1.4 has helm 3.18, and the audit rendered with helm 4.")


@pytest.mark.parametrize(
    "live",
    [
        [],
        [deployment("argocd-repo-server", "quay.io/argoproj/argocd:latest")],
        [deployment("argocd-repo-server", "registry.example.com/own/argocd-with-plugins:v3.1.0")],
        [deployment("argocd-server", "quay.io/argoproj/argocd:v3.1.0")],
    ],
)
def test_a_version_that_is_not_known_is_nothing(tmp_path: Path, live: list[JsonObject]) -> None:
    assert run(tmp_path, *live) == []


@pytest.mark.parametrize(
    ("kind", "image", "told"),
    [
        ("Kustomization", "ghcr.io/fluxcd/kustomize-controller:v1.7.2", ["5.7"]),
        ("HelmRelease", "ghcr.io/fluxcd/helm-controller:v1.4.0@sha256:" + "a" * 64, ["3.19"]),
        ("HelmRelease", "ghcr.io/fluxcd/helm-controller:v9.9.0", []),
        ("Kustomization", "ghcr.io/fluxcd/helm-controller:v1.4.0", []),
        ("Kustomization", None, []),
        ("Kustomization", {"a": 1}, []),
    ],
)
def test_what_the_image_of_a_controller_tells(kind: str, image: Any, told: list[str]) -> None:
    found = renderer(kind, deployment("x", image))
    assert (list(found.tools.values()) if found else []) == told


def test_a_patch_of_the_same_minor_version_and_tools_that_it_has_not_are_nothing() -> None:
    running = Renderer("argocd v3.5.0", {"helm": "4.2"})
    assert list(running.others([("helm", "4.2.9"), ("kustomize", "5.8.1"), ("helm", "")])) == []


@pytest.mark.parametrize(
    "spec",
    [
        None,
        [],
        {"template": 3},
        {"template": {"spec": {"containers": "x"}}},
        {"template": {"spec": {"containers": [3]}}},
    ],
)
def test_a_deployment_of_an_odd_form_tells_nothing(spec: Any) -> None:
    assert renderer("Kustomization", {"spec": spec}) is None
