"""An API server that dies in the middle of a run: after so many requests, every connection is cut.

`python -m tests.hostile.dying_server [RESOURCES]` runs `check` and `pytest` at twenty moments (10,000 resources).
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.sandbox import Sandbox
from tests.audited import repository
from tests.command import Ran, run_cli, run_pytest

MOMENTS = (*range(8), *range(9, 33, 2))
_CONFIG = "version: 1\nclusters: {prod: {kubeconfig: kc}}\nsources: [{name: shop, path: app}]\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: default}\ndata: {k: v}\n"


@dataclass(frozen=True, slots=True)
class Died:
    """How a run ended whose server died after some requests."""

    ran: Ran
    verdicts: int

    def faults(self, resources: int) -> list[str]:
        """What is wrong with it."""
        lines = len(self.ran.said.splitlines())
        found = [] if self.ran.code in (1, 3) else [f"it ended with {self.ran.code}"]
        found += [] if lines < 200 else [f"it wrote {lines} lines"]
        found += [] if self.verdicts >= resources else [f"it gave {self.verdicts} verdicts"]
        return found + (["GA001"] if "GA001" in self.ran.said else [])


def made(root: Path, resources: int) -> Path:
    """A repository of so many ConfigMaps."""
    text = "---\n".join(_MAP % i for i in range(resources))
    return repository(root, {"gitops-audit.yaml": _CONFIG, "app/all.yaml": text})


def died(root: Path, requests: int, *, with_pytest: bool = False) -> Died:
    """One run against a server that answers so many requests and no more."""
    report = root / "report.json"
    report.unlink(missing_ok=True)
    with Sandbox() as sandbox:
        sandbox.write_kubeconfig(root / "kc")
        sandbox.faults.add(".", "reset", skip=requests)
        arguments = ("gitops-audit.yaml", "-q", f"--gitops-json={report}")
        run = run_pytest(*arguments, cwd=root) if with_pytest else run_cli("check", "--json", report, cwd=root)
    verdicts = len(json.loads(report.read_text())["resources"]) if report.exists() else 0
    return Died(run, verdicts)


def main(resources: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = made(Path(folder) / "repo", resources)
        for moment in MOMENTS:
            for with_pytest in (False, True):
                faults = died(root, moment, with_pytest=with_pytest).faults(resources)
                sys.stdout.write(f"{moment:3} {'pytest' if with_pytest else 'check '} {faults or 'held'}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
