from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema import ManifestSchemas, offline_documents

pytest.importorskip("kubernetes_validate", reason="the offline extra is not installed")
VALID: list[JsonObject] = list(yaml.safe_load_all((Path(__file__).parent / "valid.yaml").read_text(encoding="utf-8")))
CRD = VALID[0]
SHOP = [body for body in VALID if body["apiVersion"] == "shop.example/v1"]
BUILT_IN = [body for body in VALID if body["apiVersion"] != "shop.example/v1"]
OFFLINE = ManifestSchemas(offline_documents("1.36"), kubernetes_version="1.36")
PLANTED = "correct-horse-battery"


def _shop_document() -> JsonObject:
    """The OpenAPI document a cluster publishes for the custom resource of valid.yaml."""
    schema = copy.deepcopy(CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    schema["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    schema["properties"]["metadata"] = {
        "allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]
    }
    schema["x-kubernetes-group-version-kind"] = [{"group": "shop.example", "version": "v1", "kind": "Gadget"}]
    meta = {"type": "object", "properties": {"name": {"type": "string"}}}
    for key in ("labels", "annotations"):
        meta["properties"][key] = {"type": "object", "additionalProperties": {"type": "string"}}  # type: ignore[index]
    return {
        "components": {
            "schemas": {
                "example.shop.v1.Gadget": schema,
                "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": meta,
            }
        }
    }


CUSTOM = ManifestSchemas(lambda group, version: _shop_document() if group == "shop.example" else None)


def _name(body: JsonObject) -> str:
    return f"{body['kind']}-{body['metadata']['name']}"


def _deployment() -> JsonObject:
    return copy.deepcopy(next(body for body in VALID if body["kind"] == "Deployment"))


def _gadget() -> JsonObject:
    return copy.deepcopy(SHOP[0])


@pytest.mark.parametrize("body", BUILT_IN, ids=_name)
def test_a_valid_manifest_has_no_faults(body: JsonObject) -> None:
    before = copy.deepcopy(body)
    assert OFFLINE.covers(body)
    assert OFFLINE.check(body) == ()
    assert body == before


@pytest.mark.parametrize("body", SHOP, ids=_name)
def test_a_valid_custom_resource_has_no_faults(body: JsonObject) -> None:
    assert CUSTOM.covers(body)
    assert CUSTOM.check(body) == ()


def _put(path: str, value: Any) -> Callable[[JsonObject], None]:
    def change(body: JsonObject) -> None:
        *parents, last = path.split(".")
        node: Any = body
        for step in parents:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[int(last) if isinstance(node, list) else last] = value

    return change


_POD = "spec.template.spec"
BAD_DEPLOYMENTS = [
    (f"{_POD}.contianers", [], "unknown field, did you mean 'containers'?"),
    (f"{_POD}.containers.0.imgae", "x", "unknown field, did you mean 'image'?"),
    ("metadata.label", {}, "unknown field, did you mean 'labels'?"),
    ("zzz", 1, "unknown field"),
    ("spec.replicas", "2", "must be an integer, not a string"),
    ("spec.replicas", 2.5, "must be an integer, not a number"),
    ("spec.replicas", True, "must be an integer, not a boolean"),
    ("spec.replicas", 2**31, "must be at most 2147483647"),
    ("spec.paused", "true", "must be true or false, not a string"),
    ("metadata.labels", ["a"], "must be an object, not a list"),
    ("metadata.labels.n", 1, "must be a string, not an integer"),
    (f"{_POD}.containers", {}, "must be a list, not an object"),
    (f"{_POD}.containers.0.env.0.value", 1, "must be a string, not an integer"),
    (f"{_POD}.containers.0.resources.limits.cpu", "1Q", "must be a quantity such as 500m, 2 or 1Gi"),
    (f"{_POD}.containers.0.resources.limits.cpu", True, "must be a number or a string, not a boolean"),
    ("spec.strategy.rollingUpdate.maxSurge", 1.5, "must be an integer or a string, not a number"),
    ("metadata.creationTimestamp", "yesterday", "must be a valid date-time"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_DEPLOYMENTS)
def test_a_fault_is_told_with_its_field_and_the_remedy(path: str, value: Any, message: str) -> None:
    body = _deployment()
    _put(path, value)(body)
    (fault,) = OFFLINE.check(body)
    assert (fault.pointer, fault.message) == ("/" + path.replace(".", "/"), message)


def test_a_missing_field_is_told_at_the_object_that_lacks_it() -> None:
    body = _deployment()
    del body["spec"]["template"]["spec"]["containers"][0]["name"]
    (fault,) = OFFLINE.check(body)
    assert fault.pointer == "/spec/template/spec/containers/0"
    assert fault.message == "the required field 'name' is missing"


def test_all_faults_of_a_manifest_are_told() -> None:
    body = _deployment()
    _put("spec.replicas", "2")(body)
    _put("spec.selectr", {})(body)
    _put("spec.template.spec.volumes.0.emptyDirr", {})(body)
    assert {fault.pointer for fault in OFFLINE.check(body)} == {
        "/spec/replicas",
        "/spec/selectr",
        "/spec/template/spec/volumes/0/emptyDirr",
    }


def test_a_key_is_escaped_in_its_pointer() -> None:
    body = _deployment()
    body["metadata"]["annotations"] = {"a/b~c": 1}
    assert [fault.pointer for fault in OFFLINE.check(body)] == ["/metadata/annotations/a~1b~0c"]


def test_an_endless_list_of_faults_is_cut() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "data": {str(n): n for n in range(10_000)}}
    assert len(OFFLINE.check(body)) == 50


SECRETS: list[JsonObject] = [
    {"data": {"password": PLANTED}},
    {"data": {"password": [PLANTED]}},
    {"stringData": {"password": {"nested": PLANTED}}},
    {"stringData": [PLANTED]},
    {"type": [PLANTED]},
    {"immutable": PLANTED},
]


@pytest.mark.parametrize("content", SECRETS)
def test_no_message_holds_a_value(content: JsonObject) -> None:
    found = OFFLINE.check({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}} | content)
    assert found
    assert PLANTED not in str(found)


