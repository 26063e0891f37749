"""An API server that dies in the middle of a run: after so many requests, every connection is cut.

`python -m tests.hostile.dying_server [RESOURCES]` runs `check` and `pytest` at twenty moments (10,000 resources), and
at some of them with other ways to die: half answers, 503 for everything, silence.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox import Sandbox
from gitops_audit.sandbox.client import ApiClient
from gitops_audit.sandbox.faults import FaultKind
from tests.audited import repository
from tests.command import Ran, run_cli, run_pytest

MOMENTS = 20
_CONFIG = "version: 1\nclusters: {prod: {kubeconfig: kc}}\nsources: [{name: shop, path: app}]\n"
_DRIFTED = 2  # so many were changed by hand, so that differences are confirmed too; each tells its findings
_SILENT_S = 3600.0
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
    junit_cases: int
    took_s: float

    def faults(self, resources: int, *, with_pytest: bool = False) -> list[str]:
        """What is wrong with it."""
        lines = len(self.ran.said.splitlines())
        code = 1 if with_pytest or not self.cut else 3
        cases = resources if with_pytest else 0
        found = [] if self.ran.code == code else [f"it ended with {self.ran.code}"]
        found += [] if lines < 200 else [f"it wrote {lines} lines"]
        found += [] if len(self.outcomes) == resources else [f"it gave {len(self.outcomes)} verdicts"]
        found += [] if self.junit_cases >= cases else [f"JUnit has {self.junit_cases} cases"]
        found += [f"{self.passed_unread} passed unread"] if self.passed_unread else []
        return found + (["GA001"] if "GA001" in self.ran.said else [])


@dataclass(frozen=True, slots=True)
class Mortal:
    """A repository, and a server that has what it declares."""

    root: Path
    sandbox: Sandbox

    def died(
        self, requests: int, *, with_pytest: bool = False, kind: FaultKind = "reset", options: tuple[str, ...] = ()
    ) -> Died:
        """One run against the server that answers so many requests and no more."""
        report, junit = self.root / "report.json", self.root / "junit.xml"
        report.unlink(missing_ok=True)
        junit.unlink(missing_ok=True)
        fault = self.sandbox.faults.add(".", kind, skip=requests, status=503, delay_s=_SILENT_S)
        started = time.monotonic()
        arguments = ("gitops-audit.yaml", "-q", f"--gitops-json={report}", f"--junitxml={junit}", *options)
        run = (
            run_pytest(*arguments, cwd=self.root)
            if with_pytest
            else run_cli("check", "--json", report, *options, cwd=self.root)
        )
        took_s = time.monotonic() - started
        self.sandbox.faults.clear()
        found = json.loads(report.read_text())["resources"] if report.exists() else []
        bad = [r for r in found if r["outcome"] == "passed" and (r["errors"] or not r["drift"])]
        cases = junit.read_text().count("<testcase ") if junit.exists() else 0
        return Died(run, fault.hits, tuple(r["outcome"] for r in found), len(bad), cases, took_s)

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
            if i % (resources // _DRIFTED) == 0:
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
                _tell(server, resources, after, with_pytest=with_pytest)
        for after in (0, whole // 2, whole - 1):
            _tell(server, resources, after, with_pytest=True, options=("-n", "2"))
            for kind in ("truncate", "status"):
                _tell(server, resources, after, kind=kind)
        _tell(server, resources, whole // 2, kind="slow")


def _tell(
    server: Mortal,
    resources: int,
    after: int,
    *,
    with_pytest: bool = False,
    kind: FaultKind = "reset",
    options: tuple[str, ...] = (),
) -> None:
    died = server.died(after, with_pytest=with_pytest, kind=kind, options=options)
    name = " ".join(("pytest" if with_pytest else "check", *options))
    faults = died.faults(resources, with_pytest=with_pytest) or "held"
    sys.stdout.write(f"{kind} after {after:3} requests: {name}, {died.took_s:.0f} s: {faults}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
