"""Custom resources: a definition serves its kind, with its schema's types, defaults, pruning and list types."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.client import STRATEGIC, Answer, Server, managed
from tests.contract.conftest import fresh_namespace
from tests.contract.test_samples import stable
from tests.e2e.apiserver import missing_reason

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1, "maximum": 9},
                "ratio": {"type": "number"},
                "mode": {"type": "string", "enum": ["fast", "safe"], "default": "safe"},
                "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                "port": {"x-kubernetes-int-or-string": True},
                "note": {"type": "string", "nullable": True},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "plain": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                "rules": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "protocol"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string"},
                            "protocol": {"type": "string", "default": "TCP"},
                            "weight": {"type": "integer", "default": 1},
                            "more": {"type": "object", "properties": {"a": {"type": "string"}}},
                        },
                    },
                },
                "whole": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                },
            },
        },
        "status": {"type": "object", "properties": {"ready": {"type": "integer"}}},
    },
}
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Gizmos:
    """A served definition. `path` is its collection in a namespace of the test's own."""

    server: Server
    group: str
    path: str

    def body(self, name: str = "one", **spec: Any) -> dict[str, Any]:
        header = {"apiVersion": f"{self.group}/v1", "kind": "Gizmo", "metadata": {"name": name}}
        return header | {"spec": {"size": 3} | spec}

    def create(self, **spec: Any) -> Answer:
        return self.server.create(f"{self.path}?fieldManager=creator", self.body(**spec))

    def apply(self, manager: str, *, force: bool = False, **spec: Any) -> Answer:
        return self.server.apply(f"{self.path}/one", self.body(**spec), manager, force=force)


def definition(group: str, **spec: Any) -> dict[str, Any]:
    subresources: dict[str, Any] = {"status": {}}
    subresources["scale"] = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.ready"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}}
    names = {"plural": "gizmos", "kind": "Gizmo", "shortNames": ["gz"]}
    body = {
        "group": group,
        "scope": "Namespaced",
        "names": names,
        "versions": [version | {"subresources": subresources}],
    }
    metadata = {"name": f"gizmos.{group}"}
    header = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata}
    return header | {"spec": body | spec}


def serve(server: Server, group: str) -> Gizmos:
    server.create(DEFINITIONS, definition(group)).ok()
    path = f"/apis/{group}/v1/namespaces/{fresh_namespace(server)}/gizmos"
    eventually(lambda: server.get(path).code == 200)
    return Gizmos(server, group, path)


