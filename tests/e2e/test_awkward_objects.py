"""No false alarms: every object of the truth table and many more, deployed in every way kubectl knows, is in sync."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import yaml

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.live.schema import TypeSchema
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import Declared, JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.e2e.truth_table import TABLE, Row, TruthTable, filled, in_namespace

pytestmark = pytest.mark.e2e

COMPARER = Comparer(DriftConfig(), today=date(2026, 1, 1))
# Each way as the kubectl commands that make it.
WAYS = {
    "csa": [["apply"]],
    "ssa": [["apply", "--server-side", "--field-manager=argocd-controller"]],
    "create": [["create"]],
    "replace": [["create"], ["replace"]],
}
# kubectl cannot replace these as declared: what the server filled in (selectors, limits) is immutable.
NEVER_REPLACED = {"Job", "Pod"}


@dataclass(frozen=True, slots=True)
class Deployed:
    """An object that was deployed in one way, as declared and as the server has it."""

    name: str
    declared: Declared
    live: JsonObject
    schema: TypeSchema | None

    def drifts(self) -> Iterator[tuple[str, Drift]]:
        """The verdict on all there is to know, and on recordings that lack ownership, types, or both."""
        bare = self.live | {"metadata": {k: v for k, v in self.live["metadata"].items() if k != "managedFields"}}
        yield "", COMPARER.compare(self.declared, self.live, self.schema)
        yield "without ownership", COMPARER.compare(self.declared, bare, self.schema)
        yield "without types", COMPARER.compare(self.declared, self.live, None)
        yield "without both", COMPARER.compare(self.declared, bare, None)


class Fleet:
    """The objects of both files on a server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._table = TruthTable(client)
        self._kubectl("apply", items=list(yaml.safe_load_all((TABLE / "awkward_definitions.yaml").read_text())))
        self._kubectl("apply", items=[yaml.safe_load((TABLE / "definitions.yaml").read_text())])
        self._kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
        self._objects = {name: body for file in ("objects", "awkward") for name, body in _objects(file).items()}
        self._plurals = self._table.plurals(self._objects.values())

    def deploy(self, way: str) -> list[Deployed]:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"truth-awkward-{way}"}}
        self._kubectl("apply", items=[space])
        rows = [row for row in self._rows(way) if way != "replace" or row.body["kind"] not in NEVER_REPLACED]
        for command in WAYS[way]:
            self._kubectl(*command, "--validate=ignore", items=[in_namespace(r.body, r.namespace) for r in rows])
        return [self._read(row) for row in rows]

    def _rows(self, way: str) -> Iterator[Row]:
        for number, (name, template) in enumerate(self._objects.items()):
            is_namespaced, plural = self._plurals[template["apiVersion"], template["kind"]]
            own = f"a{number:03d}" if is_namespaced else f"a{number:03d}{way}"
            body = filled(template, {"KNAME": f"K{own}", "NAME": own, "NS": f"truth-awkward-{way}"})
            yield Row(number, f"awkward-{way}", {"object": name, "row": "deployed"}, body, is_namespaced, plural)

    def _read(self, row: Row) -> Deployed:
        status, live = self._client.request("GET", f"{row.path}/{row.body['metadata']['name']}")
        assert status == 200, live
        declared = row.declared(row.body, self._table.redactor)
        schema = self._table.schemas.type_for(declared.key.group, declared.version, declared.key.kind)
        return Deployed(row.spec["object"], declared, self._table.redactor.redact(live), schema)

    def _kubectl(self, *arguments: str, items: list[Any] | None = None) -> None:
        stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}) if items else None
        files = ["-f", "-"] if items else []
        command = [self._client.kubectl, f"--kubeconfig={self._client.kubeconfig}", *arguments, *files]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr


def _objects(file: str) -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = yaml.safe_load((TABLE / f"{file}.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def fleet(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(Client(apiserver, tmp_path_factory.mktemp("awkward")))


@pytest.mark.parametrize("way", WAYS)
def test_every_object_is_in_sync_right_after_its_deployment(fleet: Fleet, way: str) -> None:
    deployed = fleet.deploy(way)
    assert len(deployed) > 120
    assert len({d.declared.key.kind for d in deployed}) > 50
    wrong = [
        f"{d.name} {evidence}: {[(c.type, c.path, c.declared, c.live) for c in drift.changes]}"
        for d in deployed
        for evidence, drift in d.drifts()
        if drift.status != "in-sync"
    ]
    assert wrong == []
