"""An API server that dies in the middle of a run: after so many requests, every connection is cut.

`python -m tests.hostile.dying_server [RESOURCES]` runs `check` and `pytest` at twenty moments (10,000 resources).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox import Sandbox
from gitops_audit.sandbox.client import ApiClient
from tests.audited import repository
from tests.command import Ran, run_cli, run_pytest

MOMENTS = 20
_CONFIG = "version: 1\nclusters: {prod: {kubeconfig: kc}}\nsources: [{name: shop, path: app}]\n"
_DRIFTED = 200  # one of so many was changed by hand, so that differences are confirmed too
_KINDS: tuple[tuple[str, str, JsonObject], ...] = (
    ("v1", "ConfigMap", {"data": {"k": "v"}}),
    ("v1", "Secret", {"stringData": {"k": "v"}}),
    ("v1", "Service", {"spec": {"ports": [{"port": 80}]}}),
    ("rbac.authorization.k8s.io/v1", "Role", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
)


@dataclass(frozen=True, slots=True)
class Died:
    """How a run ended whose server died: `cut` requests were not answered."""

    ran: Ran
    cut: int
    outcomes: tuple[str, ...]
    passed_unread: int

    def faults(self, resources: int, *, with_pytest: bool = False) -> list[str]:
        """What is wrong with it."""
        lines = len(self.ran.said.splitlines())
        code = 1 if with_pytest or not self.cut else 3
        found = [] if self.ran.code == code else [f"it ended with {self.ran.code}"]
        found += [] if lines < 200 else [f"it wrote {lines} lines"]
        found += [] if len(self.outcomes) == resources else [f"it gave {len(self.outcomes)} verdicts"]
        found += [f"{self.passed_unread} passed unread"] if self.passed_unread else []
        return found + (["GA001"] if "GA001" in self.ran.said else [])


@dataclass(frozen=True, slots=True)
class Mortal:
    """A repository, and a server that has what it declares."""

    root: Path
    sandbox: Sandbox

    def died(self, requests: int, *, with_pytest: bool = False) -> Died:
        """One run against the server that answers so many requests and no more."""
        report = self.root / "report.json"
        report.unlink(missing_ok=True)
        fault = self.sandbox.faults.add(".", "reset", skip=requests)
        arguments = ("gitops-audit.yaml", "-q", f"--gitops-json={report}")
        run = (
            run_pytest(*arguments, cwd=self.root) if with_pytest else run_cli("check", "--json", report, cwd=self.root)
        )
        self.sandbox.faults.clear()
        found = json.loads(report.read_text())["resources"] if report.exists() else []
        bad = [r for r in found if r["outcome"] == "passed" and (r["errors"] or not r["drift"])]
        return Died(run, fault.hits, tuple(r["outcome"] for r in found), len(bad))

    def requests(self) -> int:
        """How many requests a run takes whose server lives."""
        self.sandbox.requests.clear()
        self.died(1_000_000)
        return len(self.sandbox.requests.matching("."))


@contextmanager
def mortal(root: Path, resources: int) -> Iterator[Mortal]:
    """So many objects of four kinds, declared and deployed; some were changed by hand since."""
    bodies = [_body(i) for i in range(resources)]
    files = {f"app/{i}.yaml": yaml.dump_all(bodies[i::8], Dumper=yaml.CSafeDumper) for i in range(8)}
    repository(root, {"gitops-audit.yaml": _CONFIG, **files})
    with Sandbox() as sandbox:
        client = ApiClient(sandbox.url, sandbox.user("admin"))
        for i, body in enumerate(bodies):
            client.apply(body)
            if i % _DRIFTED == 0:
                client.patch(body, {"data": {"k": "by hand"}}, manager="kubectl-edit")
        sandbox.write_kubeconfig(root / "kc")
        yield Mortal(root, sandbox)


def _body(number: int) -> JsonObject:
    api_version, kind, content = _KINDS[number % len(_KINDS)]
    metadata = {"name": f"o{number}", "namespace": "default"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def main(resources: int) -> None:
    with tempfile.TemporaryDirectory() as folder, mortal(Path(folder) / "repo", resources) as server:
        whole = server.requests()
        sys.stdout.write(f"{resources} resources, {whole} requests\n")
        for moment in range(MOMENTS):
            after = moment * whole // MOMENTS
            for with_pytest in (False, True):
                faults = server.died(after, with_pytest=with_pytest).faults(resources, with_pytest=with_pytest)
                name = "pytest" if with_pytest else "check "
                sys.stdout.write(f"dead after {after:3} requests: {name} {faults or 'held'}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