def eventually(is_so: Callable[[], bool]) -> None:
    """The controllers of a real server take a moment."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def both(request: pytest.FixtureRequest, sandbox_server: Server) -> dict[str, Gizmos]:
    """The definition, served by each server that tests of this module ask."""
    servers = [sandbox_server]
    if not missing_reason() and any(
        i.get_closest_marker("e2e") for i in request.session.items if i.path == request.path
    ):
        servers.append(request.getfixturevalue("real_server"))
    return {server.name: serve(server, "contract.example.com") for server in servers}


@pytest.fixture
def gizmos(server: Server, both: dict[str, Gizmos]) -> Gizmos:
    """Each test has its own namespace."""
    known = both[server.name]
    return Gizmos(server, known.group, f"/apis/{known.group}/v1/namespaces/{fresh_namespace(server)}/gizmos")


def test_a_definition_is_established(gizmos: Gizmos) -> None:
    found = gizmos.server.get(f"{DEFINITIONS}/gizmos.{gizmos.group}").ok()
    conditions = {c["type"]: c["status"] for c in found["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert found["status"]["acceptedNames"]["kind"] == "Gizmo"


def test_discovery_lists_the_new_kind(gizmos: Gizmos) -> None:
    path = f"/apis/{gizmos.group}/v1"
    eventually(lambda: gizmos.server.get(path).code == 200)
    resources = {r["name"]: r for r in gizmos.server.get(path).ok()["resources"]}
    assert set(resources) == {"gizmos", "gizmos/scale", "gizmos/status"}
    assert resources["gizmos"]["shortNames"] == ["gz"]


def test_the_openapi_document_carries_the_schema(gizmos: Gizmos) -> None:
    eventually(lambda: f"apis/{gizmos.group}/v1" in gizmos.server.get("/openapi/v3").ok()["paths"])
    index = gizmos.server.get("/openapi/v3").ok()["paths"]
    document = gizmos.server.get(index[f"apis/{gizmos.group}/v1"]["serverRelativeURL"]).ok()
    schema = document["components"]["schemas"]["com.example.contract.v1.Gizmo"]
    assert schema["x-kubernetes-group-version-kind"] == [{"group": gizmos.group, "kind": "Gizmo", "version": "v1"}]
    spec = schema["properties"]["spec"]["properties"]
    assert spec["port"]["x-kubernetes-int-or-string"] is True
    assert spec["rules"]["x-kubernetes-list-map-keys"] == ["name", "protocol"]
    assert spec["free"]["x-kubernetes-preserve-unknown-fields"] is True
    assert "$ref" in str(schema["properties"]["metadata"])


def test_defaults_are_filled_in_and_unknown_fields_pruned(gizmos: Gizmos) -> None:
    answer = gizmos.create(unknown=1, rules=[{"name": "a", "extra": 1}], free={"any": {"thing": [1]}})
    spec = answer.ok()["spec"]
    assert spec["mode"] == "safe"
    assert spec["rules"] == [{"name": "a", "protocol": "TCP", "weight": 1}]
    assert spec["free"] == {"any": {"thing": [1]}}
    assert "unknown" not in spec
    assert 'unknown field \\"spec.unknown\\"' in answer.headers["Warning"]


@pytest.mark.parametrize("port", [80, "http"])
def test_int_or_string_takes_both(gizmos: Gizmos, port: int | str) -> None:
    assert gizmos.create(port=port).ok()["spec"]["port"] == port


def test_null_is_kept_only_where_it_may_be(gizmos: Gizmos) -> None:
    spec = gizmos.create(note=None, mode=None).ok()["spec"]
    assert (spec["note"], spec["mode"]) == (None, "safe")


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"size": "3"}, "spec.size", "FieldValueTypeInvalid"),
        ({"size": 0}, "spec.size", "FieldValueInvalid"),
        ({"size": 10}, "spec.size", "FieldValueInvalid"),
        ({"mode": "slow"}, "spec.mode", "FieldValueNotSupported"),
        ({"code": "ABC"}, "spec.code", "FieldValueInvalid"),
        ({"code": "abcdef"}, "spec.code", "FieldValueTooLong"),
        ({"port": True}, "spec.port", "FieldValueTypeInvalid"),
        ({"labels": {"a": 1}}, "spec.labels.a", "FieldValueTypeInvalid"),
        ({"rules": [{"weight": 1}]}, "spec.rules[0].name", "FieldValueRequired"),
        ({"plain": ["a", "b", "c", "d"]}, "spec.plain", "FieldValueTooMany"),
        ({"tags": ["a", "a"]}, "spec.tags[1]", "FieldValueDuplicate"),
    ],
)
def test_what_the_schema_forbids_is_invalid(gizmos: Gizmos, spec: dict[str, Any], field: str, reason: str) -> None:
    answer = gizmos.create(**spec)
    assert answer.code == 422, answer.body
    assert (field, reason) in {(cause["field"], cause["reason"]) for cause in answer.body["details"]["causes"]}


def test_a_missing_required_part_is_invalid(gizmos: Gizmos) -> None:
    body = {key: value for key, value in gizmos.body().items() if key != "spec"}
    answer = gizmos.server.create(gizmos.path, body)
    assert answer.code == 422
    assert answer.body["details"]["causes"][0]["field"] == "spec"


def test_strategic_patches_do_not_exist_for_custom_resources(gizmos: Gizmos) -> None:
    gizmos.create().ok()
    assert gizmos.server.patch(f"{gizmos.path}/one", {}, STRATEGIC).code == 415


def test_status_and_spec_are_written_apart(gizmos: Gizmos) -> None:
    body = gizmos.body() | {"status": {"ready": 7}}
    assert "status" not in gizmos.server.create(gizmos.path, body).ok()
    patched = gizmos.server.patch(f"{gizmos.path}/one/status", {"status": {"ready": 2}, "spec": {"size": 5}}).ok()
    assert (patched["status"], patched["spec"]["size"], patched["metadata"]["generation"]) == ({"ready": 2}, 3, 1)


def test_scale_follows_the_paths_of_the_definition(gizmos: Gizmos) -> None:
    gizmos.create().ok()
    assert gizmos.server.get(f"{gizmos.path}/one/scale").ok()["spec"] == {"replicas": 3}
    gizmos.server.patch(f"{gizmos.path}/one/scale", {"spec": {"replicas": 8}}).ok()
    assert gizmos.server.get(f"{gizmos.path}/one").ok()["spec"]["size"] == 8


def test_items_of_a_list_carry_their_kind(gizmos: Gizmos) -> None:
    gizmos.create().ok()
    listed = gizmos.server.get(gizmos.path).ok()
    assert listed["kind"] == "GizmoList"
    assert listed["items"][0]["kind"] == "Gizmo"


def test_a_deleted_definition_is_served_no_longer(server: Server) -> None:
    gizmos = serve(server, f"gone{next(_NUMBERS)}.example.com")
    gizmos.create().ok()
    server.request("DELETE", f"{DEFINITIONS}/gizmos.{gizmos.group}").ok()
    eventually(lambda: server.get(gizmos.path).code == 404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"versions": []}, "spec.versions"),
        ({"names": {"plural": "others", "kind": "Gizmo"}}, "metadata.name"),
    ],
)
def test_a_broken_definition_is_invalid(server: Server, change: dict[str, Any], field: str) -> None:
    answer = server.create(DEFINITIONS, definition("broken.example.com", **change))
    assert answer.code == 422
    assert field in {cause["field"] for cause in answer.body["details"]["causes"]}


def created(gizmos: Gizmos) -> None:
    gizmos.create(rules=[{"name": "a"}], tags=["x"], plain=["y"], free={"a": {"b": 1}}, labels={"k": "v"}).ok()


def merged_lists(gizmos: Gizmos) -> None:
    gizmos.apply("one", rules=[{"name": "a", "weight": 2}], tags=["x", "y"], plain=["p"]).ok()
    gizmos.apply("two", rules=[{"name": "b"}, {"name": "a", "protocol": "UDP"}], tags=["z", "x"]).ok()


def given_up_items(gizmos: Gizmos) -> None:
    gizmos.apply("one", rules=[{"name": "a"}, {"name": "b", "more": {"a": "1"}}], tags=["x", "y"]).ok()
    gizmos.apply("one", rules=[{"name": "b"}], tags=["y"]).ok()


def atomic_parts(gizmos: Gizmos) -> None:
    gizmos.apply("one", plain=["a"], whole={"a": "1", "b": "2"}).ok()
    gizmos.apply("two", force=True, plain=["b"], whole={"a": "3"}).ok()


def free_form(gizmos: Gizmos) -> None:
    gizmos.apply("one", free={"a": {"b": 1, "c": [1, 2]}, "d": {}}).ok()
    gizmos.apply("two", free={"a": {"e": "x"}}).ok()
    gizmos.apply("one", free={"a": {"b": 1}}).ok()


def everything_given_up(gizmos: Gizmos) -> None:
    gizmos.apply("one", labels={"a": "1"}, free={"x": {"y": 1}}, rules=[{"name": "a"}], tags=["t"]).ok()
    gizmos.apply("one").ok()


def a_controller_in_the_status(gizmos: Gizmos) -> None:
    gizmos.apply("one").ok()
    path = f"{gizmos.path}/one/status?fieldManager=controller"
    gizmos.server.patch(path, {"status": {"ready": 1}}).ok()


def a_default_given_up(gizmos: Gizmos) -> None:
    gizmos.apply("one", mode="fast").ok()
    gizmos.apply("one").ok()


def scaled_by_another(gizmos: Gizmos) -> None:
    gizmos.apply("one").ok()
    gizmos.server.patch(f"{gizmos.path}/one/scale?fieldManager=scaler", {"spec": {"replicas": 5}}).ok()


PLAYS = [
    created,
    merged_lists,
    given_up_items,
    atomic_parts,
    free_form,
    everything_given_up,
    a_controller_in_the_status,
    a_default_given_up,
    scaled_by_another,
]


@pytest.fixture(scope="module")
def pair(sandbox_server: Server, real_server: Server) -> list[Gizmos]:
    return [serve(server, "pair.example.com") for server in (sandbox_server, real_server)]


@pytest.mark.e2e
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.__name__)
def test_both_servers_end_with_the_same_custom_object(pair: list[Gizmos], play: Any) -> None:
    ends = []
    for known in pair:
        path = f"/apis/{known.group}/v1/namespaces/{fresh_namespace(known.server)}/gizmos"
        gizmos = Gizmos(known.server, known.group, path)
        play(gizmos)
        body = known.server.get(f"{path}/one").ok()
        entries = managed(body)
        body["metadata"].pop("managedFields")
        ends.append((stable(body), entries))
    assert ends[0] == ends[1]
