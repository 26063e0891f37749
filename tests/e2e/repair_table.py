"""The truth table repaired and undone, deployed by each deployer, on a real API server.

`python -m tests.e2e.repair_table [METHOD...]` deploys every row as each deployer does, makes its change, plans and
applies the repair, audits again, lets the deployer apply again, undoes the run, and prints what held; it exits 1 where
something did not. Methods: csa, ssa (kubectl), argocd, argossa (Argo CD client- and server-side), flux, helm, helm3.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.digest import content
from gitops_audit.remediate.place import places
from tests.audited import Audited, audited, command, repository
from tests.e2e.apiserver import ApiServer
from tests.e2e.deployers import DEPLOYERS, Helm, write_chart
from tests.e2e.truth_server import Client
from tests.e2e.truth_table import Row, TruthTable, in_namespace
from tests.tools import FOLDER

# What the API server itself does not let anybody take back: `kubectl apply` fails as well.
REFUSED_BY_THE_SERVER = {
    "configmap: frozen by hand",
    "pod: toleration by hand",
    "prioritylevel: queues given up in Git",
}
# A taint that the server itself set when the node was created stays; a deployer's apply would take it away, too.
TAINTED_BY_THE_SERVER = {"node: tainted by hand"}
KEPT_BY_THE_SERVER = {"deprecated.daemonset.template.generation"}
OWN = "gitops-audit"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/gitops-audit-remediation"
PEOPLE = ("kubectl", "k9s", "node-fetch", "Mozilla")
SERVER = "kube-apiserver"  # conditions of definitions, with times of its own

Place = tuple[str, str]
Objects = dict[Place, JsonObject]


@dataclass(slots=True)
class Held:
    """What one method did, by the names of its rows; every list but `repaired` should be empty, but for `refused`."""

    method: str
    repaired: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    drifted: set[str] = field(default_factory=set)
    owned: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    moved_by_deployer: set[str] = field(default_factory=set)
    conflict: str = ""
    not_undone: set[str] = field(default_factory=set)

    @property
    def is_right(self) -> bool:
        wrong = self.drifted | self.refused - REFUSED_BY_THE_SERVER | self.owned | self.others
        return not (wrong - REFUSED_BY_THE_SERVER or self.moved_by_deployer or self.conflict or self.not_undone)


class Repaired:
    """The rows of one method, repaired and undone by the command line; the objects before, between and after."""

    def __init__(self, table: TruthTable, method: str, root: Path) -> None:
        self.table, self.method = table, method
        self.rows = [row for row in table.rows if row.method == method]
        self.root = repository(root, dict(self._files()))
        if isinstance(DEPLOYERS[method], Helm):
            self._declare_chart()
        self.before = self.state()
        self.found: Audited = audited(self.root)
        self.plan = self._json("plan", "--output", "plan.json", "--json")
        self.applied = self._json("apply", "plan.json", "--approve", self.plan["digest"], "--json")
        self.between = self.state()
        self.audit: Audited = audited(self.root)

    @cached_property
    def undone(self) -> dict[str, Any]:
        return self._json("undo", self.applied["run"], "--yes", "--json")

    def _files(self) -> Iterator[tuple[str, str]]:
        for row in self.rows:
            yield f"{self.method}/{row.number:03}.json", json.dumps(row.declared_body, indent=1)
        source: dict[str, Any] = {"name": self.method, "path": self.method, "namespace": f"truth-{self.method}"}
        if isinstance(DEPLOYERS[self.method], Helm):
            source |= {"path": "chart", "type": "helm", "helm": {"releaseName": "truth"}}
        guards = {"maxChanges": 1000, "protected": {"kinds": []}, "wait": {"timeout": 5}}
        clusters = {"truth": {"kubeconfig": str(self.table.server.kubeconfig), "context": "admin"}}
        document = {"version": 1, "clusters": clusters, "sources": [source], "remediation": guards}
        yield "gitops-audit.yaml", json.dumps(document)

    def _declare_chart(self) -> None:
        write_chart(self.root / "chart", [in_namespace(row.declared_body, row.namespace) for row in self.rows])
        for arguments in (("add", "--all"), ("commit", "--quiet", "--message", "Add the chart")):
            subprocess.run(["git", *arguments], cwd=self.root, check=True)

    def _json(self, *arguments: str) -> dict[str, Any]:
        done: subprocess.CompletedProcess[str] = command(self.root, "remediate", *arguments, "--quiet")
        if not done.stdout.startswith("{"):
            raise RuntimeError(done.stderr)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def state(self) -> Objects:
        live = self.table._live("admin")
        return {place(row): live[row.path].get(row.body["metadata"]["name"], {}) for row in self.rows}

    def deploy_again(self, names: set[str]) -> str:
        """Lets the deployer apply these rows once more; why it failed, else empty."""
        bodies = [in_namespace(row.declared_body, row.namespace) for row in self.rows if row.name in names]
        try:
            DEPLOYERS[self.method].deploy(bodies, self.table.place(self.method))
        except RuntimeError as error:
            return str(error)
        return ""

    def writers(self, row: Row) -> set[str]:
        """Who made the changes that the repair takes back."""
        found = next(v for v in self.found if short(v.subject.id) == row.body["metadata"]["name"])
        return {f.change.by.manager for f in found.findings if f.change is not None and f.change.by is not None}

    def named(self, identities: set[str]) -> set[str]:
        """The rows of resources by the names of their objects."""
        return {row.name for row in self.rows if row.body["metadata"]["name"] in identities}


def place(row: Row) -> Place:
    return row.path, row.body["metadata"]["name"]


def short(identity: str) -> str:
    return identity.rpartition("/")[2]


def as_written(live: JsonObject) -> JsonObject:
    """Without what the server keeps for itself, and without kubectl's record (of a client-side deployer alone)."""
    if not live:
        return {}
    found = content(live)
    annotations = found["metadata"].get("annotations") or {}
    kept = {k: v for k, v in annotations.items() if k not in KEPT_BY_THE_SERVER}
    metadata = {**found["metadata"], "annotations": kept}
    return {**found, "metadata": metadata if kept else {k: v for k, v in metadata.items() if k != "annotations"}}


