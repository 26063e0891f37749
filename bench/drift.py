"""`python -m bench drift [SIZE]`: SIZE resources on a real API server, one in a hundred changed by hand, audited by
`gitops-audit check` as a user who may only read and as an administrator, whose findings a dry run confirms.

Raises RuntimeError where an audit does not find exactly the changes that were made.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import urllib3

from bench import fleet
from bench.measure import Measured, RequestCounter, command, python
from tests.e2e.apiserver import ApiServer

ONE_IN = 100
READERS = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "bench-reader"},
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}],
}
BOUND = READERS | {
    "kind": "ClusterRoleBinding",
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "bench-reader"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"}],
}


@dataclass(frozen=True, slots=True)
class HandChange:
    """A JSON patch sent by `kubectl-edit`, and the one finding that it must make."""

    ops: list[dict[str, Any]]
    type: str
    path: str


CHANGES: Mapping[str, HandChange] = {
    "Deployment": HandChange(
        [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "example.com/other:1"}],
        "changed",
        "spec.template.spec.containers[name=app].image",
    ),
    "Service": HandChange(
        [{"op": "add", "path": "/spec/ports/-", "value": {"name": "debug", "port": 4000}}],
        "added",
        "spec.ports[port=4000,protocol=TCP]",
    ),
    "ConfigMap": HandChange(
        [{"op": "replace", "path": "/data/LOG_FORMAT", "value": "x"}], "changed", "data.LOG_FORMAT"
    ),
    "ServiceAccount": HandChange(
        [{"op": "add", "path": "/metadata/labels/by-hand", "value": "x"}], "added", "metadata.labels.by-hand"
    ),
    "NetworkPolicy": HandChange([{"op": "remove", "path": "/spec/egress"}], "removed", "spec.egress"),
}

Finding = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One audit: what it cost, what it found, and how many resources it says are confirmed."""

    cost: Measured
    findings: frozenset[Finding]
    confirmed: int


def run(count: int) -> str:
    """Measures one size and gives back a Markdown table."""
    with tempfile.TemporaryDirectory(prefix="gitops-audit-bench-") as folder, ApiServer() as server:
        root = Path(folder) / "repo"
        root.mkdir()
        fleet.write_repository(root, count)
        fleet.deploy(server.url, server.token(), str(server.ca_file), count)
        send = Sender(server)
        send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", READERS)
        send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", BOUND)
        counter = RequestCounter(server.url, server.token(), str(server.ca_file))
        users = {"reader": "read-only", "admin": "with confirmation"}
        fresh = [_audit(root, server, counter, user, f"in sync, {how}", set()) for user, how in users.items()]
        expected = set(_change_by_hand(send, count))
        drifted = [_audit(root, server, counter, user, f"drifted, {how}", expected) for user, how in users.items()]
    total = sum(1 for _ in fleet.objects(count))
    return f"{total} resources, {len(expected)} of them changed by hand\n\n{_table([*fresh, *drifted], len(expected))}"


class Sender:
    """Requests as an administrator, all of which must succeed."""

    def __init__(self, server: ApiServer) -> None:
        self._pool = urllib3.PoolManager(ca_certs=str(server.ca_file))
        self._url, self._headers = server.url, {"Authorization": f"Bearer {server.token()}"}

    def __call__(self, method: str, path: str, body: Any, content_type: str = "application/json") -> None:
        headers = self._headers | {"Content-Type": content_type}
        answer = self._pool.request(method, self._url + path, body=json.dumps(body), headers=headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data[:300]!r}")


def _change_by_hand(send: Sender, count: int) -> Iterator[Finding]:
    """Changes one resource in a hundred, each kind in turn; gives the findings to expect."""
    for number, body in enumerate(islice(fleet.objects(count), count)):
        if number % ONE_IN == number // ONE_IN % len(CHANGES):
            change = CHANGES[body["kind"]]
            send("PATCH", f"{fleet.path(body)}?fieldManager=kubectl-edit", change.ops, "application/json-patch+json")
            metadata = body["metadata"]
            yield body["kind"], metadata["namespace"], metadata["name"], change.type, change.path


def _audit(root: Path, server: ApiServer, counter: RequestCounter, user: str, name: str, expected: set[Finding]) -> Row:
    report = root.parent / "report.json"
    kubeconfig = server.write_kubeconfig(root.parent / f"{user}.kubeconfig", user)
    config = root / "gitops-audit.yaml"
    config.write_text(
        f"version: 1\nclusters:\n  bench: {{kubeconfig: {kubeconfig}}}\nsources:\n  - {{name: fleet, path: apps}}\n"
    )
    cost = command(name, [python(), "-m", "gitops_audit", "check", "-q", "--json", str(report)], counter, cwd=root)
    resources = json.loads(report.read_text())["resources"]
    found = set(_findings(resources))
    if found != expected or cost.exit_code != bool(expected):
        raise RuntimeError(f"{name}: exit code {cost.exit_code}, not as expected: {sorted(found ^ expected)[:5]}")
    confirmed = sum(1 for r in resources if r["drift"]["status"] == "modified" and r["drift"]["confirmed"])
    return Row(cost, frozenset(found), confirmed)


def _findings(resources: Iterable[Any]) -> Iterator[Finding]:
    for resource in resources:
        key = resource["kind"], resource["namespace"], resource["name"]
        changes = resource["drift"]["changes"]
        yield from ((*key, change["type"], change["path"]) for change in changes)
        if resource["outcome"] != ("failed" if changes else "passed"):
            yield (*key, resource["outcome"], "")


def _table(rows: Iterable[Row], expected: int) -> str:
    lines = ["| audit | wall s | requests | peak MB | findings | expected | confirmed |", "|---|" + "---:|" * 6]
    for row in rows:
        cost = row.cost
        counts = f"{len(row.findings)} | {expected if cost.exit_code else 0} | {row.confirmed}"
        lines.append(f"| {cost.name} | {cost.wall_s:.2f} | {cost.requests} | {cost.peak_mb:.0f} | {counts} |")
    return "\n".join(lines)
