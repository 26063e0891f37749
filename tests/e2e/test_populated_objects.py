"""Every object that can be built from the schema of a built-in kind: equal to itself, and never blind to one leaf."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.kube.shape import of_kind
from gitops_audit.kube.type_schema import Schemas, TypeSchema
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.populated import Leaf, Populated, kinds, mutated
from tests.e2e.truth_server import Client

pytestmark = pytest.mark.e2e

COMPARER = Comparer(DriftConfig(), today=date(2026, 1, 1))
BORN, LATER = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
GROUPS_WITHOUT_A_DOT = ("apps", "batch", "autoscaling", "policy")


@pytest.fixture(scope="module")
def objects(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> list[Populated]:
    client = Client(apiserver, tmp_path_factory.mktemp("schemas"))
    documents = {}
    for path in client.request("GET", "/openapi/v3")[1]["paths"]:
        group_version = built_in(path)
        if group_version is not None:
            documents[group_version] = client.request("GET", f"/openapi/v3/{path}")[1]
    schemas = Schemas(lambda group, version: documents.get((group, version)))
    return [Populated.of(schemas, gvk) for gvk in kinds(documents)]


def built_in(path: str) -> tuple[str, str] | None:
    """The group and version of a document of the built-in APIs."""
    parts = path.split("/")
    if len(parts) == 3 and parts[0] == "apis" and (parts[1].endswith(".k8s.io") or parts[1] in GROUPS_WITHOUT_A_DOT):
        return parts[1], parts[2]
    return ("", "v1") if path == "api/v1" else None


@contextmanager
def without(tree: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    """The parent of a value, as long as the value is taken out of it."""
    for step in path[:-1]:
        tree = tree[step]
    taken = tree.pop(path[-1])
    try:
        yield tree
    finally:
        tree[path[-1]] = taken


def is_told(drift: Drift, kind: str, leaf: Leaf) -> bool:
    """Whether there is this one finding: at the leaf, or at the element that it identifies."""
    if drift.status != "modified" or len(drift.changes) != 1:
        return False
    found = drift.changes[0]
    is_element = leaf.is_key and found.type == "removed" and f"{leaf.pointer}/".startswith(f"{found.pointer}/")
    return is_element or (found.type == kind and found.pointer == leaf.pointer)


def blind(objects: list[Populated], one: Any) -> list[str]:
    """Where a way of changing one leaf is not told as it should; `one` gives the wrong leaves of an object."""
    return [f"{thing.gvk}{leaf.pointer}: {found}" for thing in objects for leaf, found in one(thing)]


def test_there_are_objects_of_all_kinds_with_all_their_fields(objects: list[Populated]) -> None:
    assert len(objects) > 60
    assert sum(len(thing.leaves()) for thing in objects) > 8_000


def test_every_object_equals_itself_with_a_schema_and_without(objects: list[Populated]) -> None:
    for thing in objects:
        before = copy.deepcopy(thing.body)
        for schema in (thing.schema, None):
            drift = COMPARER.compare(thing.resource(thing.body), copy.deepcopy(thing.body), schema)
            assert (drift.status, drift.changes) == ("in-sync", ()), thing.gvk
        assert thing.body == before


def test_the_outlines_for_recordings_without_types_say_what_the_types_say(objects: list[Populated]) -> None:
    outlines = [(thing, outline) for thing in objects if (outline := of_kind(*thing.gvk)) is not None]
    assert len(outlines) > 15
    for thing, outline in outlines:
        assert list(unlike(outline, thing.schema, ())) == [], thing.gvk


def unlike(outline: TypeSchema, schema: TypeSchema, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The fields of an outline that are no such list or map in the type."""
    if (outline.list_type, outline.list_keys, outline.is_map) != (schema.list_type, schema.list_keys, schema.is_map):
        yield path
    inner, other = outline.items or outline, schema.items or schema
    for name, found in inner.properties.items():
        yield from unlike(found, other.properties[name], (*path, name))


def test_every_changed_leaf_is_one_finding_at_its_place(objects: list[Populated]) -> None:
    def wrong(thing: Populated) -> Iterator[tuple[Leaf, Any]]:
        live = copy.deepcopy(thing.body)
        for leaf in thing.leaves():
            with changed(live, leaf):
                drift = COMPARER.compare(thing.resource(thing.body), live, thing.schema)
            if not is_told(drift, "changed", leaf):
                yield leaf, drift

    assert blind(objects, wrong) == []


