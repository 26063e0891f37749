"""A small, lifelike GitOps repository, deployed to the sandbox and left to drift."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox.client import JSON_PATCH, ApiClient

NAMESPACE = "shop"
CLUSTER = "demo"
RECORDING = "cluster.json.gz"

_SERVER, _RECORDED = "{kubeconfig: kubeconfig}", f"{{snapshot: {RECORDING}}}"

# (date, author, subject, files it adds); what the repository's history looks like
_HISTORY = (
    ("2026-09-01T09:12:00+02:00", "Priya Nair", "Add the shop namespace with its guard rails", ("platform",)),
    (
        "2026-09-03T14:40:00+02:00",
        "Tom Weber",
        "Deploy the web front end",
        ("apps/shop/web.yaml", "apps/shop/ingress.yaml"),
    ),
    ("2026-09-10T11:05:00+02:00", "Tom Weber", "Move settings into ConfigMaps", ("apps/shop/settings.yaml",)),
    (
        "2026-10-02T16:21:00+02:00",
        "Ana Sousa",
        "Add the order worker",
        ("apps/shop/worker.yaml", "apps/shop/credentials.yaml"),
    ),
    ("2026-10-20T10:00:00+02:00", "Priya Nair", "Keep two web pods during node upgrades", ("apps/shop",)),
    ("2026-10-21T08:30:00+02:00", "Priya Nair", "Audit the cluster against this repository", (".",)),
)


def write_repository(root: Path) -> None:
    """The example with its history, one commit after the other. Needs git. Nothing outside `root` is touched."""
    source = resources.files(__package__).joinpath("example")
    with resources.as_file(source) as example:
        shutil.copytree(example, root, dirs_exist_ok=True)
    _git(root, "init", "--quiet", "--initial-branch=main")
    for date, author, subject, paths in _HISTORY:
        _git(root, "add", "--", *paths)
        _git(root, "commit", "--quiet", "--message", subject, author=author, date=date)


def deploy(root: Path, client: ApiClient) -> None:
    """What a GitOps controller would do with the repository."""
    for body in _manifests(root):
        client.apply(body, namespace=NAMESPACE)


def drift(client: ApiClient) -> tuple[str, ...]:
    """Five things that happen in clusters; gives them back as sentences for the reader."""
    web, worker = _named("Deployment", "web", "apps/v1"), _named("Deployment", "worker", "apps/v1")
    client.patch(web, {"spec": {"replicas": 5}}, manager="kubectl-scale", namespace=NAMESPACE, subresource="scale")
    container = "/spec/template/spec/containers/0"
    debugging = [
        {"op": "replace", "path": f"{container}/image", "value": "registry.example.com/shop/worker:1.8.3-debug"},
        {"op": "replace", "path": f"{container}/securityContext/allowPrivilegeEscalation", "value": True},
    ]
    client.patch(worker, debugging, manager="kubectl-edit", namespace=NAMESPACE, content_type=JSON_PATCH)
    client.delete(_named("ConfigMap", "worker-settings"), namespace=NAMESPACE)
    rotated = {"stringData": {"password": "rotated-by-hand-in-a-hurry"}}
    client.patch(_named("Secret", "queue-credentials"), rotated, manager="kubectl-patch", namespace=NAMESPACE)
    label = {"metadata": {"labels": {"debug": "please-keep"}}}
    client.patch(_named("Service", "web"), label, manager="kubectl-label", namespace=NAMESPACE)
    return (
        "Deployment web was scaled from 3 to 5 (kubectl scale)",
        "Deployment worker runs a debug image that may escalate privileges (kubectl edit)",
        "ConfigMap worker-settings was deleted",
        "Secret queue-credentials was rotated by hand (kubectl patch)",
        "Service web got a label nobody committed (kubectl label)",
    )


def use_recording(root: Path) -> None:
    """Makes the configuration read the recording beside it; the kubeconfig of the server goes."""
    config = root / "gitops-audit.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(_SERVER, _RECORDED), encoding="utf-8")
    (root / "kubeconfig").unlink()


def _named(kind: str, name: str, api_version: str = "v1") -> JsonObject:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}


def _manifests(root: Path) -> Iterator[JsonObject]:
    for folder in ("platform", "apps/shop"):
        for path in sorted((root / folder).glob("*.yaml")):
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def _git(root: Path, *arguments: str, author: str = "", date: str = "") -> None:
    email = f"{author.split()[0].lower()}@example.com" if author else ""
    identity = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", author), ("EMAIL", email), ("DATE", date))
        if value
    }
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ.get("PATH", os.defpath)}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, env=clean | identity)  # noqa: S603, S607 - fixed words
