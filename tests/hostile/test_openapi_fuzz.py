"""OpenAPI documents of any structure, from the index to the check of a manifest: types or a gap, and never a bug."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.kube.type_schema import Schemas, TypeSchema
from gitops_audit.live.http import HttpClient
from gitops_audit.live.json_text import parsed
from gitops_audit.live.openapi import OpenApiDocuments
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema.check import ManifestSchemas
from tests.hostile.structure import broken_texts, mutants, some, text_of

Record = Callable[[str, object], None]
_ADDRESS = "/openapi/v3/apis/example.org/v1?hash=A1"
_INDEX: JsonObject = {"paths": {"apis/example.org/v1": {"serverRelativeURL": _ADDRESS}}}
_META = {"type": "object", "properties": {"name": {"type": "string"}}}
_DOCUMENT: JsonObject = {
    "openapi": "3.0.0",
    "info": {"title": "Kubernetes", "version": "v1.36.0"},
    "paths": {
        "/apis/example.org/v1/widgets": {
            "get": {
                "operationId": "listWidgets",
                "x-kubernetes-action": "list",
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/W"}}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "W": {
                "type": "object",
                "required": ["spec"],
                "x-kubernetes-group-version-kind": [{"group": "example.org", "version": "v1", "kind": "Widget"}],
                "properties": {
                    "metadata": {"allOf": [{"$ref": "#/components/schemas/io.k8s.meta.ObjectMeta"}], "default": {}},
                    "spec": {"$ref": "#/components/schemas/S"},
                    "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                    "raw": {"type": "object", "x-kubernetes-embedded-resource": True},
                    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                    "parts": {
                        "type": "array",
                        "items": {"$ref": "#/components/schemas/P"},
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "x-kubernetes-validations": [{"rule": "self.size() < 5", "message": "too many"}],
                    },
                },
            },
            "S": {
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": "^[a-z]+$", "enum": ["a", "b"], "default": "a"},
                "x-kubernetes-map-type": "granular",
            },
            "P": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 9, "format": "date-time"},
                    "size": {"type": "integer", "format": "int32", "minimum": 0, "exclusiveMaximum": True},
                    "inner": {"$ref": "#/components/schemas/P"},
                    "not": {"not": {"required": ["x"]}, "oneOf": [{"properties": {"x": {"type": "boolean"}}}]},
                },
            },
            "io.k8s.meta.ObjectMeta": _META,
        }
    },
}
_WIDGET: JsonObject = {
    "apiVersion": "example.org/v1",
    "kind": "Widget",
    "metadata": {"name": "w"},
    "spec": {"a": "b"},
    "port": 80,
    "raw": {"apiVersion": "v1", "kind": "Pod", "metadata": {}},
    "any": {"x": [1]},
    "parts": [{"name": "2026-01-01T00:00:00Z", "size": 3, "inner": {"name": "x", "not": {}}}],
}
_NODES = 400


class _Server:
    """Answers the index and one document, as the client of a cluster does."""

    cluster, server = "prod", "https://prod"

    def __init__(self, index: bytes, document: bytes) -> None:
        self._answers = {"/openapi/v3": index, _ADDRESS: document}

    def get_bytes(self, path: str) -> bytes:
        if path not in self._answers:
            raise ClusterError("not there")
        return self._answers[path]

    def get(self, path: str) -> JsonObject:
        try:
            value = parsed(self.get_bytes(path))
        except ValueError:
            raise ClusterError("no JSON") from None
        if not isinstance(value, dict):
            raise ClusterError("no JSON object")
        return value


def _looked_through(found: TypeSchema | None, left: list[None]) -> Iterator[TypeSchema]:
    """Types below a type, as many as `left` allows: they may be without end."""
    if found is None or not left:
        return
    left.pop()
    yield found
    for inner in (found.items, found.additional, *(found.properties[name] for name in found.properties)):
        yield from _looked_through(inner, left)


def _check(index: bytes, document: bytes, cache: Path | None = None) -> None:
    documents = OpenApiDocuments(cast(HttpClient, _Server(index, document)), cache)
    found = Schemas(documents).type_for("example.org", "v1", "Widget")
    for part in _looked_through(found, [None] * _NODES):
        assert isinstance(part.list_keys, tuple)
        assert all(isinstance(word, str) for word in (part.type, part.format, repr(part), *part.list_keys))
    schemas = ManifestSchemas(documents, kubernetes_version="1.36")
    assert all(isinstance(fault.message, str) for fault in schemas.check(_WIDGET))
    schemas.judge_rules(_WIDGET)
    assert schemas.gap(_WIDGET) or found is not None
    documents.failure("example.org", "v1")


def test_the_sample_is_sound() -> None:
    documents = OpenApiDocuments(cast(HttpClient, _Server(text_of(_INDEX), text_of(_DOCUMENT))))
    assert ManifestSchemas(documents).gap(_WIDGET) == ""
    _check(text_of(_INDEX), text_of(_DOCUMENT))


@pytest.mark.parametrize("part", ["paths", "components"])
def test_documents_of_any_structure_are_no_bug(part: str, record_property: Record) -> None:
    found = some(mutants({part: _DOCUMENT[part]}), 100 if part == "paths" else 1200)
    record_property("inputs", len(found))
    for mutant in found:
        body = mutant.body if isinstance(mutant.body, dict) else {}
        _check(text_of(_INDEX), text_of({**_DOCUMENT, **body} if part in body else body))


def test_an_index_of_any_structure_is_no_bug(record_property: Record) -> None:
    found = list(mutants(_INDEX))
    record_property("inputs", len(found))
    for mutant in found:
        _check(text_of(mutant.body), text_of(_DOCUMENT))


def test_documents_of_any_bytes_are_no_bug(tmp_path: Path, record_property: Record) -> None:
    data = json.dumps(_DOCUMENT, indent=1).encode()
    found = [*broken_texts(data, 300), b"", b"null", b"[]", b"\xff\xfe", gzip.compress(data), b"[" * 100_000]
    record_property("inputs", len(found))
    for number, text in enumerate(found):
        _check(text_of(_INDEX), text, tmp_path / str(number % 7))


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


_CYCLES: dict[str, JsonObject] = {
    "itself": {"S": _ref("S")},
    "itself within allOf": {"S": {"allOf": [_ref("S"), _ref("S")]}},
    "each other": {"S": _ref("T"), "T": {"allOf": [_ref("S")]}},
    "items": {"S": {"type": "array", "items": _ref("S")}},
    "additionalProperties": {"S": {"type": "object", "additionalProperties": _ref("S")}},
    "a junction": {"S": {"type": "object", "anyOf": [_ref("S"), {"not": _ref("S")}]}},
    "twice at each level": {f"S{i or ''}": {"allOf": [_ref(f"S{i + 1}")] * 2} for i in range(40)},
    "a chain": {f"S{i or ''}": _ref(f"S{i + 1}") for i in range(5000)},
    "missing": {"S": _ref("nowhere")},
    "elsewhere": {"S": {"$ref": "https://example.org/schema.json"}},
    "a file": {"S": {"$ref": "file:///etc/passwd"}},
    "an escaped name": {"S": _ref("a~1b~0c%2F"), "a/b~c%2F": {"type": "string"}},
    "no text": {"S": {"$ref": 5}},
    "an empty name": {"S": _ref(""), "": {"type": "string"}},
    "the whole document": {"S": {"$ref": "#"}},
    "all components": {"S": {"$ref": "#/components/schemas"}},
}


@pytest.mark.parametrize("schemas", _CYCLES.values(), ids=_CYCLES)
def test_references_that_lead_in_circles_or_nowhere_come_to_an_end(schemas: JsonObject) -> None:
    document = copy.deepcopy(_DOCUMENT)
    document["components"]["schemas"] |= schemas
    _check(text_of(_INDEX), text_of(document))


@pytest.mark.parametrize("levels", [100, 240, 900, 9000])
@pytest.mark.parametrize("key", ["properties", "items", "additionalProperties", "allOf", "not"])
def test_schemas_of_any_depth_are_no_bug(key: str, levels: int) -> None:
    head, tail = {"properties": ('{"a":', "}"), "allOf": ("[", "]")}.get(key, ("", ""))
    opened = f'{{"type":"object","{key}":{head}'
    schema = opened * levels + "{}" + f"{tail}}}" * levels
    text = json.dumps(_DOCUMENT).replace(json.dumps(_DOCUMENT["components"]["schemas"]["S"]), schema)
    _check(text_of(_INDEX), text.encode())


def test_types_are_the_same_from_the_cache(tmp_path: Path) -> None:
    for _ in range(2):
        _check(text_of(_INDEX), text_of(_DOCUMENT), tmp_path)
    assert [copy.stat().st_mode & 0o77 for copy in tmp_path.iterdir()] == [0]
