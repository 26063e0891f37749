"""A small source on the real API server, broken by hand and repaired by the command line or in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.config.load import load
from gitops_audit.config.settings import Settings
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.subject import Subject
from gitops_audit.remediate.apply import Run
from gitops_audit.remediate.document import Plan, Scope
from gitops_audit.remediate.plan import Planner
from gitops_audit.remediate.survey import surveyed
from gitops_audit.remediate.writers import Writers
from tests.audited import git, repository, write
from tests.e2e.apiserver import ApiServer
from tests.tools import KUBECTL

DEPLOYER = ("--server-side", "--field-manager=kustomize-controller")


def config_map(name: str, **data: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"a": "1"}}


def everything(resources: Sequence[Subject], words: Sequence[str]) -> list[Subject]:
    """The selection of the command line where no word is given."""
    assert not list(words)
    return list(resources)


@dataclass
class Shop:
    """`namespace` is the namespace of all its objects."""

    server: ApiServer
    root: Path
    state: Path
    namespace: str = "default"

    @classmethod
    def declared(cls, server: ApiServer, folder: Path, objects: Iterable[JsonObject], **remediation: Any) -> Shop:
        """A repository with one file an object, and its configuration."""
        shop = cls(server, folder / "repository", folder / "state")
        kubeconfig = server.write_kubeconfig(folder / "kubeconfig")
        document = {
            "version": 1,
            "clusters": {"prod": {"kubeconfig": str(kubeconfig), "context": "admin"}},
            "sources": [{"name": "shop", "path": "shop", "namespace": shop.namespace}],
            "remediation": {"wait": {"timeout": 5}, **remediation},
        }
        files = {f"shop/{o['metadata']['name']}.yaml": yaml.safe_dump(o) for o in objects}
        repository(shop.root, {**files, "gitops-audit.yaml": yaml.safe_dump(document)})
        return shop

    @property
    def settings(self) -> Settings:
        return load(self.root / "gitops-audit.yaml")

    def commit(self, files: Mapping[str, str | None]) -> None:
        """Files that change; None: the file goes."""
        write(self.root, {name: text for name, text in files.items() if text is not None})
        for name in (n for n, text in files.items() if text is None):
            (self.root / name).unlink()
        git(self.root, "add", "--all", "--", ".", ":!plan.json")
        git(self.root, "commit", "--quiet", "--message", "Change")

    def deploy(self, *options: str) -> None:
        self.kubectl("apply", *(options or DEPLOYER), "-f", str(self.root / "shop"))

    def kubectl(self, *arguments: str, user: str = "admin") -> str:
        configured = ["--kubeconfig", str(self.root.parent / "kubeconfig"), "--context", user, "-n", self.namespace]
        done = subprocess.run(
            [str(KUBECTL), *configured, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def unlock(self) -> None:
        """Takes the lock away, which no other test should find."""
        self.kubectl("delete", "lease", "gitops-audit-remediation", "--ignore-not-found")

    def edit(self, name: str, **data: str) -> None:
        """A hand edit of a ConfigMap."""
        self.kubectl("patch", "configmap", name, "--type=merge", "-p", json.dumps({"data": data}))

    def data(self, name: str, kind: str = "configmap") -> dict[str, str]:
        found = json.loads(self.kubectl("get", kind, name, "-o", "json"))
        return dict(found.get("data") or {})

    def run(self, *arguments: str, limit: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
        """`gitops-audit remediate` in the repository."""
        program = [sys.executable, "-m", "gitops_audit", "remediate", *arguments]
        environment = {**os.environ, "XDG_STATE_HOME": str(self.state)}
        return subprocess.run(
            program,
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=limit,
        )

    def plan(self, *options: str) -> JsonObject:
        done = self.run("plan", "--quiet", "--output", "plan.json", "--json", *options)
        assert done.stdout, done.stderr
        found: JsonObject = json.loads(done.stdout)
        return found

    def apply(self) -> subprocess.CompletedProcess[str]:
        return self.run("apply", "plan.json", "--yes", "--quiet", "--json")

    def planned(self) -> Plan:
        """A plan, made in this process."""
        with ExitStack() as stack:
            writers = stack.enter_context(Writers(self.settings.clusters))
            survey = stack.enter_context(surveyed(self.settings, Scope(), everything))
            return Planner(survey, writers).plan(Scope(), datetime.now(UTC)).plan

    def way(self) -> Run:
        journals = self.state / "gitops-audit" / "journal"
        journals.mkdir(parents=True, exist_ok=True)
        return Run(self.settings, everything, journals, lambda: datetime.now(UTC))
