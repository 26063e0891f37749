"""What keeps an undo from writing, and kinds whose plural is not that of English, on a real API server."""

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

ALWAYS = 'freeze: [{from: "00:00", to: "24:00"}]'
PEOPLE: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "people.shop.example.com"},
    "spec": {
        "group": "shop.example.com",
        "scope": "Namespaced",
        "names": {"plural": "people", "singular": "person", "kind": "Person", "listKind": "PersonList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"age": {"type": "integer"}}}},
                    }
                },
            }
        ],
    },
}


@pytest.fixture
def repaired(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Shop, str]]:
    """A ConfigMap that was changed and one that was gone, and the run that repaired both."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with apiserver.left_as_found():
        shop = Shop.declared(apiserver, tmp_path, [config_map("changed"), config_map("gone")])
        shop.deploy()
        shop.edit("changed", a="2")
        shop.kubectl("delete", "configmap", "gone")
        shop.plan()
        yield shop, json.loads(shop.apply().stdout)["run"]
        shop.unlock()


def configure(shop: Shop, remediation: str) -> None:
    document = (shop.root / "gitops-audit.yaml").read_text()
    shop.commit({"gitops-audit.yaml": document.replace("remediation:", f"remediation:\n  {remediation}")})


def undone(shop: Shop, run: str, *options: str) -> dict[str, Any]:
    done = shop.run("undo", run, "--yes", "--quiet", "--json", *options)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_no_undo_writes_in_a_freeze_window_unasked(apiserver: ApiServer, repaired: tuple[Shop, str]) -> None:
    shop, run = repaired
    configure(shop, ALWAYS)

    with apiserver.audit_log.watched() as writes:
        refused = undone(shop, run)
    assert (refused["error"]["code"], writes) == ("GA505", [])

    done = undone(shop, run, "--override-freeze")
    assert [result["result"] for result in done["results"]] == ["done", "done"]
    assert shop.data("changed") == {"a": "2"}
    assert '"event":"override","' in next((shop.state / "gitops-audit/journal").glob("*.jsonl")).read_text()


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ("protected: {kinds: [configmaps]}", "the kind ConfigMap is protected"),
        ("protected: {namespaces: [def*]}", "the namespace default is protected"),
    ],
)
def test_what_was_protected_since_the_run_is_left_alone(
    apiserver: ApiServer, repaired: tuple[Shop, str], guard: str, reason: str
) -> None:
    """What the run created too: it would be deleted."""
    shop, run = repaired
    configure(shop, guard)

    with apiserver.audit_log.watched() as writes:
        results = undone(shop, run)["results"]

    assert [(r["result"], reason in r["message"]) for r in results] == [("refused", True)] * 2
    assert [write for write in writes if not write.is_lock] == []


def test_the_plural_of_a_definition_is_that_of_rights_and_of_protection(
    apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ann = {"apiVersion": "shop.example.com/v1", "kind": "Person", "metadata": {"name": "ann"}, "spec": {"age": 1}}
    with apiserver.left_as_found():
        shop = Shop.declared(apiserver, tmp_path, [ann])
        (tmp_path / "people.json").write_text(json.dumps(PEOPLE))
        shop.kubectl("apply", "-f", str(tmp_path / "people.json"))
        shop.kubectl("wait", "--for=condition=Established", "crd/people.shop.example.com", "--timeout=30s")
        shop.deploy()
        shop.kubectl("patch", "people", "ann", "--type=merge", "-p", '{"spec": {"age": 2}}')

        assert [action["action"] for action in shop.plan()["actions"]] == ["apply"]
        (role,) = yaml.safe_load_all(shop.run("rbac", "plan.json").stdout)
        configure(shop, "protected: {kinds: [people]}")
        (refused,) = shop.plan()["refused"]

    assert {name for rule in role["rules"] for name in rule["resources"]} == {"people", "leases"}
    assert "the kind Person is protected" in refused["reason"]
