"""Server-side apply and managedFields: each scenario leaves the same objects and owners on both servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.client import JSON_PATCH, STRATEGIC, Server, managed
from tests.contract.conftest import fresh_namespace
from tests.contract.test_samples import stable

Scenario = Callable[[Server, str], str]
SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    """Registers a play; it gives back the path of the object to compare."""
    SCENARIOS[play.__name__] = play
    return play


def web(**spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    containers = [{"name": "web", "image": "nginx:1", "ports": [{"containerPort": 80}]}]
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": dict(labels)}, "template": template} | spec
    metadata = {"name": "web", "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def pod_part(**container: Any) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": [{"name": "web"} | container]}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def only(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def settings(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def deployments(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


@scenario
def an_update_after_a_create_by_another_manager(server: Server, namespace: str) -> str:
    path = deployments(namespace)
    body = server.create(f"{path}?fieldManager=creator", web()).ok()
    body["spec"]["replicas"] = 3
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:2"
    del body["metadata"]["labels"]
    server.request("PUT", f"{path}/web?fieldManager=editor", body).ok()
    return f"{path}/web"


@scenario
def the_default_manager_is_the_user_agent(server: Server, namespace: str) -> str:
    server.create(maps(namespace), settings(a="1")).ok()
    return f"{maps(namespace)}/settings"


@scenario
def an_apply_after_a_create_shares_equal_fields(server: Server, namespace: str) -> str:
    path = deployments(namespace)
    server.create(f"{path}?fieldManager=creator", web(replicas=2)).ok()
    server.apply(f"{path}/web", web(replicas=2), "applier").ok()
    return f"{path}/web"


@scenario
def a_forced_apply_takes_fields_over(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(replicas=2), "one").ok()
    server.apply(path, pod_part(image="nginx:9"), "two", force=True).ok()
    return path


@scenario
def an_applier_gives_up_a_field_that_nobody_else_owns(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(minReadySeconds=5, paused=True), "one").ok()
    server.apply(path, web(paused=True), "one").ok()
    return path


@scenario
def an_applier_gives_up_a_field_that_another_owns_too(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(replicas=3), "one").ok()
    server.apply(path, only(replicas=3), "two").ok()
    server.apply(path, web(), "one").ok()
    return path


@scenario
def giving_up_a_defaulted_field_brings_the_default_back(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(replicas=3, revisionHistoryLimit=2), "one").ok()
    server.apply(path, web(), "one").ok()
    return path


@scenario
def a_scale_by_its_subresource(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(replicas=1), "applier").ok()
    server.patch(f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 4}}).ok()
    return path


@scenario
def a_status_by_its_subresource(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "applier").ok()
    conditions = [{"type": "Available", "status": "True", "reason": "Enough", "message": ""}]
    status = {"replicas": 1, "readyReplicas": 1, "conditions": conditions}
    server.patch(f"{path}/status?fieldManager=controller", {"status": status}).ok()
    return path


@scenario
def an_applied_status(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "applier").ok()
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "status": {"replicas": 2}}
    server.apply(f"{path}/status", body, "controller").ok()
    return path


@scenario
def list_items_are_merged_by_their_keys(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "one").ok()
    ports = [{"containerPort": 9090, "name": "metrics"}, {"containerPort": 80, "protocol": "UDP"}]
    env = [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]
    server.apply(path, pod_part(ports=ports, env=env), "two").ok()
    return path


@scenario
def a_list_item_is_given_up(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "one").ok()
    both = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    server.apply(path, pod_part(env=both), "two").ok()
    server.apply(path, pod_part(env=both[1:]), "two").ok()
    return path


@scenario
def a_list_item_with_fields_of_another_stays(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    body = web()
    sidecar = {"name": "side", "image": "side:1", "tty": True}
    body["spec"]["template"]["spec"]["containers"].append(sidecar)
    server.apply(path, body, "one").ok()
    other = only(template={"spec": {"containers": [{"name": "side", "image": "side:1", "workingDir": "/tmp"}]}})
    server.apply(path, other, "two").ok()
    server.apply(path, web(), "one").ok()
    return path


@scenario
def the_order_of_the_applied_list_wins(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "one").ok()
    names = ["A", "B", "C", "D"]
    env = [{"name": name, "value": "1"} for name in names]
    server.apply(path, pod_part(env=env), "two").ok()
    server.apply(path, pod_part(env=[env[3], {"name": "NEW", "value": "1"}, env[1]]), "three").ok()
    return path


@scenario
def set_lists_are_merged_by_value(server: Server, namespace: str) -> str:
    path = f"{maps(namespace)}/settings"
    for manager, finalizers in (("one", ["example.com/a", "example.com/b"]), ("two", ["example.com/c"])):
        body = settings(a="1")
        body["metadata"]["finalizers"] = finalizers
        server.apply(path, body, manager).ok()
    body["metadata"]["finalizers"] = ["example.com/b"]
    server.apply(path, body, "one").ok()
    return path


@scenario
def atomic_lists_have_one_owner(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "one").ok()
    server.apply(path, pod_part(args=["a", "b"]), "two").ok()
    server.apply(path, pod_part(args=["c"]), "three", force=True).ok()
    return path


@scenario
def atomic_maps_have_one_owner(server: Server, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/services/web"
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    body["spec"] = {"selector": {"app": "web", "tier": "front"}, "ports": [{"port": 80}]}
    server.apply(path, body, "one").ok()
    server.apply(path, body | {"spec": {"selector": {"app": "other"}}}, "two", force=True).ok()
    return path


@scenario
def a_map_key_is_owned_by_itself(server: Server, namespace: str) -> str:
    path = f"{maps(namespace)}/settings"
    server.apply(path, settings(a="1", b="2"), "one").ok()
    server.apply(path, settings(c="3"), "two").ok()
    server.apply(path, settings(a="1"), "one").ok()
    return path


@scenario
def a_json_patch_removes_an_applied_field(server: Server, namespace: str) -> str:
    path = f"{maps(namespace)}/settings"
    server.apply(path, settings(a="1", b="2"), "one").ok()
    server.patch(f"{path}?fieldManager=patcher", [{"op": "remove", "path": "/data/a"}], JSON_PATCH).ok()
    return path


@scenario
def a_strategic_patch_adds_to_applied_lists(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "one").ok()
    patch = {"spec": pod_part(env=[{"name": "A", "value": "1"}])["spec"]}
    server.patch(f"{path}?fieldManager=patcher", patch, STRATEGIC).ok()
    return path


@scenario
def applying_the_same_twice_changes_nothing(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    first = server.apply(path, web(), "one").ok()
    server.apply(path, only(paused=False), "two").ok()
    second = server.apply(path, web(), "one").ok()
    assert second["metadata"]["generation"] == first["metadata"]["generation"]
    third = server.apply(path, web(), "one").ok()
    assert third["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]
    return path


@scenario
def empty_values_are_owned_as_they_were_applied(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    body = web(paused=False, minReadySeconds=0)
    spec = body["spec"]["template"]["spec"]
    spec |= {"volumes": [{"name": "v", "emptyDir": {}}], "securityContext": {}, "nodeSelector": {}, "hostname": ""}
    spec["containers"][0] |= {"args": [], "env": [{"name": "EMPTY", "value": ""}], "resources": {"limits": {}}}
    body["metadata"]["annotations"] = {}
    server.apply(path, body, "one").ok()
    return path


@scenario
def maps_and_lists_are_applied_empty_that_were_full(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    body = web()
    body["metadata"]["annotations"] = {"a": "1"}
    container = body["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "A", "value": "1"}]
    server.apply(path, body, "one").ok()
    body["metadata"]["annotations"], container["env"] = {}, []
    server.apply(path, body, "one").ok()
    return path


@scenario
def a_scale_of_replicas_that_nobody_owns(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(), "applier").ok()
    server.patch(f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 3}}).ok()
    return path


@scenario
def a_scale_to_nothing(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    server.apply(path, web(replicas=2), "applier").ok()
    server.patch(f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 0}}).ok()
    return path


@scenario
def a_null_in_an_applied_configuration(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    body = web(strategy=None)
    body["metadata"]["creationTimestamp"] = None
    server.apply(path, body, "one").ok()
    return path


@scenario
def an_object_without_owners_is_adopted_by_the_first_apply(server: Server, namespace: str) -> str:
    path = f"{maps(namespace)}/settings"
    server.create(maps(namespace), settings(a="1", b="2")).ok()
    server.patch(path, {"metadata": {"managedFields": [{}]}}).ok()
    assert "managedFields" not in server.get(path).ok()["metadata"]
    server.patch(path, {"data": {"untracked": "x"}}).ok()
    server.apply(path, settings(a="1"), "one").ok()
    return path


@scenario
def the_eleventh_updater_makes_the_oldest_ancient(server: Server, namespace: str) -> str:
    server.create(f"{maps(namespace)}?fieldManager=m00", settings(k00="v")).ok()
    path = f"{maps(namespace)}/settings"
    for number in range(1, 13):
        server.patch(f"{path}?fieldManager=m{number:02}", {"data": {f"k{number:02}": "v"}}).ok()
    return path


@scenario
def an_applied_service_keeps_its_address(server: Server, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/services/web"
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    body["spec"] = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    server.apply(path, body, "one").ok()
    body["spec"]["ports"] = [{"port": 80, "targetPort": 8081}, {"port": 80, "protocol": "UDP", "name": "udp"}]
    body["spec"]["ports"][0]["name"] = "tcp"
    server.apply(path, body, "one").ok()
    return path


@scenario
def a_secret_applied_as_text(server: Server, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/secrets/s"
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    server.apply(path, body | {"stringData": {"a": "1"}, "data": {"b": "Mg=="}}, "one").ok()
    server.patch(f"{path}?fieldManager=rotator", {"stringData": {"a": "2"}}).ok()
    return path


@scenario
def a_daemon_set_counts_its_templates(server: Server, namespace: str) -> str:
    path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/web"
    body = web() | {"kind": "DaemonSet"}
    server.apply(path, body, "one").ok()
    server.patch(f"{path}?fieldManager=p", {"spec": pod_part(image="nginx:2")["spec"]}, STRATEGIC).ok()
    return path


@scenario
def two_versions_of_who_writes_a_label(server: Server, namespace: str) -> str:
    path = f"{deployments(namespace)}/web"
    body = web()
    body["metadata"]["labels"]["team"] = "a"
    server.apply(path, body, "one").ok()
    server.patch(f"{path}?fieldManager=two", {"metadata": {"labels": {"team": "b", "extra": "1"}}}).ok()
    server.apply(path, web(), "one").ok()
    return path


@pytest.mark.e2e
@pytest.mark.parametrize("name", SCENARIOS)
def test_both_servers_end_with_the_same_object_and_owners(
    sandbox_server: Server, real_server: Server, name: str
) -> None:
    ends = []
    for server in (sandbox_server, real_server):
        body = server.get(SCENARIOS[name](server, fresh_namespace(server))).ok()
        entries = managed(body)
        body["metadata"].pop("managedFields", None)
        ends.append((stable(body), entries))
    assert ends[0] == ends[1]
