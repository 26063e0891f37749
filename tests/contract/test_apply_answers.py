"""What a server-side apply is answered: the same on the sandbox and on the real API server."""

from __future__ import annotations

import pytest

from tests.contract.client import APPLY, Answer, Server, managed
from tests.contract.test_ownership import deployments, maps, only, pod_part, web


@pytest.fixture
def path(server: Server, namespace: str) -> str:
    return f"{deployments(namespace)}/web"


def conflict(answer: Answer) -> tuple[str, list[tuple[str, str]]]:
    assert (answer.code, answer.body["reason"]) == (409, "Conflict"), answer.body
    causes = answer.body["details"]["causes"]
    assert {cause["reason"] for cause in causes} == {"FieldManagerConflict"}
    return answer.body["message"], [(cause["field"], cause["message"]) for cause in causes]


def test_another_value_for_an_applied_field_is_a_conflict(server: Server, path: str) -> None:
    server.apply(path, web(replicas=2), "one").ok()
    message, causes = conflict(server.apply(path, only(replicas=3), "two"))
    assert message == 'Apply failed with 1 conflict: conflict with "one": .spec.replicas'
    assert causes == [(".spec.replicas", 'conflict with "one"')]


def test_several_conflicts_are_named_by_manager_and_field(server: Server, path: str) -> None:
    server.apply(path, web(replicas=2), "one").ok()
    body = pod_part(image="nginx:2")
    body["spec"]["replicas"] = 3
    message, causes = conflict(server.apply(path, body, "two"))
    image = '.spec.template.spec.containers[name="web"].image'
    assert message == f'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.replicas\n- {image}'
    assert [field for field, _ in causes] == [".spec.replicas", image]


def test_an_applied_scale_is_owned_by_its_subresource(server: Server, path: str) -> None:
    server.apply(path, web(replicas=1), "one").ok()
    body = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 4}}
    assert server.apply(f"{path}/scale", body, "scaler").code == 409
    server.apply(f"{path}/scale", body, "scaler", force=True).ok()
    found = server.get(path).ok()
    (entry,) = (e for e in managed(found) if e["manager"] == "scaler")
    assert (found["spec"]["replicas"], entry["operation"], entry["subresource"]) == (4, "Apply", "scale")
    assert entry["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


def test_giving_up_what_an_item_needs_is_invalid(server: Server, path: str) -> None:
    body = web()
    body["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    server.apply(path, body, "one").ok()
    server.apply(path, only(template={"spec": {"containers": [{"name": "side", "tty": True}]}}), "two").ok()
    answer = server.apply(path, web(), "one")
    assert answer.code == 422
    assert "spec.template.spec.containers[1].image" in {c["field"] for c in answer.body["details"]["causes"]}


def test_a_conflict_with_an_update_says_in_what_version(server: Server, path: str) -> None:
    server.create(f"{path.rpartition('/')[0]}?fieldManager=creator", web(replicas=2)).ok()
    _, causes = conflict(server.apply(path, only(replicas=3), "two"))
    assert causes[0][1] == 'conflict with "creator" using apps/v1'


def test_the_same_value_is_no_conflict_and_shared(server: Server, path: str) -> None:
    server.apply(path, web(replicas=2), "one").ok()
    body = server.apply(path, only(replicas=2), "two").ok()
    owners = [e["manager"] for e in body["metadata"]["managedFields"] if "f:replicas" in e["fieldsV1"]["f:spec"]]
    assert sorted(owners) == ["one", "two"]


def test_a_dry_run_of_a_conflict_is_a_conflict(server: Server, path: str) -> None:
    server.apply(path, web(replicas=2), "one").ok()
    assert server.apply(path, only(replicas=3), "two", query="&dryRun=All").code == 409


def test_an_applied_field_outside_the_schema_is_refused(server: Server, path: str) -> None:
    answer = server.apply(path, only(replica=1), "one")
    assert answer.code == 500
    assert answer.body["message"].endswith(".spec.replica: field not declared in schema")


def test_a_list_with_the_same_item_twice_is_refused(server: Server, path: str) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    answer = server.apply(path, pod_part(env=env), "one")
    assert answer.code == 500
    assert "duplicate entries for key" in answer.body["message"]


def test_an_apply_needs_a_field_manager(server: Server, path: str) -> None:
    answer = server.patch(path, web(), APPLY)
    assert (answer.code, answer.body["details"]["causes"][0]["field"]) == (422, "fieldManager")


def test_only_an_apply_may_be_forced(server: Server, path: str) -> None:
    server.apply(path, web(), "one").ok()
    answer = server.patch(f"{path}?force=true", {})
    assert (answer.code, answer.body["details"]["causes"][0]["field"]) == (422, "force")


def test_an_applied_configuration_may_not_carry_managed_fields(server: Server, path: str) -> None:
    body = web()
    body["metadata"]["managedFields"] = [{"manager": "x", "operation": "Apply", "apiVersion": "apps/v1"}]
    answer = server.apply(path, body, "one")
    assert (answer.code, answer.body["message"]) == (400, "metadata.managedFields must be nil")


def test_an_applied_configuration_must_name_its_kind(server: Server, path: str) -> None:
    body = {key: value for key, value in web().items() if key != "kind"}
    assert server.apply(path, body, "one").code == 400


def test_yaml_can_be_applied(server: Server, namespace: str) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  day: '2026-01-01'\n"
    answer = server.request("PATCH", f"{maps(namespace)}/settings?fieldManager=m", text, APPLY)
    assert answer.ok()["data"] == {"day": "2026-01-01"}


def test_every_entry_says_when(server: Server, path: str) -> None:
    body = server.apply(path, web(), "one").ok()
    (entry,) = body["metadata"]["managedFields"]
    assert entry["time"].endswith("Z")
    assert (entry["operation"], entry["fieldsType"], entry["apiVersion"]) == ("Apply", "FieldsV1", "apps/v1")
