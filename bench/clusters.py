"""Five clusters with the same thousand resources, one of them dead, one slow, one forbidden, beside one cluster alone.

Each cluster is a sandbox in a process of its own. A cluster that answers slowly should cost its own time only.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench import fleet, measure
from gitops_audit.sandbox.client import ApiClient
from gitops_audit.sandbox.server import Sandbox

CLUSTERS = ("north", "east", "slow", "dead", "forbidden")
SLOW_S = 0.5
_CONFIG = "version: 1\nclusters:\n{}\nsources:\n  - {{name: fleet, path: apps, type: directory}}\n"


def run(size: int) -> str:
    """A table: one cluster alone, all five as they should be, and with the three faults; then what is told of them."""
    with tempfile.TemporaryDirectory(prefix="bench-clusters-") as folder:
        root = Path(folder, "repo")
        root.mkdir()
        fleet.write_repository(root, size)
        rows = [_alone(root, size), _together(root, size)]
        faulty, told = _faulty(root, size)
    return f"{size} resources on each cluster\n\n{measure.table([*rows, faulty], rows[0].wall_s)}\n\n{told}"


def _alone(root: Path, size: int) -> measure.Measured:
    with _clusters(root, size, CLUSTERS[:1], {}):
        return _checked("one cluster", root)


def _together(root: Path, size: int) -> measure.Measured:
    with _clusters(root, size, CLUSTERS, {}):
        return _checked("five clusters", root)


def _faulty(root: Path, size: int) -> tuple[measure.Measured, str]:
    with _clusters(root, size, CLUSTERS, {"slow": "slow", "forbidden": "forbidden"}) as processes:
        processes["dead"].kill()
        measured = _checked(f"one dead, one slow ({SLOW_S} s an answer), one forbidden", root)
    report = json.loads((root.parent / "report.json").read_text(encoding="utf-8"))
    return measured, "\n".join(_outcomes(report))


def _outcomes(report: dict[str, Any]) -> Iterator[str]:
    yield "| cluster | passed | failed | error | what the first error says |\n|---|---:|---:|---:|---|"
    for name in CLUSTERS:
        found = [r for r in report["resources"] if r["cluster"] == name]
        counts = [sum(r["outcome"] == outcome for r in found) for outcome in ("passed", "failed", "error")]
        first = next((e["message"] for r in found for e in r["errors"]), "")
        yield f"| {name} | {' | '.join(map(str, counts))} | {first.splitlines()[0][:160] if first else ''} |"


def _checked(name: str, root: Path) -> measure.Measured:
    argv = [measure.python(), "-m", "gitops_audit", "check", "-q", "--json", str(root.parent / "report.json")]
    return measure.command(name, argv, None, cwd=root)


@contextmanager
def _clusters(
    root: Path, size: int, names: tuple[str, ...], faults: dict[str, str]
) -> Iterator[dict[str, multiprocessing.Process]]:
    """Sandboxes that hold the fleet, named in the configuration of the repository."""
    processes, pipes = {}, {}
    for name in names:
        pipes[name], theirs = multiprocessing.Pipe()
        work = (theirs, size, root.parent / f"{name}.kubeconfig", faults.get(name, ""))
        processes[name] = multiprocessing.Process(target=_serve, args=work, daemon=True)
        processes[name].start()
    try:
        for pipe in pipes.values():
            pipe.recv()
        lines = "\n".join(f"  {name}: {{kubeconfig: ../{name}.kubeconfig}}" for name in names)
        (root / "gitops-audit.yaml").write_text(_CONFIG.format(lines), encoding="utf-8")
        yield processes
    finally:
        for process in processes.values():
            process.kill()
            process.join()


def _serve(pipe: Connection, size: int, kubeconfig: Path, fault: str) -> None:
    with Sandbox() as sandbox:
        client = ApiClient(sandbox.url, sandbox.user("admin"))
        for body in (*fleet.namespaces(), *fleet.objects(size)):
            client.apply(body, namespace=body["metadata"].get("namespace", ""), manager="kustomize-controller")
        if fault == "slow":
            sandbox.faults.add("^GET ", "slow", delay_s=SLOW_S)
        if fault == "forbidden":
            sandbox.user("nobody", rules=[])
        sandbox.write_kubeconfig(kubeconfig, user="nobody" if fault == "forbidden" else "admin")
        pipe.send("ready")
        while True:
            time.sleep(60)