def owned(live: JsonObject) -> dict[tuple[str, str], Any]:
    """The fields of each manager and subresource."""
    entries = (live.get("metadata") or {}).get("managedFields") or ()
    return {(e["manager"], e.get("subresource", "")): e.get("fieldsV1") for e in entries}


def judged(repaired: Repaired) -> Held:
    """All of it; the deployer applies again, and the run is undone."""
    held = Held(repaired.method)
    # What the plan itself refused (fields that no server keeps) was never an action.
    planned = {action["id"] for action in repaired.plan["actions"]}
    results = {short(r["id"]): r["result"] for r in repaired.applied["results"] if r["id"] in planned}
    held.repaired = repaired.named({name for name, result in results.items() if result == "done"})
    held.refused = repaired.named({name for name, result in results.items() if result != "done"})
    held.drifted = repaired.named({short(v.subject.id) for v in repaired.audit if is_drifted(v)})
    held.owned = {r.name for r in repaired.rows if any(m == OWN for m, _ in owned(repaired.between[place(r)]))}
    held.others = {row.name for row in repaired.rows if is_others_touched(repaired, row)}
    held.conflict = repaired.deploy_again(held.repaired)
    again = repaired.state()
    held.moved_by_deployer = {
        row.name
        for row in repaired.rows
        if row.name in held.repaired - TAINTED_BY_THE_SERVER and is_moved_again(repaired, row, again)
    }
    return held


def is_moved_again(repaired: Repaired, row: Row, again: Objects) -> bool:
    """Whether the deployer's apply changes what the repair wrote; elsewhere an equal value may be spelled anew."""
    before, between, after = (as_written(side[place(row)]) for side in (repaired.before, repaired.between, again))
    written = places(before or None, between)
    return any(
        f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
        for one in places(between, after)
        for other in written
    )


def undone(repaired: Repaired, held: Held) -> None:
    """Each object as it was, but for Secrets, whose earlier values are not in the journal."""
    _ = repaired.undone
    after = repaired.state()
    held.not_undone = {
        row.name
        for row in repaired.rows
        if row.name in held.repaired
        and row.body["kind"] != "Secret"
        and as_written(after[place(row)]) != as_written(repaired.before[place(row)])
    }


def is_drifted(verdict: Verdict) -> bool:
    """But for fields that no server keeps."""
    drift = [f.change for f in verdict.findings if f.check == "drift"]
    return bool(drift) and any(change is None or change.type != "dropped" for change in drift)


def is_others_touched(repaired: Repaired, row: Row) -> bool:
    """Whether a controller, scaler or other applier lost a field that is no finding."""
    was, by = owned(repaired.before[place(row)]), owned(repaired.between[place(row)])
    known = repaired.writers(row) | {DEPLOYERS[repaired.method].manager, SERVER}
    others = (key for key in was if key[0] not in known and not key[0].startswith(PEOPLE))
    return any(was[key] != by.get(key) for key in others)


def run(methods: Sequence[str], every: int, write: Callable[[str], Any] = sys.stdout.write) -> int:
    """The number of methods with which something did not hold."""
    wrong = 0
    for method in methods:
        with ApiServer() as server, tempfile.TemporaryDirectory(prefix="repair-") as folder:
            os.environ["XDG_STATE_HOME"] = f"{folder}/state"
            table = TruthTable(Client(server, Path(folder)), (method,), every=every)
            table.deploy()
            table.change()
            repaired = Repaired(table, method, Path(folder) / "repository")
            stored = server.etcd.state()
            held = judged(repaired)
            server.etcd.restore(stored)
            undone(repaired, held)
        wrong += not held.is_right
        for line in lines(held, len(repaired.rows)):
            write(line)
    return wrong


def lines(held: Held, count: int) -> Iterator[str]:
    mark = "ok   " if held.is_right else "WRONG"
    yield f"{mark} {held.method}: {count} rows, {len(held.repaired)} repaired, {len(held.refused)} refused, "
    yield f"{len(held.drifted)} drifted afterwards, {len(held.owned)} owned by the repair, "
    yield f"{len(held.moved_by_deployer)} changed by the deployer's next apply, {len(held.not_undone)} not undone\n"
    for name, rows in (
        ("refused", held.refused - REFUSED_BY_THE_SERVER),
        ("drifted afterwards", held.drifted - REFUSED_BY_THE_SERVER),
        ("owned by the repair", held.owned),
        ("other owners lost", held.others),
        ("changed by the deployer's next apply", held.moved_by_deployer),
        ("not undone", held.not_undone),
    ):
        if rows:
            yield f"      {name}: {'; '.join(sorted(rows))}\n"
    if held.conflict:
        yield f"      the deployer's next apply fails: {held.conflict[:2000]}\n"


def main() -> int:
    os.environ["PATH"] = os.pathsep.join((str(FOLDER), os.environ["PATH"]))
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.repair_table", description=__doc__)
    parser.add_argument("methods", nargs="*", default=list(DEPLOYERS), metavar="METHOD")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth row")
    chosen = parser.parse_args()
    return 1 if run(chosen.methods, chosen.every) else 0


if __name__ == "__main__":
    sys.exit(main())
