"""Fifty objects of one source, broken by hand in every way that a repair has an action for."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.apply import Run
from gitops_audit.remediate.digest import content
from gitops_audit.remediate.document import Plan, Scope
from gitops_audit.remediate.plan import Planner
from gitops_audit.remediate.survey import surveyed
from gitops_audit.remediate.writers import Writers
from tests.e2e.apiserver import ApiServer
from tests.e2e.etcd import State
from tests.e2e.repairing import Shop, config_map, everything
from tests.e2e.truth_server import Client

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/gitops-audit-remediation"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
GUARDS = {"maxChanges": 100, "maxDeletions": 20, "maxDeletionShare": 1, "recreate": True, "prune": True}
PARTS = {"changed": 14, "added": 10, "removed": 5, "missing": 8, "extra": 4, "image": 4, "port": 3, "recreated": 2}
SIZE = sum(PARTS.values())

Objects = dict[str, JsonObject]


@dataclass(frozen=True, slots=True)
class Fifty:
    """A deployed and broken source with its plan. `good` and `broken` are what people and deployers wrote, by path."""

    shop: Shop
    client: Client
    plan: Plan
    good: Objects
    broken: Objects
    managers: Mapping[str, frozenset[tuple[str, str]]]
    stored: State

    @classmethod
    def made(cls, server: ApiServer, folder: Path) -> Fifty:
        """Deploys, breaks and plans. Client-side applied objects are among them."""
        client = Client(server, folder)
        shop = Shop.declared(server, folder, _declared(), **GUARDS)
        _let_reader_repair(client, shop)
        shop.deploy()
        shop.kubectl("delete", "configmap", "changed-0", "changed-1", "added-0")
        for name in ("changed-0", "changed-1", "added-0"):
            shop.kubectl("apply", "-f", str(shop.root / f"shop/{name}.yaml"))
        _planned(shop)  # a good run: without one nothing is deleted
        good = _objects(client)
        managers = _managers(client)
        _break(shop)
        return cls(shop, client, _planned(shop), _wanted(good), _objects(client), managers, server.etcd.state())

    @property
    def server(self) -> ApiServer:
        return self.shop.server

    def reset(self) -> Run:
        """Everything broken again, and a run with a journal of its own."""
        self.restore(self.stored)
        return self.run(self.shop.state / secrets.token_hex(8))

    def restore(self, state: State) -> None:
        self.server.etcd.restore(state)
        self.unlock()

    def unlock(self) -> None:
        self.client.request("DELETE", LEASE)

    def run(self, journals: Path) -> Run:
        journals.mkdir(parents=True, exist_ok=True)
        return Run(self.shop.settings, everything, journals, lambda: datetime.now(UTC))

    def objects(self) -> Objects:
        return _objects(self.client)

    def owners(self) -> Mapping[str, frozenset[tuple[str, str]]]:
        """Who owns fields of each object: (manager, operation)."""
        return _managers(self.client)


def _declared() -> Iterator[JsonObject]:
    for part in ("changed", "added", "removed", "missing", "extra"):
        yield from (config_map(f"{part}-{n}", a="1", b="2") for n in range(PARTS[part]))
    yield from (deployment(f"image-{n}", "web") for n in range(PARTS["image"]))
    yield from (deployment(f"recreated-{n}", "web") for n in range(PARTS["recreated"]))
    yield from (_service(f"port-{n}") for n in range(PARTS["port"]))


def deployment(name: str, label: str) -> JsonObject:
    template = {"metadata": {"labels": {"app": label}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": label}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _service(name: str) -> JsonObject:
    ports = [{"name": "web", "port": 80}, {"name": "admin", "port": 81}]
    spec = {"selector": {"app": "web"}, "clusterIP": "None", "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _let_reader_repair(client: Client, shop: Shop) -> None:
    """All runs are this user's, whose rights can be taken away."""
    config = shop.root / "gitops-audit.yaml"
    shop.commit({"gitops-audit.yaml": config.read_text().replace("context: admin", "context: reader")})
    rules = {"read": ["get", "list"], "repair": ["create", "patch", "delete"]}
    for name, verbs in rules.items():
        rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": verbs}
        client.request("POST", f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": [rule]})
        client.request("POST", f"{RBAC}/clusterrolebindings", binding(name))


def binding(name: str) -> JsonObject:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}]
    return {"metadata": {"name": name}, "roleRef": role, "subjects": subjects}


def _break(shop: Shop) -> None:
    """What a person does at a terminal, and what Git gave up meanwhile."""
    for n in range(PARTS["changed"]):
        shop.edit(f"changed-{n}", a="by hand")
    for n in range(PARTS["added"]):
        shop.edit(f"added-{n}", c="by hand")
    for n in range(PARTS["removed"]):
        shop.kubectl("patch", "configmap", f"removed-{n}", "--type=merge", "-p", '{"data": {"a": null}}')
    shop.kubectl("delete", "configmap", *(f"missing-{n}" for n in range(PARTS["missing"])))
    shop.kubectl("set", "image", *(f"deployment/image-{n}" for n in range(PARTS["image"])), "web=debug:2")
    port = '[{"op": "replace", "path": "/spec/ports/0/port", "value": 8080}]'
    for n in range(PARTS["port"]):
        shop.kubectl("patch", "service", f"port-{n}", "--type=json", "-p", port)
    gone: dict[str, str | None] = {f"shop/extra-{n}.yaml": None for n in range(PARTS["extra"])}
    names = [f"recreated-{n}" for n in range(PARTS["recreated"])]
    shop.commit(gone | {f"shop/{name}.yaml": yaml.safe_dump(deployment(name, "other")) for name in names})


def _planned(shop: Shop) -> Plan:
    scope = Scope(prune=True, recreate=True)
    with ExitStack() as stack:
        writers = stack.enter_context(Writers(shop.settings.clusters))
        survey = stack.enter_context(surveyed(shop.settings, scope, everything))
        return Planner(survey, writers).plan(scope, datetime.now(UTC)).plan


def _wanted(deployed: Objects) -> Objects:
    """What Git declares by now."""
    found = {path: copy.deepcopy(body) for path, body in deployed.items() if "/extra-" not in path}
    for path, body in found.items():
        if "/recreated-" in path:
            body["spec"]["selector"]["matchLabels"]["app"] = "other"
            body["spec"]["template"]["metadata"]["labels"]["app"] = "other"
    return found


def _objects(client: Client) -> Objects:
    return {path: content(item) for path, item in _listed(client)}


def _managers(client: Client) -> Mapping[str, frozenset[tuple[str, str]]]:
    return {
        path: frozenset((e["manager"], e["operation"]) for e in item["metadata"].get("managedFields", ()))
        for path, item in _listed(client)
    }


def _listed(client: Client) -> Iterator[tuple[str, Any]]:
    for path in (CONFIG_MAPS, SERVICES, DEPLOYMENTS):
        status, answer = client.request("GET", path)
        if status != 200:
            raise RuntimeError(json.dumps(answer))
        for item in answer["items"]:
            name = item["metadata"]["name"]
            if name not in ("kubernetes", "kube-root-ca.crt"):
                yield f"{path}/{name}", item
