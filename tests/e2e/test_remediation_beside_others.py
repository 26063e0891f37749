"""Repairs beside controllers, people and secrets: what others wrote stays, and no token gets into a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.apply import apply
from gitops_audit.remediate.journal import Journal
from gitops_audit.remediate.undo import undo
from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop, config_map

pytestmark = pytest.mark.e2e

RELEASE = "storefront-prod-9"


class Killed(BaseException):
    """The process ends here: nothing catches it."""


def deployment() -> JsonObject:
    pod = {
        "initContainers": [{"name": "one", "image": "i:1"}, {"name": "two", "image": "i:1"}],
        "containers": [{"name": "web", "image": "w:1"}],
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db"},
        "stringData": {"name": RELEASE},
    }
    with apiserver.left_as_found():
        found = Shop.declared(apiserver, tmp_path, [config_map("a"), config_map("b"), secret, deployment()])
        found.deploy()
        yield found
        found.unlock()


def test_a_mark_that_repeats_a_secret_value_is_written_as_it_is(shop: Shop) -> None:
    names = ("configmap/a", "configmap/b", "secret/db", "deployment/web")
    marks = (f"meta.helm.sh/release-name={RELEASE}", "meta.helm.sh/release-namespace=default")
    for name in names:
        shop.kubectl("annotate", name, *marks, "--field-manager=helm")
        shop.kubectl("label", name, "app.kubernetes.io/managed-by=Helm", "--field-manager=helm")
    shop.kubectl("delete", "configmap", "b")

    apply(shop.planned(), shop.way())

    created = json.loads(shop.kubectl("get", "configmap", "b", "-o", "json"))
    assert created["metadata"]["annotations"]["meta.helm.sh/release-name"] == RELEASE


def test_what_a_controller_writes_beside_a_repair_is_no_fight_and_keeps_no_undo(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = '[{"op": "remove", "path": "/spec/template/spec/initContainers/0"}]'
    shop.kubectl("patch", "deployment", "web", "--type=json", "-p", broken)
    written = Journal.write

    def controlled(self: Journal, event: str, **facts: object) -> None:
        written(self, event, **facts)
        if event == "end":
            shop.kubectl("annotate", "deployment", "web", "deployment.kubernetes.io/revision=2")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", controlled)
        done = apply(shop.planned(), shop.way())

    assert [r.result for r in done.results] == ["done"]
    assert names(shop) == ["one", "two"]
    assert [r.result for r in undo(done.run, shop.way()).results] == ["done"]
    assert names(shop) == ["two"]
    live = json.loads(shop.kubectl("get", "deployment", "web", "-o", "json"))
    assert live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


def names(shop: Shop) -> list[str]:
    live = json.loads(shop.kubectl("get", "deployment", "web", "-o", "json"))
    return [c["name"] for c in live["spec"]["template"]["spec"]["initContainers"]]


def test_undo_of_a_killed_run_leaves_what_somebody_changed_since(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal announces a change that was never sent; then somebody deploys another value."""
    shop.edit("a", a="2")
    written = Journal.write

    def dying(self: Journal, event: str, **facts: object) -> None:
        written(self, event, **facts)
        if event == "begin":
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", dying)
        with pytest.raises(Killed):
            apply(shop.planned(), shop.way())
    shop.edit("a", a="7")

    results = undo(next(shop.way().journals.glob("*.jsonl")).stem, shop.way()).results

    assert [(r.result, r.message) for r in results] == [("refused", "somebody changed it since the run")]
    assert shop.data("a")["a"] == "7"
