"""Repairs on a real API server: every row of the truth table planned, applied, audited again, and undone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.remediate.digest import content
from tests.audited import audited, command, repository
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.e2e.truth_table import METHODS, Row, TruthTable

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# What the API server itself does not let anybody take back: `kubectl apply` fails as well.
REFUSED_BY_THE_SERVER = {
    "configmap: frozen by hand",
    "pod: toleration by hand",
    "prioritylevel: queues given up in Git",
}
KEPT_BY_THE_SERVER = {"deprecated.daemonset.template.generation"}


@pytest.fixture(scope="module")
def table(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TruthTable]:
    with apiserver.left_as_found():
        found = TruthTable(Client(apiserver, tmp_path_factory.mktemp("truth")))
        found.deploy()
        found.change()
        yield found
        lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/gitops-audit-remediation"
        found.server.request("DELETE", lease)


class Repaired:
    """All rows, repaired and undone by the command line; the objects of the server before, between and after."""

    def __init__(self, table: TruthTable, root: Path) -> None:
        self.table = table
        self.root = repository(root, dict(self._files()))
        self.before = self._state()
        self.plan = self._json("plan", "--output", "plan.json", "--json")
        self.applied = self._json("apply", "plan.json", "--approve", self.plan["digest"], "--json")
        self.between = self._state()
        self.audit = audited(self.root)
        self.undone = self._json("undo", self.applied["run"], "--yes", "--json")
        self.after = self._state()

    def _files(self) -> Iterator[tuple[str, str]]:
        for row in self.table.rows:
            yield f"{row.method}/{row.number:03}.json", json.dumps(row.declared_body, indent=1)
        sources = [{"name": m, "path": m, "namespace": f"truth-{m}"} for m in METHODS]
        guards = {"maxChanges": 1000, "protected": {"kinds": []}, "wait": {"timeout": 5}}
        clusters = {"truth": {"kubeconfig": str(self.table.server.kubeconfig), "context": "admin"}}
        document = {"version": 1, "clusters": clusters, "sources": sources, "remediation": guards}
        yield "gitops-audit.yaml", json.dumps(document)

    def _json(self, *arguments: str) -> dict[str, Any]:
        done: subprocess.CompletedProcess[str] = command(self.root, "remediate", *arguments, "--quiet")
        assert done.stdout.startswith("{"), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _state(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = self.table._live("admin")
        return {
            (r.path, r.body["metadata"]["name"]): found[r.path][r.body["metadata"]["name"]] for r in self.table.rows
        }

    def rows(self, names: set[str]) -> set[str]:
        """The rows of resources named by `<source>/<name>` of their objects."""
        return {row.name for row in self.table.rows if f"{row.method}/{row.body['metadata']['name']}" in names}


@pytest.fixture(scope="module")
def repaired(table: TruthTable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repaired]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield Repaired(table, tmp_path_factory.mktemp("repaired") / "repository")


def source_and_name(identity: str) -> str:
    parts = identity.split("/")
    return f"{parts[1]}/{parts[-1]}"


def place(row: Row) -> tuple[str, str]:
    return row.path, row.body["metadata"]["name"]


def as_written(live: dict[str, Any]) -> dict[str, Any]:
    found = content(live)
    annotations = found["metadata"].get("annotations") or {}
    kept = {k: v for k, v in annotations.items() if k not in KEPT_BY_THE_SERVER}
    return {**found, "metadata": {**found["metadata"], "annotations": kept}}


def test_every_row_is_repaired_but_for_what_the_server_refuses(repaired: Repaired) -> None:
    failed = {source_and_name(r["id"]) for r in repaired.applied["results"] if r["result"] != "done"}

    assert repaired.rows(failed) == REFUSED_BY_THE_SERVER
    assert len(repaired.applied["results"]) > 250


def test_everything_is_in_sync_afterwards_but_for_that_and_for_fields_that_no_server_keeps(repaired: Repaired) -> None:
    drifted = {
        source_and_name(v.resource.id)
        for v in repaired.audit
        if v.drift is not None and v.drift.status != "in-sync" and {c.type for c in v.drift.changes} != {"dropped"}
    }

    assert repaired.rows(drifted) == REFUSED_BY_THE_SERVER


def test_rows_that_are_no_drift_are_not_touched(repaired: Repaired) -> None:
    touched = {source_and_name(r["id"]) for r in repaired.applied["results"]}
    others = [r for r in repaired.table.rows if f"{r.method}/{r.body['metadata']['name']}" not in touched]

    assert len(others) > 20
    versions = [
        (repaired.before[place(r)]["metadata"]["generation"], repaired.between[place(r)]["metadata"]["generation"])
        for r in others
        if "generation" in repaired.before[place(r)]["metadata"] and r.spec["object"] != "crd"
    ]
    assert [pair for pair in versions if pair[0] != pair[1]] == []


def test_the_remediation_owns_nothing_afterwards(repaired: Repaired) -> None:
    owners = {
        (name, entry["manager"])
        for (_, name), live in repaired.between.items()
        for entry in live["metadata"].get("managedFields", ())
    }

    assert [name for name, manager in owners if manager == "gitops-audit"] == []


def test_the_deployer_owns_every_object_again(repaired: Repaired) -> None:
    """The server keeps no entries at all for an object that an update left without any."""
    deployers = {"ssa": "kustomize-controller", "csa": "kubectl-client-side-apply"}
    lost = [
        row.name
        for row in repaired.table.rows
        if (entries := repaired.between[place(row)]["metadata"].get("managedFields"))
        and not any(e["manager"] == deployers[row.method] for e in entries)
    ]

    assert lost == []


def test_undo_puts_every_object_back_but_for_secrets(repaired: Repaired) -> None:
    other = {
        r.name
        for r in repaired.table.rows
        if as_written(repaired.before[place(r)]) != as_written(repaired.after[place(r)])
    }
    secret = {r.name for r in repaired.table.rows if r.body["kind"] == "Secret"}

    assert other <= secret
    assert {r["result"] for r in repaired.undone["results"]} == {"done", "skipped", "refused"}


def test_no_value_of_a_secret_is_in_the_plan_or_the_journal(repaired: Repaired) -> None:
    told = json.dumps(repaired.plan) + json.dumps(repaired.applied) + json.dumps(repaired.undone)
    values = {
        value
        for live in repaired.before.values()
        for value in ((live.get("data") or {}).values() if live.get("type") == "Opaque" else ())
        if len(value) > 7
    }

    assert [value for value in values if value in told] == []
