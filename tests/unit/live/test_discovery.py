from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.discovery import ApiResource, Discovery, discover
from gitops_audit.model.resource import JsonObject

DEPLOYMENT = ApiResource("apps", "v1", "Deployment", "deployments", True, ("get", "list"), ("scale", "status"))
NODE = ApiResource("", "v1", "Node", "nodes", False, ("get", "list"))


def resource(plural: str, kind: str, **more: Any) -> JsonObject:
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["get", "list"]} | more


def group(name: str, *versions: JsonObject) -> JsonObject:
    return {"metadata": {"name": name} if name else {}, "versions": list(versions)}


def aggregated(*groups: JsonObject) -> JsonObject:
    return {"kind": "APIGroupDiscoveryList", "items": list(groups)}


def from_documents(documents: dict[str, Any]) -> Discovery:
    def fetch(path: str) -> JsonObject:
        answer = documents.get(path, ClusterError(f"{path} is down"))
        if isinstance(answer, Exception):
            raise answer
        found: JsonObject = answer
        return found

    return discover(fetch, 2)


AGGREGATED = {
    "/api": aggregated(group("", {"version": "v1", "resources": [resource("nodes", "Node", scope="Cluster")]})),
    "/apis": aggregated(
        group(
            "apps",
            {
                "version": "v1",
                "freshness": "Current",
                "resources": [
                    resource(
                        "deployments", "Deployment", subresources=[{"subresource": s} for s in ("scale", "status")]
                    )
                ],
            },
        ),
        group("metrics.k8s.io", {"version": "v1beta1", "freshness": "Stale"}),
    ),
}

LEGACY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "autoscaling",
                "versions": [{"version": "v1"}, {"version": "v2"}],
                "preferredVersion": {"version": "v2"},
            },
            {"name": "apps", "versions": [{"version": "v1"}]},
            {"name": "metrics.k8s.io", "versions": [{"version": "v1beta1"}]},
        ],
    },
    "/api/v1": {"resources": [{"name": "nodes", "kind": "Node", "namespaced": False, "verbs": ["get", "list"]}]},
    "/apis/apps/v1": {
        "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get", "list"]},
            {"name": "deployments/scale", "kind": "Scale", "namespaced": True, "verbs": ["get"]},
            {"name": "deployments/status", "kind": "Deployment", "namespaced": True, "verbs": ["get"]},
        ]
    },
    **{
        f"/apis/autoscaling/{version}": {
            "resources": [{"name": "hpas", "kind": "HorizontalPodAutoscaler", "namespaced": True}]
        }
        for version in ("v1", "v2")
    },
}


@pytest.mark.parametrize("documents", [AGGREGATED, LEGACY], ids=["aggregated", "legacy"])
def test_both_forms_tell_the_same(documents: dict[str, Any]) -> None:
    found = from_documents(documents)
    assert found.resource("apps", "v1", "Deployment") == DEPLOYMENT
    assert found.resource("", "v1", "Node") == NODE
    assert found.plural("", "v1", "nodes") == NODE
    assert (found.scope("apps", "v1", "Deployment"), found.scope("", "v1", "Node")) == (True, False)
    assert found.scope("apps", "v1", "Scale") is None


@pytest.mark.parametrize("documents", [AGGREGATED, LEGACY], ids=["aggregated", "legacy"])
def test_an_api_that_is_down_is_remembered_and_stops_nothing(documents: dict[str, Any]) -> None:
    found = from_documents(documents)
    assert found.failed("metrics.k8s.io", "v1beta1")
    assert not found.failed("apps", "v1")


def test_the_preferred_version_stands_first() -> None:
    found = from_documents(LEGACY)
    assert [r.version for r in found.versions("autoscaling", "HorizontalPodAutoscaler")] == ["v2", "v1"]
    assert [r.version for r in found.preferred() if r.group == "autoscaling"] == ["v2"]


def test_the_scope_of_a_version_that_is_down_is_that_of_another_one() -> None:
    found = Discovery([DEPLOYMENT], {("apps", "v1beta1"): "down"})
    assert found.scope("apps", "v1beta1", "Deployment") is True
    assert found.scope("apps", "v2", "Deployment") is None


def test_without_an_answer_to_either_root_nothing_is_known() -> None:
    with pytest.raises(ClusterError, match="/apis is down"):
        from_documents({"/api": AGGREGATED["/api"]})


def test_a_recorded_discovery_is_the_same_again() -> None:
    found = from_documents(AGGREGATED)
    again = Discovery.from_json(json.loads(json.dumps(found.to_json())))
    assert list(again) == list(found)
    assert again.failed("metrics.k8s.io", "v1beta1") == found.failed("metrics.k8s.io", "v1beta1")


@pytest.mark.parametrize("value", [{}, {"resources": [[1]], "failed": []}, {"resources": 5, "failed": []}])
def test_a_malformed_recording_of_discovery_is_refused(value: JsonObject) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Discovery.from_json(value)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "APIGroupDiscoveryList", "items": "x"},
        {"kind": "APIGroupDiscoveryList", "items": [1, {"versions": [2, {"resources": [3, {"resource": "x"}]}]}]},
        {},
        {"groups": 5, "versions": []},
    ],
)
def test_a_malformed_document_serves_nothing(document: JsonObject) -> None:
    assert list(from_documents({"/api": document, "/apis": document})) == []
