"""A small repository deployed to a sandbox: what tests of the whole way from Git to a verdict start from."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox.client import ApiClient
from gitops_audit.sandbox.server import Sandbox

NAMESPACE = "shop"

CONFIG = """\
version: 1
clusters:
  test: {kubeconfig: kubeconfig}
sources:
  - {name: shop, path: apps, namespace: shop}
"""


def manifest(kind: str, name: str, api_version: str = "v1", **fields: Any) -> JsonObject:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def deployment(name: str = "web", replicas: int = 3, image: str = "web:1") -> JsonObject:
    labels = {"app": name}
    pod = {"containers": [{"name": "web", "image": image}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return manifest("Deployment", name, "apps/v1", spec=spec)


def fleet() -> list[JsonObject]:
    return [
        deployment(),
        manifest("ConfigMap", "settings", data={"a": "1"}),
        manifest("Secret", "credentials", stringData={"password": "declared"}),
        manifest("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
    ]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A repository at `root` with its configuration, and the sandbox its objects are deployed to."""

    root: Path
    sandbox: Sandbox
    client: ApiClient

    @property
    def config(self) -> Path:
        return self.root / "gitops-audit.yaml"

    def commit(self, files: dict[str, str], message: str = "Change") -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git = ["git", "-C", str(self.root), "-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        subprocess.run([*git, "add", "--", *files], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", message], check=True)

    def patch(self, kind: str, name: str, patch: Any, api_version: str = "v1", manager: str = "kubectl-edit") -> None:
        self.client.patch(manifest(kind, name, api_version), patch, namespace=NAMESPACE, manager=manager)

    def delete(self, kind: str, name: str, api_version: str = "v1") -> None:
        self.client.delete(manifest(kind, name, api_version), namespace=NAMESPACE)


@contextmanager
def deployed(root: Path, objects: Sequence[JsonObject] | None = None) -> Iterator[Deployed]:
    """Commits the objects to a new repository, one file each, and applies them to a new sandbox."""
    objects = fleet() if objects is None else objects
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "-C", str(root), "init", "--quiet", "--initial-branch=main"], check=True)
    with Sandbox() as sandbox:
        client = ApiClient(sandbox.url, sandbox.user("admin"))
        client.apply(manifest("Namespace", NAMESPACE))
        for body in objects:
            client.apply(body, namespace=NAMESPACE)
        made = Deployed(root, sandbox, client)
        made.commit({file_of(body): yaml.safe_dump(body, sort_keys=False) for body in objects}, "Declare the shop")
        sandbox.write_kubeconfig(root / "kubeconfig")
        made.config.write_text(CONFIG, encoding="utf-8")
        yield made


def file_of(body: JsonObject) -> str:
    return f"apps/{body['kind'].lower()}-{body['metadata']['name']}.yaml"
