"""Every object that can be built from the schema of a built-in kind: equal to itself, and never blind to one leaf."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.live.schema import Schemas, TypeSchema
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client

pytestmark = pytest.mark.e2e

DEPTH = 3
SYSTEM = {"apiVersion", "kind", "status"}
KINDS: dict[str, tuple[str, str, str]] = {}


@pytest.fixture(scope="module")
def schemas(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    client = Client(apiserver, tmp_path_factory.mktemp("schemas"))
    documents = {}
    for path in client.request("GET", "/openapi/v3")[1]["paths"]:
        group_version = _group_version(path)
        if group_version is not None:
            documents[group_version] = client.request("GET", f"/openapi/v3/{path}")[1]
    KINDS.update({"/".join(gvk): gvk for d in documents.items() for gvk in _stored_kinds(*d)})
    return Schemas(lambda group, version: documents.get((group, version)))


def _group_version(path: str) -> tuple[str, str] | None:
    parts = path.split("/")
    if (
        len(parts) == 3
        and parts[0] == "apis"
        and parts[1].endswith((".k8s.io", "apps", "batch", "autoscaling", "policy"))
    ):
        return parts[1], parts[2]
    return ("", "v1") if path == "api/v1" else None


def _stored_kinds(group_version: tuple[str, str], document: JsonObject) -> Iterator[tuple[str, str, str]]:
    for node in document["components"]["schemas"].values():
        metadata = json.dumps(node.get("properties", {}).get("metadata", ""))
        for gvk in node.get("x-kubernetes-group-version-kind", ()):
            if "ObjectMeta" in metadata and (gvk["group"], gvk["version"]) == group_version:
                yield gvk["group"], gvk["version"], gvk["kind"]


def populated(schema: TypeSchema, name: str, above: tuple[TypeSchema, ...] = ()) -> Any:
    """A value with every field filled, as deep as a type does not repeat itself."""
    if schema.is_quantity or schema.is_int_or_string:
        return "100m" if schema.is_quantity else 1
    if schema.type == "array":
        return _elements(schema, name, above)
    if schema.type == "object" or schema.properties:
        return _struct(schema, above)
    return _scalar(schema, name)


def _struct(schema: TypeSchema, above: tuple[TypeSchema, ...]) -> JsonObject:
    if above.count(schema) >= DEPTH - 1:
        return {}
    inside = (*above, schema)
    if schema.additional is not None:
        return {key: populated(schema.additional, key, inside) for key in ("one", "a.b/c")}
    return {name: populated(inner, name, inside) for name, inner in schema.properties.items()}


def _elements(schema: TypeSchema, name: str, above: tuple[TypeSchema, ...]) -> list[Any]:
    assert schema.items is not None
    found = [populated(schema.items, name, above) for _ in range(2)]
    if schema.list_type == "map":
        found[1] = found[1] | {key: mutated(found[1][key]) for key in schema.list_keys}
    elif schema.list_type == "set":
        found[1] = mutated(found[1])
    return found


def _scalar(schema: TypeSchema, name: str) -> Any:
    if schema.format == "date-time":
        return "2024-01-01T00:00:00Z"
    if schema.format == "byte":
        return "AAEC"
    return {"integer": 3, "number": 1.5, "boolean": True}.get(schema.type, f"a {name}")


def mutated(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"100m": "200m", "AAEC": "AAED", "2024-01-01T00:00:00Z": "2025-01-01T00:00:00Z"}.get(value, f"{value}!")


Step = str | int


def leaves(value: Any, schema: TypeSchema, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], bool]]:
    """Every scalar by its path, and whether it identifies the element of a list that holds it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, schema.field(name) or schema, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for found, is_key in leaves(inner, schema.items or schema, (*path, index)):
                is_own_key = len(found) == len(path) + 2 and found[-1] in schema.list_keys
                yield found, is_key or schema.list_type == "set" or (schema.list_type == "map" and is_own_key)
    else:
        yield path, False


def with_leaf(body: JsonObject, path: tuple[Step, ...]) -> JsonObject:
    changed: Any = copy.deepcopy(body)
    target = changed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = mutated(target[path[-1]])
    found: JsonObject = changed
    return found


def resource(gvk: tuple[str, str, str], body: JsonObject) -> Declared:
    return Declared(ResourceKey("c", gvk[0], gvk[2], "ns", "n"), "s", gvk[1], body, Origin("f.yaml", 1))


def built(schemas: Schemas, gvk: tuple[str, str, str]) -> tuple[JsonObject, TypeSchema]:
    schema = schemas.type_for(*gvk)
    assert schema is not None
    body = _struct(schema, ()) | {"apiVersion": "/".join(filter(None, gvk[:2])), "kind": gvk[2]}
    for inner in ("ownerReferences", "managedFields"):
        body["metadata"].pop(inner, None)
    return body, schema


def comparable(body: JsonObject, schema: TypeSchema) -> list[tuple[tuple[Step, ...], bool]]:
    metadata = {"labels", "annotations", "finalizers"}
    return [
        (path, is_key)
        for path, is_key in leaves(body, schema)
        if path[0] not in SYSTEM and (path[0] != "metadata" or path[1] in metadata)
        if not (path[0] == "rules" and "aggregationRule" in body)
    ]


COMPARER = Comparer(DriftConfig(), today=date(2026, 1, 1))


def test_every_populated_object_equals_itself(schemas: Schemas) -> None:
    assert len(KINDS) > 60
    for gvk in KINDS.values():
        body, schema = built(schemas, gvk)
        before = copy.deepcopy(body)
        drift = COMPARER.compare(resource(gvk, body), copy.deepcopy(body), schema)
        assert (drift.status, drift.changes) == ("in-sync", ()), gvk
        assert body == before


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_leaf_is_one_finding_at_its_place(schemas: Schemas, data: st.DataObject) -> None:
    gvk = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    body, schema = built(schemas, gvk)
    choices = comparable(body, schema)
    if not choices:
        return
    path, is_key = choices[data.draw(st.integers(0, len(choices) - 1))]
    drift = COMPARER.compare(resource(gvk, body), with_leaf(body, path), schema)
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
    assert drift.status == "modified", pointer
    assert len(drift.changes) == 1, [c.path for c in drift.changes]
    found = drift.changes[0]
    is_element = is_key and found.type == "removed" and pointer.startswith(f"{found.pointer}/")
    assert found.pointer == pointer or is_element, pointer


def test_no_schema_is_needed_for_an_object_to_equal_itself(schemas: Schemas) -> None:
    for gvk in KINDS.values():
        body, _ = built(schemas, gvk)
        assert COMPARER.compare(resource(gvk, body), copy.deepcopy(body), None).status == "in-sync", gvk
