"""The cause with and without the record of an engine, on a real API server and with the real kubectl."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from gitops_audit.config.settings import ClusterConfig, Settings, SourceConfig
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.model.resource import JsonObject
from tests import engines
from tests.audited import drift_of
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.engines import DEFINITIONS, SSH_URL, deployed_at

pytestmark = pytest.mark.e2e

RBAC = Path(__file__).parents[2] / "deploy" / "rbac"
READERS = ("--group", "readers")
NAMESPACE = "synced"  # it stays: without a controller manager a deleted namespace never goes
IN_NAMESPACE = ("--namespace", NAMESPACE)
MANAGERS = {"Argo CD": "argocd-controller", "Flux": "kustomize-controller"}


class Row(NamedTuple):
    """Values of a ConfigMap: deployed, in Git now, by `kubectl patch`, by `kubectl apply --server-side` of a person.

    Then the cause by ownership and history, and with the record of the engine.
    """

    deployed: JsonObject
    git: JsonObject
    patched: JsonObject | None
    applied: JsonObject | None
    alone: str
    recorded: str


ROWS = {
    "pending": Row({"a": "1"}, {"a": "2"}, None, None, "git", "git"),
    "edited": Row({"a": "1"}, {"a": "1"}, {"a": "2"}, None, "cluster", "cluster"),
    "both": Row({"a": "1"}, {"a": "2"}, {"a": "3"}, None, "cluster", "both"),
    "removed": Row({"a": "1", "b": "1"}, {"a": "1", "b": "1"}, {"b": None}, None, "cluster", "cluster"),
    "new": Row({"a": "1"}, {"a": "1", "b": "1"}, None, None, "unknown", "git"),
    "posed": Row({"a": "1"}, {"a": "1"}, None, {"a": "2"}, "cluster", "cluster"),
}
ALONE = {name: row.alone for name, row in ROWS.items()}
RECORDED = {name: row.recorded for name, row in ROWS.items()}


class Shop:
    """A repository and the cluster it is deployed to."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self._client = Client(server, folder)
        self._folder = folder
        self.notes: tuple[str, ...] = ()
        self._repo = folder / "repo"
        self._repo.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", SSH_URL)

    def kubectl(self, *arguments: str, objects: Sequence[JsonObject] = ()) -> None:
        command = [self._client.kubectl, f"--kubeconfig={self._client.kubeconfig}", *arguments]
        subprocess.run(command, input=yaml.safe_dump_all(objects).encode(), check=True, capture_output=True)

    def apply(self, manager: str, *objects: JsonObject) -> None:
        options = ["--server-side", "--force-conflicts", f"--field-manager={manager}"]
        self.kubectl("apply", *options, "-f", "-", objects=objects)

    def commit(self, objects: Sequence[JsonObject], minutes_ago: int) -> str:
        at = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
        (self._repo / "maps.yaml").write_text(yaml.safe_dump_all(objects))
        self._git("add", "--all")
        self._git("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "--quiet", "-m", "change", at=at)
        return self._git("rev-parse", "HEAD")

    def wait_until_permitted(self, resource: str) -> None:
        """Grants arrive a little after they are made; each attempt is a request, so this does not spin."""
        as_reader = ("--as=reader", "--as-group=readers")
        command = [self._client.kubectl, f"--kubeconfig={self._client.kubeconfig}", *as_reader]
        question = [*command, "auth", "can-i", "list", resource, "--all-namespaces"]
        assert any(subprocess.run(question, capture_output=True).returncode == 0 for _ in range(50))

    def causes(self, context: str = "admin") -> dict[str, str]:
        cluster = ClusterConfig("real", context=context, kubeconfig=str(self._client.kubeconfig))
        source = SourceConfig("maps", "repo")
        audit = Audit(Settings(self._folder / "gitops-audit.yaml", clusters=(cluster,), sources=(source,)))
        try:
            audit.prepare()
            events = list(audit.run())
        finally:
            audit.close()
        [self.notes] = [e.notes for e in events if isinstance(e, Finished)]
        drifts = {e.verdict.subject.key.name: drift_of(e.verdict) for e in events if isinstance(e, Judged)}
        return {name: change.cause for name, drift in drifts.items() for change in drift.changes}

    def _git(self, *arguments: str, at: str = "") -> str:
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        command = ["git", "-C", str(self._repo), *arguments]
        return subprocess.check_output(command, env={**os.environ, **dates}, text=True).strip()


def config_map(name: str, data: JsonObject | None) -> JsonObject:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


@pytest.fixture(scope="module")
def server(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> ApiServer:
    """With the kinds of both engines."""
    shop = Shop(apiserver, tmp_path_factory.mktemp("definitions"))
    spaces = [namespace(engines.ARGOCD), namespace(engines.FLUX_SYSTEM)]
    names = [f"crd/{body['metadata']['name']}" for body in DEFINITIONS]
    shop.apply("setup", *DEFINITIONS, *spaces)
    shop.kubectl("wait", "--for=condition=Established", *names, "--timeout=20s")
    return apiserver


def namespace(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def records(engine: str, commit: str) -> Sequence[JsonObject]:
    if engine == "Argo CD":
        return [engines.application(deployed_at(commit, engines.argo_source(".")))]
    return [engines.kustomization(f"main@sha1:{commit}", path="./"), engines.git_repository()]


def deployed(server: ApiServer, folder: Path, engine: str) -> tuple[Shop, str]:
    """The table as an engine deployed it, with all that happened since, and the commit it was deployed from.

    By their times, either commit may have been deployed.
    """
    shop = Shop(server, folder)
    shop.apply("setup", namespace(NAMESPACE))
    applied = shop.commit([config_map(name, row.deployed) for name, row in ROWS.items()], minutes_ago=20)
    shop.apply(MANAGERS[engine], *(config_map(name, row.deployed) for name, row in ROWS.items()))
    for name, row in ROWS.items():
        if row.patched:
            shop.kubectl("patch", "configmap", name, *IN_NAMESPACE, "-p", json.dumps({"data": row.patched}))
        if row.applied:
            shop.apply("kubectl", config_map(name, row.applied))
    shop.commit([config_map(name, row.git) for name, row in ROWS.items()], minutes_ago=10)
    return shop, applied


@pytest.mark.parametrize("engine", MANAGERS)
def test_the_record_tells_what_ownership_alone_cannot(server: ApiServer, tmp_path: Path, engine: str) -> None:
    shop, applied = deployed(server, tmp_path, engine)
    assert shop.causes() == ALONE
    shop.apply("setup", *records(engine, applied))
    assert shop.causes() == RECORDED


@pytest.mark.parametrize("engine", MANAGERS)
def test_the_shipped_roles_are_enough_and_without_them_it_is_told(
    server: ApiServer, tmp_path: Path, engine: str
) -> None:
    shop, applied = deployed(server, tmp_path, engine)
    shop.apply("setup", *records(engine, applied))
    shop.kubectl("apply", "-f", str(RBAC / "reader.yaml"), "-f", str(RBAC / "engines.yaml"))
    shop.kubectl("create", "clusterrolebinding", "synced-1", *READERS, "--clusterrole=gitops-audit-reader")
    shop.wait_until_permitted("configmaps")
    assert shop.causes("reader") == ALONE
    assert any(f"causes are told without the records of {engine}: " in note for note in shop.notes)
    shop.kubectl("create", "clusterrolebinding", "synced-2", *READERS, "--clusterrole=gitops-audit-engines")
    shop.wait_until_permitted("gitrepositories.source.toolkit.fluxcd.io")
    assert shop.causes("reader") == RECORDED
    assert not any("causes are told" in note for note in shop.notes)
