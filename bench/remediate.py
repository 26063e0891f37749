"""`python -m bench remediate [SIZE]`: SIZE resources on a real API server, each of them changed by hand, planned and
repaired, beside `kubectl apply --server-side --force-conflicts` of the same files; then undone.

kubectl cannot be asked to take away what a person added: it leaves these fields, and looks at nothing it wrote.
Raises RuntimeError where a repair or an undo leaves anything out.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench import fleet
from bench.drift import CHANGES, Sender
from bench.measure import Measured, RequestCounter, command, python, table
from tests.e2e.apiserver import ApiServer
from tests.e2e.etcd import State
from tests.tools import KUBECTL


@dataclass(frozen=True, slots=True)
class Drifted:
    """A fleet whose every resource was changed by hand; `stored` is what the server holds then."""

    server: ApiServer
    root: Path
    count: int
    counter: RequestCounter
    stored: State

    def kubectl(self) -> Measured:
        options = ["apply", "--server-side", "--force-conflicts", "--field-manager=kustomize-controller"]
        env = {"KUBECONFIG": str(self.root.parent / "kubeconfig")}
        argv = [str(KUBECTL), *options, "-R", "-f", "apps"]
        return self._done(command("kubectl apply --server-side", argv, self.counter, cwd=self.root, env=env))

    def remediate(self, name: str, *arguments: str) -> Measured:
        env = {"XDG_STATE_HOME": str(self.root.parent / "state")}
        argv = [python(), "-m", "gitops_audit", "remediate", *arguments, "--quiet", "--json"]
        return self._done(command(name, argv, self.counter, cwd=self.root, env=env))

    def output(self, name: str) -> Any:
        """What a command printed."""
        return json.loads((self.root.parent / f"{name}.log").read_text())

    def _done(self, measured: Measured) -> Measured:
        if measured.exit_code:
            log = self.root.parent / f"{measured.name.replace(' ', '-')}.log"
            raise RuntimeError(f"{measured.name} ended with {measured.exit_code}: {log.read_text()[-2000:]}")
        return measured


def run(count: int) -> str:
    """Measures one size and gives back a Markdown table; the unit is what kubectl needs."""
    with tempfile.TemporaryDirectory(prefix="gitops-audit-bench-") as folder, ApiServer() as server:
        root = Path(folder) / "repo"
        root.mkdir()
        fleet.write_repository(root, count)
        (root / "gitops-audit.yaml").write_text(_config(server.write_kubeconfig(root.parent / "kubeconfig"), count))
        fleet.deploy(server.url, server.token(), str(server.ca_file), count)
        _break(Sender(server), count)
        counter = RequestCounter(server.url, server.token(), str(server.ca_file))
        drifted = Drifted(server, root, count, counter, server.etcd.state())
        rows = _measured(drifted)
    per_action = ", ".join(f"{row.name}: {(row.requests or 0) / count:.2f}" for row in rows)
    return (
        f"{count} resources, each changed by hand\n\n{table(rows, rows[0].wall_s)}\n\nrequests per object: {per_action}"
    )


def _measured(drifted: Drifted) -> Sequence[Measured]:
    rows = [drifted.kubectl()]
    drifted.server.etcd.restore(drifted.stored)
    rows.append(drifted.remediate("plan", "plan", "--output", "plan.json"))
    rows.append(drifted.remediate("apply", "apply", "plan.json", "--yes"))
    done = drifted.output("apply")
    if done["summary"] != {"done": drifted.count}:
        raise RuntimeError(f"not everything was repaired: {done['summary']}")
    rows.append(drifted.remediate("undo", "undo", done["run"], "--yes"))
    return rows


def _break(send: Sender, count: int) -> None:
    for body in islice(fleet.objects(count), count):
        ops = CHANGES[body["kind"]].ops
        send("PATCH", f"{fleet.path(body)}?fieldManager=kubectl-edit", ops, "application/json-patch+json")


def _config(kubeconfig: Path, count: int) -> str:
    lines = ["version: 1", "clusters:", f"  bench: {{kubeconfig: {kubeconfig}}}"]
    lines += ["sources:", "  - {name: fleet, path: apps}", f"remediation: {{maxChanges: {count}}}"]
    return "\n".join(lines)
