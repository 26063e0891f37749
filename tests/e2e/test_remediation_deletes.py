"""What is deleted, only when it is asked for, and how it comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop, config_map

pytestmark = pytest.mark.e2e

NAMES = [f"cm-{n}" for n in range(12)]


def deployment(label: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": label}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": label}}, "template": template},
    }


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path) -> Iterator[Shop]:
    with apiserver.left_as_found():
        found = Shop.declared(apiserver, tmp_path, [*map(config_map, NAMES), deployment("web")])
        found.deploy()
        found.plan()
        yield found
        found.unlock()


def names(shop: Shop) -> set[str]:
    listed = json.loads(shop.kubectl("get", "configmaps", "-o", "json"))["items"]
    return {item["metadata"]["name"] for item in listed} - {"kube-root-ca.crt"}


def actions(plan: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(a["action"], a["resource"], a["effect"]) for a in plan["actions"]]


def test_what_git_gave_up_is_deleted_when_it_is_asked_for_and_comes_back(shop: Shop) -> None:
    shop.kubectl("create", "configmap", "of-nobody")
    shop.commit({"shop/cm-11.yaml": None})

    assert actions(shop.plan()) == []
    assert actions(shop.plan("--prune")) == [("delete", "ConfigMap/default/cm-11", "none")]
    done = shop.apply()
    assert done.returncode == 0, done.stdout + done.stderr
    assert names(shop) == {*NAMES[:-1], "of-nobody"}

    undone = shop.run("undo", json.loads(done.stdout)["run"], "--yes", "--quiet")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert names(shop) == {*NAMES, "of-nobody"}
    assert shop.data("cm-11") == {"a": "1"}


def test_an_immutable_field_needs_consent_to_recreate(shop: Shop) -> None:
    shop.commit({"shop/web.yaml": yaml.safe_dump(deployment("other"))})

    refused = shop.plan()
    assert actions(refused) == []
    assert "only --recreate repairs it" in refused["refused"][0]["reason"]
    assert actions(shop.plan("--recreate")) == [("recreate", "Deployment.apps/default/web", "restart")]
    done = shop.apply()
    assert done.returncode == 0, done.stdout + done.stderr
    assert actions(shop.plan()) == []


def test_an_object_with_copied_marks_is_not_deleted(shop: Shop) -> None:
    """Somebody copied an object of the source, marks and all, and created it under another name."""
    name = sorted(path.stem for path in (shop.root / "shop").glob("*.yaml"))[0]
    marks = ("kustomize.toolkit.fluxcd.io/name=apps", "kustomize.toolkit.fluxcd.io/namespace=flux")
    shop.kubectl("create", "configmap", "copied")
    shop.kubectl("label", "configmap", name, *marks, "--field-manager=kustomize-controller")
    shop.kubectl("label", "configmap", "copied", *marks)

    plan = shop.plan("--prune")

    assert "copied" not in [action["id"].rpartition("/")[2] for action in plan["actions"]]
    assert any("writer" in r["reason"] for r in plan["refused"] if r["resource"].endswith("/copied"))
