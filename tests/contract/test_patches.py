"""Patches of every kind: the same on the sandbox and on the real API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.client import JSON_PATCH, STRATEGIC, Server
from tests.contract.test_objects import deployment

QUANTITIES: list[tuple[Any, str]] = [
    ("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1e3", "1e3"), ("1500", "1500"), (1.5, "1500m"),
    ("100M", "100M"), ("0.1Gi", "107374182400m"), ("1000Ki", "1000Ki"), ("12e6", "12e6"), ("0", "0"),
    ("1.000", "1"), ("1Ei", "1Ei"), ("0.5Ki", "512"), ("1500Mi", "1500Mi"), ("100.5k", "100500"),
    ("0.0000000001", "1n"), (".5", "500m"), ("1e-3", "1e-3"), ("1E", "1E"), ("2048", "2048"), ("3000n", "3u"),
    ("0m", "0"), ("1024k", "1024k"), ("1e2", "100"), ("1.5e3", "1500"), ("0.001Ki", "1024m"),
    ("1000000000000000000", "1E"), ("1000e3", "1e6"), ("100000000e3", "100e9"),
]  # fmt: skip


class TestPatches:
    @pytest.fixture(autouse=True)
    def web(self, server: Server, deployments: str) -> None:
        server.create(deployments, deployment()).ok()

    def containers(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = body["spec"]["template"]["spec"]["containers"]
        return found

    def test_a_json_patch_runs_its_operations_in_order(self, server: Server, deployments: str) -> None:
        container = "/spec/template/spec/containers/0"
        operations = [
            {"op": "test", "path": f"{container}/name", "value": "web"},
            {"op": "add", "path": f"{container}/env/0", "value": {"name": "FIRST", "value": "0"}},
            {"op": "add", "path": f"{container}/env/-", "value": {"name": "LAST"}},
            {"op": "move", "from": f"{container}/image", "path": f"{container}/workingDir"},
            {"op": "copy", "from": f"{container}/workingDir", "path": f"{container}/image"},
            {"op": "replace", "path": "/spec/replicas", "value": 3},
            {"op": "remove", "path": f"{container}/env/1"},
            {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "1"}},
            {"op": "replace", "path": "/metadata/annotations/a~1b", "value": "2"},
        ]
        patched = server.patch(f"{deployments}/web", operations, JSON_PATCH).ok()
        (container_now,) = self.containers(patched)
        assert [variable["name"] for variable in container_now["env"]] == ["FIRST", "LAST"]
        assert (container_now["image"], container_now["workingDir"]) == ("nginx:1", "nginx:1")
        assert (patched["spec"]["replicas"], patched["metadata"]["annotations"]) == (3, {"a/b": "2"})

    @pytest.mark.parametrize(
        "operation",
        [
            {"op": "test", "path": "/spec/replicas", "value": 9},
            {"op": "remove", "path": "/spec/nothing"},
            {"op": "replace", "path": "/spec/nothing/below", "value": 1},
            {"op": "add", "path": "/spec/nothing/below", "value": 1},
            {"op": "remove", "path": "/spec/template/spec/containers/5"},
        ],
    )
    def test_a_json_patch_that_does_not_fit_is_unprocessable(
        self, server: Server, deployments: str, operation: dict[str, Any]
    ) -> None:
        assert server.patch(f"{deployments}/web", [operation], JSON_PATCH).code == 422

    def test_a_merge_patch_replaces_lists_and_removes_nulls(self, server: Server, deployments: str) -> None:
        server.patch(f"{deployments}/web", {"metadata": {"labels": {"a": "1", "b": "2"}}}).ok()
        containers = [{"name": "other", "image": "other:1"}]
        patch = {"metadata": {"labels": {"a": None}}, "spec": {"template": {"spec": {"containers": containers}}}}
        patched = server.patch(f"{deployments}/web", patch).ok()
        assert patched["metadata"]["labels"] == {"b": "2"}
        assert [container["name"] for container in self.containers(patched)] == ["other"]

    def test_a_strategic_patch_merges_lists_by_their_key(self, server: Server, deployments: str) -> None:
        containers = [{"name": "web", "env": [{"name": "B", "value": "2"}]}, {"name": "sidecar", "image": "side:1"}]
        patch = {"spec": {"template": {"spec": {"containers": containers}}}}
        patched = server.patch(f"{deployments}/web", patch, STRATEGIC).ok()
        by_name = {container["name"]: container for container in self.containers(patched)}
        assert set(by_name) == {"web", "sidecar"}
        assert by_name["web"]["image"] == "nginx:1"
        assert {variable["name"] for variable in by_name["web"]["env"]} == {"A", "B"}

    def test_a_strategic_patch_can_delete_and_replace(self, server: Server, deployments: str) -> None:
        env = [{"name": "A", "$patch": "delete"}, {"name": "B", "value": "2"}]
        patch: dict[str, Any] = {"spec": {"template": {"spec": {"containers": [{"name": "web", "env": env}]}}}}
        patch["spec"]["strategy"] = {"$patch": "replace", "type": "Recreate"}
        patched = server.patch(f"{deployments}/web", patch, STRATEGIC).ok()
        (container,) = self.containers(patched)
        assert [variable["name"] for variable in container["env"]] == ["B"]
        assert patched["spec"]["strategy"] == {"type": "Recreate"}

    def test_a_strategic_patch_retains_the_keys_it_names(self, server: Server, deployments: str) -> None:
        patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
        patched = server.patch(f"{deployments}/web", patch, STRATEGIC).ok()
        assert patched["spec"]["strategy"] == {"type": "Recreate"}

    def test_a_strategic_patch_sets_the_order(self, server: Server, deployments: str) -> None:
        env = [{"name": "Z", "value": "1"}]
        container = {"name": "web", "env": env, "$setElementOrder/env": [{"name": "Z"}, {"name": "A"}]}
        patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
        patched = server.patch(f"{deployments}/web", patch, STRATEGIC).ok()
        (container_now,) = self.containers(patched)
        assert [variable["name"] for variable in container_now["env"]] == ["Z", "A"]

    def test_a_strategic_patch_merges_primitive_sets(self, server: Server, deployments: str) -> None:
        path = f"{deployments}/web"
        for finalizer in ("example.com/a", "example.com/b"):
            patched = server.patch(path, {"metadata": {"finalizers": [finalizer]}}, STRATEGIC).ok()
        assert patched["metadata"]["finalizers"] == ["example.com/b", "example.com/a"]
        patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}}
        patched = server.patch(path, patch, STRATEGIC).ok()
        assert patched["metadata"]["finalizers"] == ["example.com/b"]

    def test_a_strategic_patch_needs_merge_keys(self, server: Server, deployments: str) -> None:
        patch = {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}}
        assert server.patch(f"{deployments}/web", patch, STRATEGIC).code in (400, 500)

    def test_an_unknown_patch_type_is_not_supported(self, server: Server, deployments: str) -> None:
        assert server.patch(f"{deployments}/web", {}, "application/foo").code == 415

    def test_a_patch_may_demand_a_version(self, server: Server, deployments: str) -> None:
        answer = server.patch(f"{deployments}/web", {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 2}})
        assert (answer.code, answer.body["reason"]) == (409, "Conflict")

    def test_quantities_come_back_in_canonical_form(self, server: Server, deployments: str) -> None:
        volumes = [{"name": f"v{n}", "emptyDir": {"sizeLimit": sent}} for n, (sent, _) in enumerate(QUANTITIES)]
        patch = {"spec": {"template": {"spec": {"volumes": volumes}}}}
        patched = server.patch(f"{deployments}/web?dryRun=All", patch).ok()
        got = [volume["emptyDir"]["sizeLimit"] for volume in patched["spec"]["template"]["spec"]["volumes"]]
        assert got == [canonical for _, canonical in QUANTITIES]
