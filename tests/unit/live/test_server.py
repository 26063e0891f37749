from __future__ import annotations

import base64
import json

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.model.redact import LAST_APPLIED
from tests.unit.live.api import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SECRETS, Api, cluster_of, declared
from tests.unit.live.scripted import Script, ok, status


def test_connecting_tells_the_version_and_what_is_served(script: Script, api: Api) -> None:
    cluster = cluster_of(script)
    assert (cluster.version, cluster.server) == ("v1.30.0", script.url)
    assert cluster.discovery.scope("apps", "v1", "Deployment") is True
    assert cluster.stats.requests == 3
    cluster.close()


@pytest.mark.parametrize("path", ["/version", "/api", "/apis"])
def test_credentials_that_are_refused_fail_the_connection(script: Script, api: Api, path: str) -> None:
    script.on(path, status(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(ClusterError) as caught:
        cluster_of(script)
    assert caught.value.code == problem.UNAUTHENTICATED


def test_one_object_can_be_read_again(script: Script, api: Api) -> None:
    api.has(NAMESPACES, "shop")
    cluster = cluster_of(script)
    assert cluster.get(declared(NAMESPACES, "shop")[0]) == api.objects[0]
    assert cluster.get(declared(NAMESPACES, "gone")[0]) is None
    cluster.close()


def test_an_object_that_cannot_be_read_again_is_an_error(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop", status(403, "Forbidden", "no"))
    cluster = cluster_of(script)
    with pytest.raises(ClusterError):
        cluster.get(declared(NAMESPACES, "shop")[0])
    cluster.close()


def test_metadata_is_listed_without_the_rest(script: Script) -> None:
    api = Api(script, page_size=2)
    api.has(CONFIG_MAPS, "shop/a", "shop/b", "shop/c", "web/d")
    cluster = cluster_of(script)
    found = cluster.list_metadata("", "v1", "configmaps", "shop")
    cluster.close()
    assert [f["metadata"]["name"] for f in found] == ["a", "b", "c"]
    assert {f["kind"] for f in found} == {"ConfigMap"}
    assert "PartialObjectMetadataList" in script.requests[-1].headers["accept"]


def test_an_expired_metadata_list_is_read_again(script: Script, api: Api) -> None:
    item = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a"}}
    page = ok({"metadata": {"continue": "x"}, "items": [item]})
    script.on("/api/v1/configmaps", page, status(410, "Expired"), ok({"metadata": {}, "items": [item]}))
    cluster = cluster_of(script)
    assert cluster.list_metadata("", "v1", "configmaps") == [item | {"apiVersion": "v1", "kind": "ConfigMap"}]
    cluster.close()


def test_the_metadata_of_secrets_holds_no_values(script: Script, api: Api) -> None:
    value = base64.b64encode(b"s3cr3t-marker").decode()
    api.has(SECRETS, "shop/s")
    api.objects[0]["metadata"]["annotations"] = {LAST_APPLIED: json.dumps({"data": {"k": value}})}
    cluster = cluster_of(script)
    assert value not in json.dumps(cluster.list_metadata("", "v1", "secrets"))
    cluster.close()


def test_metadata_of_what_is_not_served_is_an_error(script: Script, api: Api) -> None:
    cluster = cluster_of(script)
    with pytest.raises(ClusterError) as caught:
        cluster.list_metadata("apps", "v1", "nothings")
    cluster.close()
    assert caught.value.code == problem.NOT_SERVED


def test_schemas_come_while_objects_are_read(script: Script, api: Api) -> None:
    script.on("/openapi/v3", ok({"paths": {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=A"}}}))
    node = {
        "type": "object",
        "x-kubernetes-group-version-kind": [{"group": "apps", "version": "v1", "kind": "Deployment"}],
    }
    script.on("/openapi/v3/apis/apps/v1", ok({"components": {"schemas": {"Deployment": node}}}))
    cluster = cluster_of(script)
    cluster.read(declared(DEPLOYMENTS, "shop/web"))
    asked = script.paths().count("/openapi/v3/apis/apps/v1")
    assert cluster.schemas.type_for("apps", "v1", "Deployment") is not None
    cluster.close()
    assert (asked, script.paths().count("/openapi/v3/apis/apps/v1")) == (1, 1)


def test_schemas_that_may_not_be_read_leave_a_reason(script: Script, api: Api) -> None:
    script.on("/openapi/v3", status(403, "Forbidden", "no schemas"))
    cluster = cluster_of(script)
    assert cluster.schemas.type_for("apps", "v1", "Deployment") is None
    assert "no schemas" in cluster.schema_problem
    cluster.close()
