"""All objects of the truth table and many more, deployed in every way kubectl knows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.resource import Declared, JsonObject
from tests.e2e.truth_server import Client
from tests.e2e.truth_table import TABLE, Row, TruthTable, filled, in_namespace

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
    """An object that was deployed in one way, as declared and as the server has it (both redacted)."""

    name: str
    path: str
    declared: Declared
    live: JsonObject
    schema: TypeSchema | None


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
        """Deploys everything in one way. Raises AssertionError where kubectl fails."""
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"truth-awkward-{way}"}}
        self._kubectl("apply", items=[space])
        rows = [row for row in self._rows(way) if way != "replace" or row.body["kind"] not in NEVER_REPLACED]
        for command in WAYS[way]:
            self._kubectl(*command, "--validate=ignore", items=[in_namespace(r.body, r.namespace) for r in rows])
        return [self._read(row) for row in rows]

    def redacted(self, live: JsonObject) -> JsonObject:
        return self._table.redactor.redact(live)

    def _rows(self, way: str) -> Iterator[Row]:
        for number, (name, template) in enumerate(self._objects.items()):
            is_namespaced, plural = self._plurals[template["apiVersion"], template["kind"]]
            own = f"a{number:03d}" if is_namespaced else f"a{number:03d}{way}"
            body = filled(template, {"KNAME": f"K{own}", "NAME": own, "NS": f"truth-awkward-{way}"})
            yield Row(number, f"awkward-{way}", {"object": name, "row": "deployed"}, body, is_namespaced, plural)

    def _read(self, row: Row) -> Deployed:
        path = f"{row.path}/{row.body['metadata']['name']}"
        status, live = self._client.request("GET", path)
        assert status == 200, live
        declared = row.declared(row.body, self._table.redactor)
        schema = self._table.schemas.type_for(declared.key.group, declared.version, declared.key.kind)
        return Deployed(row.spec["object"], path, declared, self.redacted(live), schema)

    def _kubectl(self, *arguments: str, items: list[Any] | None = None) -> None:
        stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}) if items else None
        files = ["-f", "-"] if items else []
        command = [self._client.kubectl, f"--kubeconfig={self._client.kubeconfig}", *arguments, *files]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr


def _objects(file: str) -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = yaml.safe_load((TABLE / f"{file}.yaml").read_text())
    return found
