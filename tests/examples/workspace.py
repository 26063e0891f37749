"""A checkout in which the scripts of a pipeline are run, and the cluster that they are about."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.sandbox import Sandbox, demo
from gitops_audit.sandbox.client import ApiClient
from tests.examples.pipeline import Job

BASELINE = "gitops-audit-baseline.yaml"
GIT = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com")


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a service gives to a job: a checkout, and variables."""

    root: Path
    variables: dict[str, str]

    def run(self, job: Job) -> int:
        """The exit code of the job: that of the first script that fails. What stands behind it is to run all the same.

        All that the service collects must have been made."""
        self.git("clean", "--quiet", "--force", "--exclude", BASELINE)
        codes = [self.script(script) for script in job.scripts]
        missing = [file for file in job.collected if not list(self.root.glob(file))]
        assert missing == []
        return next((code for code in codes if code), 0)

    def script(self, script: str) -> int:
        shell = ["bash", "-e", "-o", "pipefail", "-c", script]
        return subprocess.run(shell, cwd=self.root, env={**os.environ, **self.variables}, check=False).returncode

    def change(self, path: str, old: str, new: str) -> None:
        """Commits a change of one file."""
        file = self.root / path
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--message", "Change")

    def git(self, *words: str) -> None:
        subprocess.run([*GIT, *words], cwd=self.root, check=True)


@contextmanager
def labelled(sandbox: Sandbox) -> Iterator[None]:
    """While somebody's label is on a Service of the cluster."""
    client = ApiClient(sandbox.url, sandbox.user("deployer"))
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}

    def label(value: str | None) -> None:
        patch = {"metadata": {"labels": {"debug": value}}}
        client.patch(web, patch, manager="kubectl-label", namespace=demo.NAMESPACE)

    label("please-keep")
    yield
    label(None)