def test_a_redacted_value_is_taken_for_base64() -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "data": {"password": "<redacted:0123456789ab>"}}
    assert OFFLINE.check(body) == ()


BAD_GADGETS = [
    ("spec.zzz", 1, "unknown field"),
    ("spec.half.known.b", 1, "unknown field"),
    ("spec.size", "medium", "must be one of 'small', 'large'"),
    ("spec.size", None, "must be one of 'small', 'large'"),
    ("spec.code", "abc", "must match the pattern ^[a-z]{3}-[0-9]+$"),
    ("spec.code", "abc-1234567", "must have at most 10 characters"),
    ("spec.count", 11, "must be at most 10"),
    ("spec.ratio", 0, "must be more than 0"),
    ("spec.port", [], "must be an integer or a string, not a list"),
    ("spec.tags", ["a", "a"], "must not hold an element twice"),
    ("spec.tags", ["a", None], "must be a string, not null"),
    ("spec.tags", list("abcd"), "must have at most 3 elements"),
    ("spec.labels.a", 1, "must be a string, not an integer"),
    ("spec.choice", {"a": "x", "b": "y"}, "has not one of the forms that the schema allows (oneOf)"),
    ("spec.template", {"kind": "ConfigMap"}, "the required field 'apiVersion' is missing"),
    ("spec.since", "soon", "must be a valid date-time"),
    ("spec.blob", "%", "must be base64"),
    ("spec.list", [{"num": 2**31}], "must be at most 2147483647"),
    ("metadata.lables", {}, "unknown field, did you mean 'labels'?"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_GADGETS)
def test_a_custom_resource_is_held_to_its_schema(path: str, value: Any, message: str) -> None:
    body = _gadget()
    _put(path, value)(body)
    assert message in [fault.message for fault in CUSTOM.check(body)]


@pytest.mark.parametrize(
    "path", ["spec.code", "spec.note", "spec.choice", "spec.labels.k", "spec.list", "spec.template"]
)
def test_null_in_an_optional_field_of_a_custom_resource_is_not_set(path: str) -> None:
    body = _gadget()
    _put(path, None)(body)
    assert CUSTOM.check(body) == ()


def test_a_kind_without_a_schema_is_not_covered() -> None:
    body = {"apiVersion": "shop.example/v9", "kind": "Gadget"}
    assert not CUSTOM.covers(body)
    assert CUSTOM.check(body) == ()


@pytest.mark.parametrize(
    "body", [{}, {"apiVersion": 1, "kind": []}, {"kind": "Pod"}, {"apiVersion": ["v1"], "kind": {}}]
)
def test_what_is_no_object_of_kubernetes_is_not_covered(body: JsonObject) -> None:
    assert not OFFLINE.covers(body)


MALFORMED: list[Any] = [
    None,
    {},
    {"components": []},
    {"components": {"schemas": []}},
    {"components": {"schemas": {"x": 1}}},
]


@pytest.mark.parametrize("document", MALFORMED)
def test_a_malformed_document_has_no_kinds(document: Any) -> None:
    assert not ManifestSchemas(lambda group, version: document).covers(SHOP[0])


def test_a_schema_that_contains_itself_is_followed() -> None:
    text = {"type": "string"}
    node = {
        "type": "object",
        "properties": {"child": {"$ref": "#/components/schemas/x.Node"}, "n": text, "apiVersion": text, "kind": text},
        "x-kubernetes-group-version-kind": [{"group": "x", "version": "v1", "kind": "Node"}],
    }
    schemas = ManifestSchemas(lambda group, version: {"components": {"schemas": {"x.Node": node}}})
    nested: JsonObject = {"n": 1}
    for _ in range(20):
        nested = {"child": nested}
    (fault,) = schemas.check(nested | {"apiVersion": "x/v1", "kind": "Node"})
    assert fault.pointer == "/child" * 20 + "/n"


def _shop_with(spec: Any) -> ManifestSchemas:
    document = _shop_document()
    document["components"]["schemas"]["example.shop.v1.Gadget"]["properties"]["spec"] = spec
    return ManifestSchemas(lambda group, version: document)


def test_a_pattern_that_cannot_be_matched_in_linear_time_is_not_asked_for() -> None:
    text = {"type": "string", "pattern": "(?=a)b"}
    schemas = _shop_with({"type": "object", "properties": {"a": text, "pattern": {"type": "integer"}}})
    body = {"apiVersion": "shop.example/v1", "kind": "Gadget", "metadata": {"name": "g"}}
    assert schemas.check(body | {"spec": {"a": "b", "pattern": 1}}) == ()
    assert [f.pointer for f in schemas.check(body | {"spec": {"a": 1, "pattern": "x"}})] == ["/spec/a", "/spec/pattern"]


@pytest.mark.parametrize("spec", [{"type": "no such type"}, {"type": "string", "maxLength": "many"}])
def test_a_schema_that_makes_no_sense_covers_nothing(spec: JsonObject) -> None:
    assert not _shop_with(spec).covers(SHOP[0])


def test_a_schema_of_endless_depth_covers_nothing() -> None:
    spec: JsonObject = {"type": "string"}
    for _ in range(5000):
        spec = {"type": "array", "items": spec}
    document = {
        "components": {
            "schemas": {
                "x": spec | {"x-kubernetes-group-version-kind": [{"group": "x", "version": "v1", "kind": "Deep"}]}
            }
        }
    }
    assert not ManifestSchemas(lambda group, version: document).covers({"apiVersion": "x/v1", "kind": "Deep"})


def test_a_manifest_of_endless_depth_is_a_fault() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = {"x": deep}
    (fault,) = CUSTOM.check(_gadget() | {"spec": {"size": deep}})
    assert fault.message == "is nested too deeply to be checked"


def test_documents_are_asked_for_once_for_each_kind() -> None:
    asked: list[tuple[str, str]] = []

    def documents(group: str, version: str) -> JsonObject:
        asked.append((group, version))
        return _shop_document()

    schemas = ManifestSchemas(documents)
    for _ in range(3):
        schemas.check(SHOP[0])
    assert asked == [("shop.example", "v1")]
