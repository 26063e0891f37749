"""The order in which a repair goes on: what later waves need has to be ready first, on a server without controllers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop, config_map

pytestmark = pytest.mark.e2e

LABELS = {"app": "db"}
POD = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "db", "image": "db:1"}]}}


def waved(body: JsonObject, wave: int) -> JsonObject:
    annotations = {"argocd.argoproj.io/sync-wave": str(wave)}
    return {**body, "metadata": {**body["metadata"], "annotations": annotations}}


DEPLOYMENT: JsonObject = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "db"},
    "spec": {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": POD},
}


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A Deployment and what comes after it; without a controller the Deployment is never ready."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    objects = [waved(DEPLOYMENT, 0), waved(config_map("later"), 1), config_map("same")]
    with apiserver.left_as_found():
        found = Shop.declared(apiserver, tmp_path, objects, wait={"timeout": 1})
        found.deploy()
        yield found
        found.unlock()


def results(done: Any) -> dict[str, tuple[str, str]]:
    document = json.loads(done.stdout)
    return {r["resource"]: (r["result"], r["message"]) for r in document["results"]}


def set_ready(shop: Shop) -> None:
    """As its controller would."""
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    live = json.loads(shop.kubectl("get", "deployment", "db", "-o", "json"))
    patch = json.dumps({"status": {**counts, "observedGeneration": live["metadata"]["generation"]}})
    shop.kubectl("patch", "deployment", "db", "--subresource=status", "--type=merge", "-p", patch)


def test_what_comes_after_an_object_that_is_not_ready_is_not_started_until_it_is(shop: Shop) -> None:
    shop.kubectl("delete", "deployment", "db")
    shop.edit("later", a="2")
    shop.edit("same", a="2")
    shop.plan()
    done = shop.apply()

    found = results(done)
    assert done.returncode == 1
    assert found["Deployment.apps/default/db"][0] == found["ConfigMap/default/same"][0] == "done"
    assert found["ConfigMap/default/later"] == (
        "skipped",
        "not started: Deployment.apps/default/db, which it needs, is not ready: in-progress: 0 of 1 replica is there",
    )
    assert shop.data("later") == {"a": "2"}

    set_ready(shop)
    again = shop.run("resume", json.loads(done.stdout)["run"], "--yes", "--quiet", "--json")
    assert results(again) == {"ConfigMap/default/later": ("done", "")}
    assert shop.data("later") == {"a": "1"}


def test_what_was_not_ready_before_the_repair_does_not_stop_it(shop: Shop) -> None:
    shop.kubectl("set", "image", "deployment/db", "db=db:broken")
    shop.edit("later", a="2")
    shop.plan()
    done = shop.apply()

    assert done.returncode == 0, done.stdout
    assert shop.data("later") == {"a": "1"}


def test_what_a_server_refuses_holds_back_the_waves_after_it(shop: Shop) -> None:
    immutable = {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replicas": -1}}
    shop.kubectl("delete", "deployment", "db")
    shop.edit("later", a="2")
    shop.commit({"shop/db.yaml": json.dumps(waved(immutable, 0))})
    shop.plan()
    found = results(shop.apply())

    assert found["Deployment.apps/default/db"][0] == "failed"
    held = found["ConfigMap/default/later"][1]
    assert "was not repaired (failed); when that is settled, `gitops-audit remediate resume " in held
    assert shop.data("later") == {"a": "2"}


def test_a_kind_and_a_namespace_that_the_repair_creates_are_waited_for(
    apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.waves.example"},
        "spec": {
            "group": "waves.example",
            "names": names,
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "waves"}}
    thing = {
        "apiVersion": "waves.example/v1",
        "kind": "Thing",
        "metadata": {"name": "one", "namespace": "waves"},
        "spec": {"a": 1},
    }
    with apiserver.left_as_found():
        shop = Shop.declared(apiserver, tmp_path, [config_map("kept"), definition, namespace, thing])
        shop.kubectl("apply", "--server-side", "-f", str(shop.root / "shop/kept.yaml"))
        shop.plan()
        done = shop.apply()
        shop.unlock()
    assert {r for r, _ in results(done).values()} == {"done"}, done.stdout
