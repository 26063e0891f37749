"""A custom resource is checked by its definition, wherever that is declared; where there is none, a note says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, repository
from tests.recording import write_recording

CONFIG = "version: 1\nsources: [{name: s, path: app, namespace: shop}]\n"
APART = "version: 1\nsources: [{name: s, path: app, namespace: shop}, {name: definitions, path: crds}]\n"
RECORDED = "version: 1\nclusters: {c: {snapshot: live.json}}\nsources: [{name: s, path: app, namespace: shop}]\n"
GADGET = "Gadget.parts.example/shop/one"
SPEC: JsonObject = {
    "type": "object",
    "required": ["size", "colour"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 4},
        "rest": {"type": "string", "nullable": True},
        "port": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "inner": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    },
}


def definition(spec: Any = None, **version: Any) -> JsonObject:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC if spec is None else spec}}}
    served = {"name": "v1", "served": True, "storage": True, "schema": schema} | version
    names = {"kind": "Gadget", "plural": "gadgets", "singular": "gadget", "listKind": "GadgetList"}
    body = {"group": "parts.example", "scope": "Namespaced", "names": names, "versions": [served]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.parts.example"},
        "spec": body,
    }


def gadget(spec: Any, version: str = "v1") -> JsonObject:
    return {"apiVersion": f"parts.example/{version}", "kind": "Gadget", "metadata": {"name": "one"}, "spec": spec}


def run(root: Path, *bodies: JsonObject, config: str = CONFIG, crd: JsonObject | None = None) -> Audited:
    files = {"gitops-audit.yaml": config, "app/a.yaml": yaml.safe_dump_all(bodies, sort_keys=False)}
    if crd is not None:
        files |= {"crds/crd.yaml": yaml.safe_dump(crd)}
    return audited(repository(root, files))


def faults(found: Audited) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for verdict in found for fault in verdict.found("schema")]


VALID = [
    {"size": 1},
    {"size": 9, "colour": "blue", "code": "ab", "rest": None, "port": 80, "free": {"a": [1]}, "tags": ["a", "b"]},
    {"size": 2, "port": "http", "inner": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}},
]
INVALID = [
    ({"size": "x"}, "spec.size", "must be an integer, not a string"),
    ({"size": 10}, "spec.size", "must be at most 9"),
    ({"size": 0}, "spec.size", "must be at least 1"),
    ({"size": 1, "colour": "green"}, "spec.colour", "must be one of 'red', 'blue'"),
    ({"size": 1, "code": "A"}, "spec.code", "must match the pattern ^[a-z]+$"),
    ({"size": 1, "code": "abcde"}, "spec.code", "must have at most 4 characters"),
    ({"size": 1, "sise": 2}, "spec.sise", "unknown field, did you mean 'size'?"),
    ({"colour": "red"}, "spec", "the required field 'size' is missing"),
    ({"size": 1, "port": [80]}, "spec.port", "must be an integer or a string, not a list"),
    ({"size": 1, "inner": {"kind": "ConfigMap"}}, "spec.inner", "the required field 'apiVersion' is missing"),
    ({"size": 1, "tags": ["a", "a"]}, "spec.tags", "must not hold an element twice"),
]


@pytest.mark.parametrize("spec", VALID)
def test_what_the_definition_allows_passes(tmp_path: Path, spec: JsonObject) -> None:
    found = run(tmp_path, definition(), gadget(spec))
    assert set(found.outcomes.values()) == {"passed"}, faults(found)
    assert found.finished.notes == ()


@pytest.mark.parametrize(("spec", "path", "message"), INVALID)
def test_what_the_definition_forbids_is_invalid(tmp_path: Path, spec: JsonObject, path: str, message: str) -> None:
    found = run(tmp_path, definition(), gadget(spec))
    assert faults(found) == [(path, message)]
    assert found.exit_code == 1


def test_the_definition_may_be_declared_in_another_source(tmp_path: Path) -> None:
    found = run(tmp_path, gadget({"size": "x"}), config=APART, crd=definition())
    assert faults(found) == [("spec.size", "must be an integer, not a string")]


def test_a_version_that_the_definition_does_not_serve_is_invalid(tmp_path: Path) -> None:
    found = run(tmp_path, definition(), gadget({"size": 1}, version="v2"))
    message = "the CustomResourceDefinition gadgets.parts.example serves v1 only"
    assert faults(found) == [("apiVersion", message)]


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "object", "properties": {"size": {"type": "string", "pattern": "(["}}},
        {"type": "object", "properties": {"size": {"$ref": "#/definitions/x"}}},
        {"type": "object", "properties": {"size": {}}},
        {"type": "array"},
        {"properties": {"size": {"type": "integer"}}},
    ],
)
def test_by_an_invalid_definition_nothing_is_checked_and_the_note_says_why(tmp_path: Path, spec: JsonObject) -> None:
    found = run(tmp_path, definition(spec), gadget({"size": 1}))
    verdict = found.verdicts[f"git/s/{GADGET}"]
    assert verdict.unchecked.startswith("its CustomResourceDefinition gadgets.parts.example is invalid: ")
    expected = f"manifests were not checked against schemas: 1 of Gadget.parts.example; {verdict.unchecked}"
    assert expected in found.finished.notes


def test_kinds_without_a_schema_are_named_with_their_number(tmp_path: Path) -> None:
    other = gadget({}) | {"kind": "Gizmo"}
    found = run(tmp_path, gadget({}), gadget({}) | {"metadata": {"name": "two"}}, other)
    assert found.finished.notes[0] == (
        "manifests were not checked against schemas: 2 of Gadget.parts.example, 1 of Gizmo.parts.example; "
        "no schema of it is known, its CustomResourceDefinition is not declared"
    )


def test_a_recording_without_types_is_checked_by_the_schemas_of_kubernetes(tmp_path: Path) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selectr": {"a": "b"}}}
    live = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}}
    write_recording(tmp_path / "live.json", live)
    found = run(tmp_path, service, config=RECORDED)
    assert ("spec.selectr", "unknown field, did you mean 'selector'?") in faults(found)


def test_a_recording_is_checked_by_the_definitions_in_it(tmp_path: Path) -> None:
    live = gadget({"size": 1})
    live["metadata"]["namespace"] = "shop"
    write_recording(tmp_path / "live.json", live, definition())
    found = run(tmp_path, gadget({"size": "x"}), config=RECORDED)
    assert faults(found) == [("spec.size", "must be an integer, not a string")]
