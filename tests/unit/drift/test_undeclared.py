"""Live fields that Git does not declare: `stale` from a deployer's intent, `added` from a hand."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig
from tests.unit.drift.samples import (
    BORN,
    LATER,
    compared,
    config_map,
    deployment,
    differences,
    entry,
    live,
    told,
    with_metadata,
)

FLUX = "kustomize-controller"
V1 = {"apiVersion": "v1"}


def labelled(**labels: str) -> dict[str, Any]:
    return with_metadata(config_map(a="1"), labels=labels)


def owned(body: dict[str, Any]) -> dict[str, Any]:
    content = {name: value for name, value in body.items() if name not in ("apiVersion", "kind")}
    metadata = {k: v for k, v in body["metadata"].items() if k not in ("name", "namespace")}
    return content | {"metadata": metadata}


def applied_by(manager: str, body: dict[str, Any], **more: str) -> dict[str, Any]:
    return entry(manager, owned(body), "Apply", **{"apiVersion": body["apiVersion"]} | more)


def test_a_field_the_deployer_applied_and_git_gave_up_is_stale() -> None:
    old, new = labelled(team="web", tier="a"), labelled(team="web")
    assert differences(new, live(old, applied_by(FLUX, old))) == [("stale", "metadata.labels.tier")]


def test_the_example_of_the_module_finds_what_it_says() -> None:
    new = with_metadata(deployment(), labels={"app": "shop"})
    old = with_metadata(deployment(), labels={"app": "shop", "tier": "web"})
    now = with_metadata(deployment(), labels={"app": "shop", "tier": "web", "debug": "on"})
    now["spec"] |= {"paused": True, "revisionHistoryLimit": 10}
    found = live(
        now,
        applied_by(FLUX, old),
        entry("kubectl-label", {"metadata": {"labels": {"debug": "on"}}}, apiVersion="apps/v1"),
        entry("kubectl-edit", {"spec": {"paused": True}}, apiVersion="apps/v1"),
    )
    assert sorted(differences(new, found)) == [
        ("added", "metadata.labels.debug"),
        ("added", "spec.paused"),
        ("stale", "metadata.labels.tier"),
    ]


def test_all_labels_given_up_are_named_one_by_one() -> None:
    old = labelled(team="web", tier="a")
    found = differences(config_map(a="1"), live(old, applied_by(FLUX, old)))
    assert found == [("stale", "metadata.labels.team"), ("stale", "metadata.labels.tier")]


def test_an_update_of_the_deployer_is_no_intent() -> None:
    old = labelled(team="web")
    assert differences(config_map(a="1"), live(old, entry("helm", owned(old), **V1))) == []


def test_the_record_of_client_side_apply_is_intent() -> None:
    old = labelled(team="web")
    found = live(old, entry("kubectl-client-side-apply", owned(old), **V1), applied=old)
    assert differences(config_map(a="1"), found) == [("stale", "metadata.labels.team")]


@pytest.mark.parametrize("record", ["", "not json", "[1]", "null", '{"metadata": 5}', '{"data": []}', "[" * 5000])
def test_an_unreadable_record_is_no_evidence(record: str) -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": record}
    body = config_map(a="1")
    found = live(
        with_metadata(body, annotations=annotations, labels={"x": "1"}), entry("kubectl-client-side-apply", {})
    )
    assert differences(body, found) == []


def test_a_stale_field_that_is_gone_already_is_no_drift() -> None:
    old = labelled(team="web")
    assert differences(config_map(a="1"), live(config_map(a="1"), applied_by(FLUX, old))) == []


def test_ownership_of_another_api_version_is_no_evidence_of_intent() -> None:
    old = labelled(team="web")
    found = live(old, applied_by(FLUX, old, apiVersion="v1beta1"))
    assert differences(config_map(a="1"), found) == []


@pytest.mark.parametrize(
    ("where", "key"),
    [
        ("labels", "kustomize.toolkit.fluxcd.io/name"),
        ("labels", "app.kubernetes.io/instance"),
        ("labels", "app.kubernetes.io/managed-by"),
        ("labels", "applyset.kubernetes.io/part-of"),
        ("annotations", "argocd.argoproj.io/tracking-id"),
        ("annotations", "meta.helm.sh/release-name"),
        ("annotations", "objectset.rio.cattle.io/id"),
    ],
)
def test_the_marks_deployers_write_are_not_stale(where: str, key: str) -> None:
    marked = with_metadata(config_map(a="1"), **{where: {key: "x"}})
    assert differences(config_map(a="1"), live(marked, applied_by(FLUX, marked))) == []
    assert (
        differences(config_map(a="1"), live(marked, entry("kubectl-client-side-apply", {}, **V1), applied=marked)) == []
    )


def test_a_field_set_by_hand_is_added() -> None:
    body = config_map(a="1")
    found = live(config_map(a="1", b="2"), applied_by(FLUX, body), entry("kubectl-edit", {"data": {"b": "2"}}, **V1))
    drift = compared(body, found)
    assert [(c.type, c.path, c.pointer, c.live, c.cause) for c in drift.changes] == [
        ("added", "data.b", "/data/b", "2", "cluster")
    ]
    assert drift.changes[0].by is not None
    assert drift.changes[0].by.manager == "kubectl-edit"


@pytest.mark.parametrize(
    "manager", ["some-operator", "kube-controller-manager", "before-first-apply", "ancient-changes", "who-knows", ""]
)
def test_only_people_add(manager: str) -> None:
    body = config_map(a="1")
    found = live(config_map(a="1", b="2"), applied_by(FLUX, body), entry(manager, {"data": {"b": "2"}}, **V1))
    assert differences(body, found) == []
    assert told(compared(body, found, DriftConfig(mode="strict")).changes) == [("added", "data.b")]
    assert compared(body, found, DriftConfig(mode="declared")).changes == ()


def test_a_configured_interactive_manager_adds() -> None:
    body = config_map(a="1")
    found = live(config_map(a="1", b="2"), applied_by(FLUX, body), entry("my-console", {"data": {"b": "2"}}, **V1))
    assert told(compared(body, found, DriftConfig(interactive=("my-*",))).changes) == [("added", "data.b")]


def test_the_status_subresource_adds_nothing() -> None:
    body = config_map(a="1")
    edit = entry("kubectl-edit", {"data": {"b": "2"}}, subresource="status", **V1)
    assert differences(body, live(config_map(a="1", b="2"), applied_by(FLUX, body), edit)) == []


def test_scaling_by_hand_is_added_where_git_declares_no_replicas() -> None:
    body = deployment()
    scale = entry("kubectl-scale", {"spec": {"replicas": 0}}, subresource="scale")
    drift = compared(body, live(deployment(replicas=0), applied_by(FLUX, body), scale))
    assert told(drift.changes) == [("added", "spec.replicas")]
    assert drift.changes[0].by is not None
    assert drift.changes[0].by.subresource == "scale"


def test_a_zero_that_nobody_owns_is_added_since_the_scale_subresource_records_no_owner_of_it() -> None:
    body = deployment()
    drift = compared(body, live(deployment(replicas=0), applied_by(FLUX, body)))
    assert told(drift.changes) == [("added", "spec.replicas")]
    assert (drift.changes[0].by, drift.changes[0].cause) == (None, "cluster")


@pytest.mark.parametrize("replicas", [1, 3])
def test_other_replicas_that_nobody_owns_are_the_servers_default_or_a_controllers(replicas: int) -> None:
    body = deployment()
    assert differences(body, live(deployment(replicas=replicas), applied_by(FLUX, body))) == []


def test_a_zero_without_managed_fields_says_nothing_of_who_wrote_it() -> None:
    assert differences(deployment(), live(deployment(replicas=0))) == []


def test_a_zero_that_a_controller_owns_is_the_controllers() -> None:
    body = deployment()
    downscaler = entry("downscaler", {"spec": {"replicas": 0}})
    assert differences(body, live(deployment(replicas=0), applied_by(FLUX, body), downscaler)) == []


def test_a_zero_is_no_drift_in_mode_declared() -> None:
    body = deployment()
    assert (
        compared(body, live(deployment(replicas=0), applied_by(FLUX, body)), DriftConfig(mode="declared")).changes == ()
    )


def test_what_came_with_the_creation_is_not_added() -> None:
    body, full = config_map(a="1"), config_map(a="1", b="2")
    assert differences(body, live(full, entry("kubectl-create", owned(full), time=BORN, **V1))) == []
    assert differences(body, live(full, entry("node-fetch", owned(full), **V1))) == []


@pytest.mark.parametrize(
    ("creator", "created"),
    [("kubectl-create", LATER), ("kubectl-create", BORN), ("node-fetch", BORN)],
    ids=["by a command that only creates", "in the same second", "in a browser"],
)
def test_what_came_with_a_creation_by_hand_is_not_added_once_a_deployer_has_adopted_the_object(
    creator: str, created: str
) -> None:
    body, full = config_map(a="1"), config_map(a="1", b="2")
    made = entry(creator, owned(full), time=created, **V1)
    adopted = entry(FLUX, owned(body), operation="Apply", time=BORN if creator == "kubectl-create" else LATER, **V1)
    assert differences(body, live(full, made, adopted)) == []


def test_what_a_browser_wrote_in_the_second_a_deployer_created_the_object_is_added() -> None:
    body, full = config_map(a="1"), config_map(a="1", b="2")
    written = entry("node-fetch", {"data": {"b": "2"}}, time=BORN, **V1)
    adopted = entry(FLUX, owned(body), operation="Apply", time=BORN, **V1)
    assert differences(body, live(full, adopted, written)) == [("added", "data.b")]


def test_an_edit_is_added_even_in_the_second_of_the_creation() -> None:
    body = config_map(a="1")
    edit = entry("kubectl-edit", {"data": {"b": "2"}}, time=BORN, **V1)
    found = live(config_map(a="1", b="2"), entry("kubectl-create", owned(body), time=BORN, **V1), edit)
    assert differences(body, found) == [("added", "data.b")]


def test_an_edit_that_left_the_deployer_nothing_is_still_an_edit() -> None:
    body = config_map(a="1")
    edit = entry("kubectl-edit", {"data": {"a": "9", "b": "2"}}, **V1)
    assert differences(body, live(config_map(a="9", b="2"), edit)) == [("changed", "data.a"), ("added", "data.b")]


def test_applying_by_hand_beside_another_deployer_adds() -> None:
    body = config_map(a="1")
    by_hand = applied_by("kubectl", config_map(b="2"))
    assert differences(body, live(config_map(a="1", b="2"), applied_by(FLUX, body), by_hand)) == [("added", "data.b")]


def test_what_another_deployer_applied_is_its_own_affair() -> None:
    body = config_map(a="1")
    other = applied_by("Terraform", config_map(b="2"))
    assert differences(body, live(config_map(a="1", b="2"), applied_by(FLUX, body), other)) == []
