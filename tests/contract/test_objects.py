"""Create, read, list, replace, patch, delete: the same on the sandbox and on a real API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.client import APPLY, JSON_PATCH, MERGE, Server

PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"app": "shop"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {"key": "value"}}


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    labels = {"app": "shop"}
    containers = [{"name": "web", "image": "nginx:1", "env": [{"name": "A", "value": "1"}]}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": labels}, "template": template} | spec
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def test_what_was_created_can_be_read_and_listed_and_deleted(server: Server, maps: str) -> None:
    created = server.create(maps, config_map())
    assert created.code == 201
    assert server.get(f"{maps}/settings").ok() == created.body
    listed = server.get(maps).ok()
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert [item["metadata"]["name"] for item in listed["items"]] == ["settings"]
    assert "kind" not in listed["items"][0]
    gone = server.request("DELETE", f"{maps}/settings").ok()
    uid = created.body["metadata"]["uid"]
    assert (gone["status"], gone["details"]) == ("Success", {"name": "settings", "kind": "configmaps", "uid": uid})
    assert server.get(f"{maps}/settings").code == 404


def test_a_missing_object_is_not_found_by_name(server: Server, deployments: str) -> None:
    answer = server.get(f"{deployments}/nope")
    assert answer.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'deployments.apps "nope" not found',
        "reason": "NotFound",
        "details": {"name": "nope", "group": "apps", "kind": "deployments"},
        "code": 404,
    }


def test_a_kind_that_is_not_served_is_not_found(server: Server, namespace: str) -> None:
    answer = server.get(f"/apis/apps/v1/namespaces/{namespace}/gizmos")
    assert (answer.code, answer.body["message"]) == (404, "the server could not find the requested resource")


def test_creating_in_a_missing_namespace_is_not_found(server: Server) -> None:
    answer = server.create("/api/v1/namespaces/no-such-namespace/configmaps", config_map())
    assert (answer.code, answer.body["message"]) == (404, 'namespaces "no-such-namespace" not found')


def test_creating_twice_is_a_conflict(server: Server, maps: str) -> None:
    server.create(maps, config_map()).ok()
    answer = server.create(maps, config_map())
    assert (answer.code, answer.body["reason"]) == (409, "AlreadyExists")
    assert answer.body["message"] == 'configmaps "settings" already exists'


def test_replacing_an_old_version_is_a_conflict(server: Server, maps: str) -> None:
    created = server.create(maps, config_map()).ok()
    server.patch(f"{maps}/settings", {"data": {"key": "other"}}).ok()
    answer = server.request("PUT", f"{maps}/settings", created)
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert answer.body["message"].startswith('Operation cannot be fulfilled on configmaps "settings": the object has')


def test_a_deployment_without_its_parts_is_invalid_with_a_cause_each(server: Server, deployments: str) -> None:
    answer = server.create(deployments, {"metadata": {"name": "web"}})
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    details = answer.body["details"]
    assert (details["name"], details["group"], details["kind"]) == ("web", "apps", "Deployment")
    causes = {(cause["field"], cause["reason"]) for cause in details["causes"]}
    assert causes == {
        ("spec.selector", "FieldValueRequired"),
        ("spec.template.metadata.labels", "FieldValueInvalid"),
        ("spec.template.spec.containers", "FieldValueRequired"),
    }


def test_an_object_without_a_name_is_invalid(server: Server, maps: str) -> None:
    answer = server.create(maps, {"metadata": {}})
    assert answer.code == 422
    assert [cause["field"] for cause in answer.body["details"]["causes"]] == ["metadata.name"]


@pytest.mark.parametrize("name", ["Upper", "under_score", "-dash"])
def test_a_name_that_is_no_subdomain_is_invalid(server: Server, maps: str, name: str) -> None:
    answer = server.create(maps, config_map(name))
    assert (answer.code, answer.body["details"]["causes"][0]["field"]) == (422, "metadata.name")


def test_a_generated_name_starts_with_its_prefix(server: Server, maps: str) -> None:
    created = server.create(maps, {"metadata": {"generateName": "job-"}}).ok()
    assert created["metadata"]["name"].startswith("job-")
    assert len(created["metadata"]["name"]) == len("job-") + 5


def test_a_wrong_type_is_a_bad_request(server: Server, deployments: str) -> None:
    answer = server.create(deployments, deployment(replicas="two"))
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")
    assert "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32" in str(answer.body)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_a_bad_request(server: Server, maps: str, body: bytes) -> None:
    assert server.create(maps, body).code == 400


def test_an_unknown_field_is_dropped_with_a_warning(server: Server, deployments: str) -> None:
    answer = server.create(deployments, deployment(replica=2))
    assert "replica" not in answer.ok()["spec"]
    assert answer.headers["Warning"] == '299 - "unknown field \\"spec.replica\\""'


def test_an_unknown_field_is_refused_where_validation_is_strict(server: Server, deployments: str) -> None:
    answer = server.create(f"{deployments}?fieldValidation=Strict", deployment(replica=2))
    assert answer.code == 400
    assert 'strict decoding error: unknown field "spec.replica"' in answer.body["message"]


def test_a_config_map_of_more_than_a_mebibyte_is_invalid(server: Server, maps: str) -> None:
    answer = server.create(maps, config_map(key="x" * (1024 * 1024 + 1)))
    assert (answer.code, answer.body["details"]["causes"][0]["reason"]) == (422, "FieldValueTooLong")


def test_a_body_of_more_than_three_mebibytes_is_too_large(server: Server, maps: str) -> None:
    answer = server.create(maps, config_map(key="x" * (3 * 1024 * 1024 + 1)))
    assert (answer.code, answer.body["reason"]) == (413, "RequestEntityTooLarge")


def test_the_selector_of_a_deployment_may_not_change(server: Server, deployments: str) -> None:
    server.create(deployments, deployment()).ok()
    patch = {"spec": {"selector": {"matchLabels": {"app": "shop", "tier": "web"}}}}
    answer = server.patch(f"{deployments}/web", patch)
    assert answer.code == 422
    assert "field is immutable" in answer.body["message"]


def test_an_immutable_config_map_stays_as_it_is(server: Server, maps: str) -> None:
    server.create(maps, config_map() | {"immutable": True}).ok()
    answer = server.patch(f"{maps}/settings", {"data": {"key": "other"}})
    assert (answer.code, answer.body["details"]["causes"][0]["reason"]) == (422, "FieldValueForbidden")


def test_generation_counts_changes_of_the_spec_only(server: Server, deployments: str) -> None:
    server.create(deployments, deployment()).ok()
    assert server.patch(f"{deployments}/web", {"metadata": {"labels": {"a": "b"}}}).ok()["metadata"]["generation"] == 1
    assert server.patch(f"{deployments}/web", {"spec": {"replicas": 4}}).ok()["metadata"]["generation"] == 2


def test_a_write_that_changes_nothing_keeps_the_resource_version(server: Server, maps: str) -> None:
    created = server.create(maps, config_map()).ok()
    patched = server.patch(f"{maps}/settings", {"data": {"key": "value"}}).ok()
    assert patched["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]


def test_an_object_with_a_finalizer_waits_for_it(server: Server, maps: str) -> None:
    body = config_map()
    body["metadata"]["finalizers"] = ["example.com/wait"]
    server.create(maps, body).ok()
    marked = server.request("DELETE", f"{maps}/settings").ok()
    assert marked["kind"] == "ConfigMap"
    assert marked["metadata"]["deletionTimestamp"]
    assert server.patch(f"{maps}/settings", {"metadata": {"finalizers": None}}).code == 200
    assert server.get(f"{maps}/settings").code == 404


def test_a_delete_with_a_wrong_precondition_is_a_conflict(server: Server, maps: str) -> None:
    server.create(maps, config_map()).ok()
    uid = "00000000-0000-0000-0000-000000000000"
    answer = server.request("DELETE", f"{maps}/settings", {"preconditions": {"uid": uid}})
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert uid in answer.body["message"]


def test_a_collection_is_deleted_by_selector(server: Server, maps: str) -> None:
    for name in ("one", "two"):
        server.create(maps, config_map(name)).ok()
    server.create(maps, {"metadata": {"name": "three"}}).ok()
    server.request("DELETE", f"{maps}?labelSelector=app%3Dshop").ok()
    assert [item["metadata"]["name"] for item in server.get(maps).ok()["items"]] == ["three"]


@pytest.mark.parametrize(
    ("method", "path", "content_type", "body"),
    [
        ("POST", "", "application/json", config_map("fresh")),
        ("PUT", "/settings", "application/json", config_map(key="new")),
        ("PATCH", "/settings", MERGE, {"data": {"key": "new"}}),
        ("PATCH", "/settings", JSON_PATCH, [{"op": "replace", "path": "/data/key", "value": "new"}]),
        ("PATCH", "/settings", APPLY, config_map(key="new")),
        ("PATCH", "/fresh", APPLY, config_map("fresh")),
        ("DELETE", "/settings", "application/json", None),
    ],
)
def test_a_dry_run_answers_and_leaves_nothing(
    server: Server, maps: str, method: str, path: str, content_type: str, body: Any
) -> None:
    before = server.create(maps, config_map()).ok()
    query = "?dryRun=All&fieldManager=m" + ("&force=true" if content_type == APPLY else "")
    server.request(method, f"{maps}{path}{query}", body, content_type).ok()
    listed = server.get(maps).ok()["items"]
    assert [item["metadata"]["resourceVersion"] for item in listed] == [before["metadata"]["resourceVersion"]]


def test_a_dry_run_shows_what_would_be(server: Server, maps: str) -> None:
    server.create(maps, config_map()).ok()
    patched = server.patch(f"{maps}/settings?dryRun=All", {"data": {"key": "new"}}).ok()
    assert patched["data"] == {"key": "new"}


def test_other_values_of_dry_run_are_refused(server: Server, maps: str) -> None:
    answer = server.create(f"{maps}?dryRun=true", config_map())
    assert (answer.code, answer.body["details"]["causes"][0]["field"]) == (422, "dryRun")


def test_secret_text_is_folded_into_data(server: Server, namespace: str) -> None:
    body = {"metadata": {"name": "s"}, "stringData": {"a": "text"}, "data": {"a": "b2xk", "b": "ZGF0YQ=="}}
    created = server.create(f"/api/v1/namespaces/{namespace}/secrets", body).ok()
    assert created["data"] == {"a": "dGV4dA==", "b": "ZGF0YQ=="}
    assert "stringData" not in created


class TestLists:
    @pytest.fixture(autouse=True)
    def seven(self, server: Server, maps: str) -> None:
        for number in range(7):
            body = config_map(f"m{number}")
            body["metadata"]["labels"]["parity"] = "even" if number % 2 == 0 else "odd"
            server.create(maps, body).ok()

    def test_pages_are_complete_and_in_order(self, server: Server, maps: str) -> None:
        first = server.get(f"{maps}?limit=3").ok()
        assert first["metadata"]["remainingItemCount"] == 4
        second = server.get(f"{maps}?limit=3&continue={first['metadata']['continue']}").ok()
        third = server.get(f"{maps}?limit=3&continue={second['metadata']['continue']}").ok()
        assert "continue" not in third["metadata"]
        names = [i["metadata"]["name"] for page in (first, second, third) for i in page["items"]]
        assert names == [f"m{number}" for number in range(7)]

    def test_a_list_that_fits_has_no_token(self, server: Server, maps: str) -> None:
        metadata = server.get(f"{maps}?limit=7").ok()["metadata"]
        assert set(metadata) == {"resourceVersion"}

    def test_pages_show_the_state_of_the_first(self, server: Server, maps: str) -> None:
        first = server.get(f"{maps}?limit=3").ok()
        server.request("DELETE", f"{maps}/m4").ok()
        server.create(maps, config_map("m35")).ok()
        rest = server.get(f"{maps}?continue={first['metadata']['continue']}").ok()
        assert [i["metadata"]["name"] for i in rest["items"]] == ["m3", "m4", "m5", "m6"]
        assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]

    def test_an_expired_token_is_gone_and_can_be_resumed(self, server: Server, maps: str) -> None:
        first = server.get(f"{maps}?limit=3").ok()
        server.create(maps, config_map("later")).ok()
        server.expire()
        answer = server.get(f"{maps}?limit=3&continue={first['metadata']['continue']}")
        assert (answer.code, answer.body["reason"]) == (410, "Expired")
        resumed = server.get(f"{maps}?continue={answer.body['metadata']['continue']}").ok()
        assert [i["metadata"]["name"] for i in resumed["items"]] == ["m3", "m4", "m5", "m6"]

    def test_a_token_that_is_none_is_a_bad_request(self, server: Server, maps: str) -> None:
        assert server.get(f"{maps}?limit=1&continue=abc").code == 400

    @pytest.mark.parametrize(
        ("selector", "numbers"),
        [
            ("labelSelector=parity%3Deven", [0, 2, 4, 6]),
            ("labelSelector=parity%21%3Deven,app", [1, 3, 5]),
            ("labelSelector=parity%20in%20(odd,none)", [1, 3, 5]),
            ("labelSelector=parity%20notin%20(odd)", [0, 2, 4, 6]),
            ("labelSelector=%21parity", []),
            ("fieldSelector=metadata.name%3Dm3", [3]),
            ("fieldSelector=metadata.name%21%3Dm3&labelSelector=parity%3D%3Dodd", [1, 5]),
        ],
    )
    def test_selectors_narrow_a_list(self, server: Server, maps: str, selector: str, numbers: list[int]) -> None:
        names = [item["metadata"]["name"] for item in server.get(f"{maps}?{selector}").ok()["items"]]
        assert names == [f"m{number}" for number in numbers]

    @pytest.mark.parametrize("selector", ["fieldSelector=data.key%3Dx", "labelSelector=%3D%3D"])
    def test_a_selector_that_is_not_understood_is_a_bad_request(self, server: Server, maps: str, selector: str) -> None:
        assert server.get(f"{maps}?{selector}").code == 400

    def test_a_selected_page_does_not_count_the_rest(self, server: Server, maps: str) -> None:
        metadata = server.get(f"{maps}?limit=1&labelSelector=app%3Dshop").ok()["metadata"]
        assert metadata["continue"]
        assert "remainingItemCount" not in metadata

    def test_a_metadata_list_has_metadata_only(self, server: Server, maps: str) -> None:
        listed = server.get(f"{maps}?limit=1", accept=PARTIAL).ok()
        assert (listed["kind"], listed["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
        (item,) = listed["items"]
        assert set(item) - {"kind", "apiVersion"} == {"metadata"}
        assert item["metadata"]["labels"]["app"] == "shop"

    def test_all_namespaces_are_listed_at_the_cluster_scope(self, server: Server, maps: str) -> None:
        listed = server.get("/api/v1/configmaps?labelSelector=parity%3Deven").ok()
        places = {(i["metadata"]["namespace"], i["metadata"]["name"]) for i in listed["items"]}
        assert (maps.split("/")[4], "m0") in places

    def test_what_is_not_json_is_not_acceptable(self, server: Server, maps: str) -> None:
        assert server.get(maps, accept="application/xml").code == 406


class TestSubresources:
    @pytest.fixture(autouse=True)
    def web(self, server: Server, deployments: str) -> None:
        server.create(deployments, deployment()).ok()

    def test_scale_shows_and_sets_the_replicas(self, server: Server, deployments: str) -> None:
        scale = server.get(f"{deployments}/web/scale").ok()
        assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == ("Scale", {"replicas": 1}, "app=shop")
        scale["spec"]["replicas"] = 5
        assert server.request("PUT", f"{deployments}/web/scale", scale).ok()["spec"] == {"replicas": 5}
        assert server.patch(f"{deployments}/web/scale", {"spec": {"replicas": 6}}).ok()["spec"] == {"replicas": 6}
        assert server.get(f"{deployments}/web").ok()["spec"]["replicas"] == 6

    def test_scale_refuses_less_than_nothing(self, server: Server, deployments: str) -> None:
        assert server.patch(f"{deployments}/web/scale", {"spec": {"replicas": -1}}).code == 422

    def test_status_changes_by_its_subresource_only(self, server: Server, deployments: str) -> None:
        patch = {"status": {"replicas": 2, "observedGeneration": 1}, "spec": {"replicas": 9}}
        patched = server.patch(f"{deployments}/web/status", patch).ok()
        assert (patched["status"]["replicas"], patched["spec"]["replicas"]) == (2, 1)
        patched = server.patch(f"{deployments}/web", patch | {"status": {"replicas": 7}}).ok()
        assert (patched["status"]["replicas"], patched["spec"]["replicas"]) == (2, 9)

    def test_a_subresource_that_is_not_there_is_not_found(self, server: Server, namespace: str) -> None:
        server.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map()).ok()
        assert server.get(f"/api/v1/namespaces/{namespace}/configmaps/settings/status").code == 404


def test_the_default_namespace_may_not_be_deleted(server: Server) -> None:
    answer = server.request("DELETE", "/api/v1/namespaces/default")
    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == 'namespaces "default" is forbidden: this namespace may not be deleted'
