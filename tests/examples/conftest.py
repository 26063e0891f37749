"""The demo, deployed: what the pipelines of the examples are run against."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.sandbox import Sandbox, demo
from gitops_audit.sandbox.client import ApiClient
from tests.examples.workspace import GIT


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def origin(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the demo, deployed; its cluster is the one of the kubeconfig that a job is given."""
    root = tmp_path_factory.mktemp("origin")
    demo.write_repository(root)
    demo.deploy(root, ApiClient(sandbox.url, sandbox.user("deployer")))
    config = root / "gitops-audit.yaml"
    config.write_text(config.read_text().replace("{kubeconfig: kubeconfig}", "{}"))
    subprocess.run(
        [*GIT, "-C", root, "commit", "--quiet", "--all", "--message", "Take the cluster of the job"], check=True
    )
    return root