@contextmanager
def changed(tree: Any, leaf: Leaf) -> Iterator[None]:
    for step in leaf.path[:-1]:
        tree = tree[step]
    before = tree[leaf.path[-1]]
    tree[leaf.path[-1]] = mutated(before)
    yield
    tree[leaf.path[-1]] = before


def in_structs(thing: Populated) -> Iterator[Leaf]:
    """The leaves that can be left out: an element of a list cannot, without the others taking its place."""
    return (leaf for leaf in thing.leaves() if isinstance(leaf.path[-1], str))


def test_every_removed_leaf_is_one_finding_at_its_place(objects: list[Populated]) -> None:
    def wrong(thing: Populated) -> Iterator[tuple[Leaf, Any]]:
        live = copy.deepcopy(thing.body)
        for leaf in in_structs(thing):
            with without(live, leaf.path):
                drift = COMPARER.compare(thing.resource(thing.body), live, thing.schema)
            if not is_told(drift, "removed", leaf):
                yield leaf, drift

    assert blind(objects, wrong) == []


def entry(thing: Populated, manager: str, operation: str, time: str, trie: JsonObject) -> JsonObject:
    version = thing.body["apiVersion"]
    return {"manager": manager, "operation": operation, "apiVersion": version, "time": time, "fieldsV1": trie}


def is_ambiguous(thing: Populated, leaf: Leaf) -> bool:
    """Where a value is exactly what the server itself writes there, so that nobody need have put it there."""
    path = [step for step in leaf.path if isinstance(step, str)]
    return thing.gvk[2:] + tuple(path[:3]) in {
        ("LimitRange", "spec", "limits", "default"),  # equal to the maximum
        ("LimitRange", "spec", "limits", "defaultRequest"),
        ("Service", "spec", "allocateLoadBalancerNodePorts"),  # true, as for every load balancer
        ("Secret", "stringData", "one"),  # never stored under this name
        ("Secret", "stringData", "a.b/c"),
    }


def is_in_another_pod(thing: Populated, leaf: Leaf) -> bool:
    """Nine kinds hold the same pod: ownership, which takes the most time, is tried on that of a Deployment."""
    kind = thing.gvk[2]
    return kind != "Deployment" and ("/template/spec/" in leaf.pointer or (kind == "Pod" and leaf.path[0] == "spec"))


def undeclared(objects: list[Populated], kind: str) -> list[str]:
    """The leaves that are not told as `kind` where Git does not declare them and an owner is recorded."""

    def wrong(thing: Populated) -> Iterator[tuple[Leaf, Any]]:
        declared, live, trie = copy.deepcopy(thing.body), copy.deepcopy(thing.body), thing.ownership()
        intent = entry(thing, "kustomize-controller", "Apply", BORN, trie)
        for leaf in in_structs(thing):
            if leaf.is_key or is_ambiguous(thing, leaf) or is_in_another_pod(thing, leaf):
                continue
            owned = thing.owned(leaf.path)
            edit = entry(thing, "kubectl-edit", "Update", LATER, chain(owned))
            live["metadata"]["managedFields"] = [intent, edit] if kind == "added" else [intent]
            with without(declared, leaf.path):
                drift = compared(thing, declared, live, trie, owned if kind == "added" else [])
            if not is_told(drift, kind, leaf):
                yield leaf, drift

    return blind(objects, wrong)


def compared(thing: Populated, declared: JsonObject, live: JsonObject, trie: JsonObject, lost: list[str]) -> Drift:
    """The drift where the deployer lost what it owned at `lost`, as it does to who writes there."""
    if not lost:
        return COMPARER.compare(thing.resource(declared), live, thing.schema)
    with without(trie, tuple(lost)):
        return COMPARER.compare(thing.resource(declared), live, thing.schema)


def chain(keys: list[str]) -> JsonObject:
    trie: JsonObject = {}
    for key in reversed(keys):
        trie = {key: trie}
    return trie


def test_every_leaf_added_by_hand_is_one_finding_at_its_place(objects: list[Populated]) -> None:
    assert undeclared(objects, "added") == []


def test_every_leaf_that_git_gave_up_is_one_finding_at_its_place(objects: list[Populated]) -> None:
    assert undeclared(objects, "stale") == []
