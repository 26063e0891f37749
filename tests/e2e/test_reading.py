"""Reading a real cluster: with the rights that deploy/ grants, by page, and from a recording of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.live import Refusal, listing, problem
from gitops_audit.live.access import permissions, user
from gitops_audit.live.recording import record_all
from gitops_audit.live.server import ServerCluster
from gitops_audit.live.snapshot import open_recording
from gitops_audit.manifest import file as manifest
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct

pytestmark = pytest.mark.e2e

RBAC = Path(__file__).parents[2] / "deploy" / "rbac"
NAMESPACE = "reading"
NAMES = [f"c{i}" for i in range(12)]
VALUE = base64.b64encode(b"s3cr3t-marker").decode()


@pytest.fixture(scope="module")
def server(apiserver: ApiServer) -> ApiServer:
    """Twelve ConfigMaps and a Secret; the group of `reader` bound to the shipped role in their namespace."""
    direct = Direct(apiserver)
    direct.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for body in (*map(config_map, NAMES), secret()):
        assert direct.create(direct.collection(body, NAMESPACE), body).status == 201
    for body in (*_shipped("reader.yaml"), binding()):
        assert direct.create(direct.collection(body, NAMESPACE), body).status == 201
    direct.close()
    return apiserver


@pytest.fixture
def cluster(server: ApiServer, kubeconfig: Path, cache: Path) -> Iterator[ServerCluster]:
    yield from connected(kubeconfig, "admin")


@pytest.fixture
def as_reader(server: ApiServer, kubeconfig: Path, cache: Path) -> Iterator[ServerCluster]:
    yield from connected(kubeconfig, "reader")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def connected(kubeconfig: Path, context: str) -> Iterator[ServerCluster]:
    config = ClusterConfig("real", context=context, kubeconfig=str(kubeconfig))
    found = ServerCluster.connect(config, Redactor())
    yield found
    found.close()


def _shipped(name: str) -> list[JsonObject]:
    return [m.body for m in manifest.load((RBAC / name).read_bytes(), name).manifests]


def config_map(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}}


def secret() -> JsonObject:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": VALUE}}


def binding() -> JsonObject:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "gitops-audit-reader"},
        "subjects": [{"apiGroup": group, "kind": "Group", "name": "readers"}],
    }


def declared(kind: str, *names: str, namespace: str = NAMESPACE) -> list[Declared]:
    bodies = [{"apiVersion": "v1", "kind": kind, "metadata": {"name": name}} for name in names]
    keys = [ResourceKey("real", "", kind, namespace, name) for name in names]
    return [Declared(k, "s", "v1", body, Origin("a", 1)) for k, body in zip(keys, bodies, strict=True)]


def test_the_shipped_role_is_enough_for_all_but_secrets(as_reader: ServerCluster) -> None:
    wanted = declared("ConfigMap", *NAMES, "gone")
    secrets = declared("Secret", "s")
    live = as_reader.read([*wanted, *secrets])
    found = live.problem(secrets[0])
    assert [live.problem(r) for r in wanted] == [None] * 13
    assert [bool(live.get(r)) for r in wanted] == [True] * 12 + [False]
    assert found is not None
    assert found.code == problem.FORBIDDEN


def test_a_namespace_without_the_role_is_a_problem_never_empty(as_reader: ServerCluster) -> None:
    wanted = declared("ConfigMap", *NAMES, namespace="default")
    live = as_reader.read(wanted)
    codes = {found.code for resource in wanted if (found := live.problem(resource))}
    assert (codes, len(live)) == ({problem.FORBIDDEN}, 0)


def test_the_server_tells_the_rights_and_the_user(as_reader: ServerCluster) -> None:
    kinds = [api for api in as_reader.discovery if api.full_name in ("configmaps", "secrets")]
    rows = {
        (p.api.plural, p.namespace): (p.can_list, p.can_get, p.can_patch)
        for p in permissions(as_reader, kinds, [NAMESPACE])
    }
    assert rows == {("configmaps", NAMESPACE): (True, True, False), ("secrets", NAMESPACE): (False, False, False)}
    assert user(as_reader) == "reader"


def test_a_reader_is_refused_the_dry_run_by_permission_not_by_content(as_reader: ServerCluster) -> None:
    found = as_reader.dry_run_apply(declared("ConfigMap", "c0")[0], "kubectl")
    assert isinstance(found, Refusal)
    assert found.reason == "forbidden"


def test_a_dry_run_gives_the_object_and_changes_nothing(cluster: ServerCluster) -> None:
    (resource,) = declared("ConfigMap", "c0")
    resource.body["data"] = {"k": "other"}
    before = cluster.get(resource)
    found = cluster.dry_run_apply(resource, "kubectl")
    assert isinstance(found, dict)
    assert found["data"] == {"k": "other"}
    assert cluster.get(resource) == before


def test_pages_of_a_real_server_are_followed(cluster: ServerCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 5)
    requests = cluster.stats.requests
    wanted = declared("ConfigMap", *NAMES, "gone")
    assert len(cluster.read(wanted)) == 12
    assert cluster.stats.requests - requests >= 3


def test_schemas_of_a_real_server_are_known_and_kept(cluster: ServerCluster, cache: Path) -> None:
    assert cluster.schemas.type_for("apps", "v1", "Deployment") is not None
    assert list((cache / "gitops-audit" / "openapi").iterdir())


def test_a_recording_of_a_real_cluster_answers_like_it(cluster: ServerCluster, tmp_path: Path) -> None:
    path = tmp_path / "real.json.gz"
    assert record_all(cluster, path, [NAMESPACE]).problems == ()
    recorded = open_recording("real", path, Redactor())
    (resource,) = declared("ConfigMap", "c0")
    (hidden,) = declared("Secret", "s")
    assert recorded.get(resource) == cluster.get(resource)
    assert VALUE not in json.dumps(recorded.get(hidden))
    assert recorded.schemas.type_for("", "v1", "ConfigMap") is not None
    assert len(recorded.list_metadata("", "v1", "configmaps", NAMESPACE)) == 12
