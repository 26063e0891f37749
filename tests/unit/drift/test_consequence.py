"""What the server writes in answer to a change is told by the change alone."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.drift.consequence import is_consequence
from gitops_audit.kube.path import Item
from tests.unit.drift.samples import deployment, differences, entry, live


def recreated(**strategy: Any) -> dict[str, Any]:
    return deployment(strategy=strategy)


def test_a_strategy_given_back_to_the_server_is_one_finding() -> None:
    default = {"maxSurge": "25%", "maxUnavailable": "25%"}
    have = recreated(type="RollingUpdate", rollingUpdate=default)
    found = live(have, entry("kubectl-edit", {"spec": have["spec"]["strategy"]}))
    found["metadata"]["managedFields"][0]["fieldsV1"] = {
        "f:spec": {"f:strategy": {"f:type": {}, "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}}}
    }
    assert differences(recreated(type="Recreate"), found) == [("changed", "spec.strategy.type")]
    have["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = "50%"
    found["spec"] = have["spec"]
    assert differences(recreated(type="Recreate"), found) == [
        ("changed", "spec.strategy.type"),
        ("added", "spec.strategy.rollingUpdate"),
    ]


def test_the_old_name_of_the_service_account_is_not_told_beside_the_new_one() -> None:
    body = deployment()
    have = deployment()
    have["spec"]["template"]["spec"] |= {"serviceAccountName": "x", "serviceAccount": "x"}
    trie: dict[str, Any] = {"f:spec": {"f:template": {"f:spec": {"f:serviceAccountName": {}, "f:serviceAccount": {}}}}}
    found = live(have, entry("kubectl-set", trie))
    assert differences(body, found) == [("added", "spec.template.spec.serviceAccountName")]


@pytest.mark.parametrize(("kind", "is_answer"), [("Job", True), ("CronJob", False)])
def test_a_job_that_is_left_without_labels_gets_those_of_its_pods(kind: str, is_answer: bool) -> None:
    path = ("metadata", "labels", "batch.kubernetes.io/job-name")
    assert is_consequence("batch", kind, path, "j", {}) is is_answer


ADDED = {"key": "node.kubernetes.io/not-ready", "operator": "Exists"}


@pytest.mark.parametrize(
    ("group", "path", "element", "is_answer"),
    [
        ("", ("spec", "tolerations", Item(0)), ADDED, True),
        ("", ("spec", "tolerations", Item(0)), {"key": "spot"}, False),
        ("", ("spec", "taints", Item(0)), ADDED, True),
        ("", ("imagePullSecrets", Item(0)), {"name": "default-dockercfg-x7x2p"}, True),
        ("", ("imagePullSecrets", Item(0)), {"name": "registry"}, False),
        ("", ("spec", "others", Item(0)), ADDED, False),
        ("", ("spec", "tolerations", Item(0)), "x", False),
        ("example.com", ("spec", "tolerations", Item(0)), ADDED, False),
    ],
)
def test_only_what_admission_and_controllers_add_to_lists_is_theirs(
    group: str, path: Any, element: Any, is_answer: bool
) -> None:
    assert is_consequence(group, "Pod", path, element, {}) is is_answer


def test_an_element_added_by_hand_beside_those_of_admission_is_found() -> None:
    def pod(*keys: str) -> dict[str, Any]:
        tolerations = [{"key": key, "operator": "Exists"} for key in keys]
        metadata = {"name": "p", "namespace": "shop"}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"tolerations": tolerations}}

    edit = entry("kubectl-edit", {"f:spec": {"f:tolerations": {}}}, apiVersion="v1")
    found = live(pod("node.kubernetes.io/not-ready", "spot", "mine"), edit)
    assert differences(pod("spot"), found) == [("added", "spec.tolerations[2]")]
