"""Discovery, schemas, access: what a client asks before it reads."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.sandbox import Rule
from tests.contract.client import Server

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
REF = "#/components/schemas/"


def test_the_version_is_told_to_anybody(server: Server) -> None:
    version = server.get("/version", user="").ok()
    assert version["major"] == "1"
    assert version["gitVersion"].startswith("v1.")


@pytest.mark.parametrize(
    ("path", "resource", "expected"),
    [
        ("/api/v1", "configmaps", {"kind": "ConfigMap", "namespaced": True, "shortNames": ["cm"]}),
        ("/api/v1", "namespaces", {"kind": "Namespace", "namespaced": False, "singularName": "namespace"}),
        ("/apis/apps/v1", "deployments", {"kind": "Deployment", "namespaced": True, "categories": ["all"]}),
        (
            "/apis/apps/v1",
            "deployments/scale",
            {"kind": "Scale", "group": "autoscaling", "version": "v1", "verbs": ["get", "patch", "update"]},
        ),
        ("/apis/apps/v1", "deployments/status", {"kind": "Deployment", "namespaced": True}),
        ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", {"kind": "ClusterRole", "namespaced": False}),
    ],
)
def test_legacy_discovery_lists_a_resource(server: Server, path: str, resource: str, expected: dict[str, Any]) -> None:
    resources = {entry["name"]: entry for entry in server.get(path).ok()["resources"]}
    assert expected.items() <= resources[resource].items()


def test_the_group_list_names_the_preferred_version(server: Server) -> None:
    groups = {group["name"]: group for group in server.get("/apis").ok()["groups"]}
    assert groups["apps"]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert server.get("/apis/apps").ok()["versions"] == [{"groupVersion": "apps/v1", "version": "v1"}]


def test_aggregated_discovery_describes_a_resource_with_its_subresources(server: Server) -> None:
    answer = server.get("/apis", accept=AGGREGATED)
    assert answer.headers["Content-Type"].replace(" ", "") == AGGREGATED
    groups = {item["metadata"]["name"]: item for item in answer.ok()["items"]}
    (version,) = (v for v in groups["apps"]["versions"] if v["version"] == "v1")
    resources = {entry["resource"]: entry for entry in version["resources"]}
    assert resources["deployments"]["scope"] == "Namespaced"
    assert resources["deployments"]["responseKind"]["kind"] == "Deployment"
    assert {sub["subresource"] for sub in resources["deployments"]["subresources"]} == {"scale", "status"}


def test_aggregated_discovery_of_the_core_group_has_no_name(server: Server) -> None:
    (item,) = server.get("/api", accept=AGGREGATED).ok()["items"]
    assert "name" not in item["metadata"]
    (version,) = item["versions"]
    assert "configmaps" in {entry["resource"] for entry in version["resources"]}


@pytest.mark.parametrize("path", ["/apis/no.such.group/v1", "/no-such-path"])
def test_what_is_not_served_is_not_found(server: Server, path: str) -> None:
    assert server.get(path).code == 404


_DOCUMENTS: dict[tuple[str, str], Any] = {}


def schema(server: Server, path: str, name: str) -> dict[str, Any]:
    """A named schema of the document of one group and version, which is big and read once per server."""
    if (server.name, path) not in _DOCUMENTS:
        index = server.get("/openapi/v3").ok()["paths"]
        _DOCUMENTS[server.name, path] = server.get(index[path]["serverRelativeURL"]).ok()
    found: dict[str, Any] = _DOCUMENTS[server.name, path]["components"]["schemas"][name]
    return found


@pytest.mark.parametrize(
    ("path", "type_name", "field", "expected"),
    [
        (
            "apis/apps/v1",
            "io.k8s.api.core.v1.PodSpec",
            "containers",
            {
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "x-kubernetes-patch-merge-key": "name",
                "x-kubernetes-patch-strategy": "merge",
            },
        ),
        (
            "api/v1",
            "io.k8s.api.core.v1.ServiceSpec",
            "ports",
            {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"]},
        ),
        ("api/v1", "io.k8s.api.core.v1.ServicePort", "protocol", {"default": "TCP", "type": "string"}),
        (
            "api/v1",
            "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
            "finalizers",
            {"x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"},
        ),
        (
            "apis/apps/v1",
            "io.k8s.api.core.v1.PodSpec",
            "volumes",
            {"x-kubernetes-patch-strategy": "merge,retainKeys"},
        ),
        ("api/v1", "io.k8s.api.core.v1.PodSpec", "tolerations", {"x-kubernetes-list-type": "atomic"}),
        ("api/v1", "io.k8s.api.core.v1.ServiceSpec", "selector", {"x-kubernetes-map-type": "atomic"}),
        ("api/v1", "io.k8s.api.core.v1.Secret", "data", {"type": "object"}),
    ],
)
def test_the_openapi_documents_carry_the_list_types(
    server: Server, path: str, type_name: str, field: str, expected: dict[str, Any]
) -> None:
    assert expected.items() <= schema(server, path, type_name)["properties"][field].items()


def test_the_openapi_documents_name_the_kind_and_its_parts(server: Server) -> None:
    deployment = schema(server, "apis/apps/v1", "io.k8s.api.apps.v1.Deployment")
    assert deployment["x-kubernetes-group-version-kind"] == [{"group": "apps", "kind": "Deployment", "version": "v1"}]
    spec = deployment["properties"]["spec"]
    assert (spec["default"], spec["allOf"]) == ({}, [{"$ref": f"{REF}io.k8s.api.apps.v1.DeploymentSpec"}])


def test_the_openapi_documents_know_int_or_string_and_quantity(server: Server) -> None:
    port = schema(server, "api/v1", "io.k8s.apimachinery.pkg.util.intstr.IntOrString")
    assert port["format"] == "int-or-string"
    quantity = schema(server, "api/v1", "io.k8s.apimachinery.pkg.api.resource.Quantity")
    assert quantity["oneOf"] == [{"type": "string"}, {"type": "number"}]


def test_nobody_may_list_and_is_told_what_is_missing(server: Server, namespace: str) -> None:
    answer = server.get(f"/api/v1/namespaces/{namespace}/secrets", user="nobody")
    assert (answer.code, answer.body["reason"], answer.body["details"]) == (403, "Forbidden", {"kind": "secrets"})
    assert answer.body["message"] == (
        'secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" '
        f'in the namespace "{namespace}"'
    )


def test_nobody_may_get_at_the_cluster_scope(server: Server) -> None:
    answer = server.get("/apis/storage.k8s.io/v1/storageclasses/fast", user="nobody")
    assert answer.body["details"] == {"name": "fast", "group": "storage.k8s.io", "kind": "storageclasses"}
    assert answer.body["message"].endswith('in API group "storage.k8s.io" at the cluster scope')


def test_an_unknown_token_is_unauthorized(server: Server) -> None:
    answer = server.get("/api/v1/configmaps", user="stranger")
    assert (answer.code, answer.body["reason"]) == (401, "Unauthorized")


def test_without_a_token_one_is_anonymous(server: Server) -> None:
    answer = server.get("/api/v1/configmaps", user="")
    assert answer.code == 403
    assert 'User "system:anonymous"' in answer.body["message"]


def test_a_granted_rule_holds_where_it_was_granted_only(server: Server, namespace: str) -> None:
    server.grant("reader", [Rule(verbs=["get", "list"], resources=["configmaps"], namespaces=[namespace])])
    server.get(f"/api/v1/namespaces/{namespace}/configmaps", user="reader").ok()
    assert server.get("/api/v1/namespaces/default/configmaps", user="reader").code == 403
    assert server.get(f"/api/v1/namespaces/{namespace}/secrets", user="reader").code == 403
    body = {"metadata": {"name": "x"}}
    assert server.create(f"/api/v1/namespaces/{namespace}/configmaps", body, user="reader").code == 403


@pytest.mark.parametrize(("verb", "allowed"), [("list", True), ("delete", False)])
def test_a_user_can_ask_what_it_may_do(server: Server, namespace: str, verb: str, allowed: bool) -> None:
    server.grant("reader", [Rule(verbs=["list"], resources=["configmaps"], namespaces=[namespace])])
    attributes = {"namespace": namespace, "verb": verb, "resource": "configmaps"}
    body = {"spec": {"resourceAttributes": attributes}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    review = server.create(path, body, user="reader").ok()
    assert review["kind"] == "SelfSubjectAccessReview"
    assert review["status"]["allowed"] is allowed


def test_a_user_can_list_its_rules(server: Server, namespace: str) -> None:
    server.grant("reader", [Rule(verbs=["list"], resources=["configmaps"], namespaces=[namespace])])
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    review = server.create(path, {"spec": {"namespace": namespace}}, user="reader").ok()
    expected = {"verbs": ["list"], "apiGroups": [""], "resources": ["configmaps"]}
    assert expected in review["status"]["resourceRules"]
    assert review["status"]["incomplete"] is False


def test_applying_what_is_not_there_needs_the_right_to_create(server: Server, namespace: str) -> None:
    server.grant("reader", [Rule(verbs=["patch", "get"], resources=["configmaps"], namespaces=[namespace])])
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}}
    path = f"/api/v1/namespaces/{namespace}/configmaps/new?fieldManager=m"
    answer = server.request("PATCH", path, body, "application/apply-patch+yaml", user="reader")
    assert answer.code == 403
    assert 'cannot create resource "configmaps"' in answer.body["message"]
