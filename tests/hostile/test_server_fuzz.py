"""Answers of any structure from a server and of recordings: no bug, and every other object gets its verdict."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_audit.drift.audit_log import Writes
from gitops_audit.errors import ClusterError
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.live.discovery import discover
from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, repository
from tests.hostile.mutation import mutated
from tests.hostile.test_audit_log_gzip_bomb import _EVENT

_FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
_MANY = settings(_FUZZ, max_examples=400)

_CONFIG = "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources: [{name: shop, path: app}]\n"
_CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\ndata: {k: v}\n"
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", env: [{name: A, value: b}]}]}
"""


def _managed(fields: JsonObject) -> list[JsonObject]:
    entry = {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "time": "2026-01-02T03:04:05Z"}
    applied = {**entry, "manager": "argocd-controller", "operation": "Apply"}
    return [{**e, "fieldsType": "FieldsV1", "fieldsV1": copy.deepcopy(fields)} for e in (entry, applied)]


def _live() -> list[JsonObject]:
    container = {"name": "web", "image": "web:2", "env": [{"name": "A", "value": "c"}]}
    containers: JsonObject = {"f:containers": {'k:{"name":"web"}': {".": {}}}}
    owned: JsonObject = {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": containers}}}
    web = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "1",
            "generation": 2,
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": {"app": "web", "app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"replicas":1}}'},
            "ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "2", "controller": True}],
            "managedFields": _managed(owned),
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
        "status": {"observedGeneration": 1, "conditions": [{"type": "Available", "status": "True"}]},
    }
    return [web]


def _sound(name: str) -> JsonObject:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": "v"}}


@dataclass(frozen=True, slots=True)
class _Repository:
    root: Path

    def audited_with(self, live: Any) -> Audited:
        (self.root / "live.json").write_text(json.dumps(live))
        return audited(self.root)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> _Repository:
    files = {"gitops-audit.yaml": _CONFIG, "app/web.yaml": _DEPLOYMENT}
    files |= {f"app/{name}.yaml": _CONFIG_MAP % name for name in ("a", "b")}
    return _Repository(repository(tmp_path_factory.mktemp("fuzz") / "repo", files))


def _bugs(found: Audited) -> list[str]:
    return [e.message for v in found for e in v.unevaluated if e.rule == "GA001"]


@_FUZZ
@given(st.data())
def test_a_live_object_of_any_structure_is_no_bug_and_hides_no_other(shop: _Repository, data: st.DataObject) -> None:
    (web,) = _live()
    for part in ("spec", "status", "metadata"):
        web[part] = mutated(web[part], data.draw) if data.draw(st.booleans()) else web[part]
    web["metadata"] |= {"name": "web", "namespace": "shop"}
    found = shop.audited_with({"apiVersion": "v1", "kind": "List", "items": [_sound("a"), web, _sound("b")]})
    assert _bugs(found) == []
    assert [found.outcomes[f"prod/shop/ConfigMap/shop/{name}"] for name in "ab"] == ["passed", "passed"]
    assert "prod/shop/Deployment.apps/shop/web" in found.outcomes


@_FUZZ
@given(st.data())
def test_a_recording_of_any_structure_is_no_bug(shop: _Repository, data: st.DataObject) -> None:
    document = {"apiVersion": "v1", "kind": "List", "items": [_sound("a"), *_live(), _sound("b")]}
    found = shop.audited_with(mutated(document, data.draw))
    assert _bugs(found) == []
    assert len(found.verdicts) >= 3


_DISCOVERY: dict[str, JsonObject] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {
                "metadata": {"name": "apps"},
                "versions": [
                    {
                        "version": "v1",
                        "freshness": "Current",
                        "resources": [
                            {
                                "resource": "deployments",
                                "responseKind": {"group": "", "version": "", "kind": "Deployment"},
                                "scope": "Namespaced",
                                "verbs": ["get", "list"],
                                "subresources": [{"subresource": "scale"}],
                            }
                        ],
                    }
                ],
            }
        ],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["get", "list"]}],
    },
}


@_MANY
@given(st.data())
def test_discovery_of_any_structure_is_no_bug(data: st.DataObject) -> None:
    documents = copy.deepcopy(_DISCOVERY)
    path = data.draw(st.sampled_from(sorted(documents)))
    documents[path] = mutated(documents[path], data.draw)

    def fetch(path: str) -> JsonObject:
        if path not in documents:
            raise ClusterError("not there")
        return documents[path]

    for api in discover(fetch, 1):
        assert all(isinstance(word, str) for word in (api.group, api.version, api.kind, api.plural, *api.verbs))


_SCHEMA: JsonObject = {
    "components": {
        "schemas": {
            "W": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "example.org", "version": "v1", "kind": "Widget"}],
                "properties": {
                    "spec": {"$ref": "#/components/schemas/S"},
                    "list": {
                        "type": "array",
                        "items": {"allOf": [{"$ref": "#/components/schemas/S"}]},
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                    },
                },
            },
            "S": {"type": "object", "additionalProperties": {"type": "string", "default": "x"}},
        }
    }
}


@_MANY
@given(st.data())
def test_schemas_of_any_structure_are_no_bug(data: st.DataObject) -> None:
    document = mutated(copy.deepcopy(_SCHEMA), data.draw)
    schemas = Schemas(lambda group, version: document)
    schemas.type_for("example.org", "v1", "Widget")


@_MANY
@given(st.data())
def test_events_of_any_structure_are_no_bug(data: st.DataObject) -> None:
    event = mutated(copy.deepcopy(_EVENT) | {"requestURI": "/x?fieldManager=a", "sourceIPs": ["10.0.0.1"]}, data.draw)
    Writes.of([event])
