"""Classes of field managers, and who answers for a field."""

from __future__ import annotations

import pytest

from gitops_audit.drift.attribution import Managers, is_editor, owners
from gitops_audit.kube.managed_fields import Entry
from gitops_audit.kube.path import Item


@pytest.mark.parametrize(
    ("manager", "operation", "expected"),
    [
        ("argocd-controller", "Apply", "applier"),
        ("argocd-application-controller", "Update", "applier"),
        ("kustomize-controller", "Apply", "applier"),
        ("helm-controller", "Apply", "applier"),
        ("helm", "Update", "applier"),
        ("kubectl-client-side-apply", "Update", "applier"),
        ("kubectl-last-applied", "Update", "applier"),
        ("kubectl", "Apply", "applier"),
        ("kubectl", "Update", "interactive"),
        ("Terraform", "Apply", "applier"),
        ("HashiCorp", "Update", "applier"),
        ("pulumi-kubernetes-4a3f", "Apply", "applier"),
        ("ansible", "Apply", "applier"),
        ("apiextensions.crossplane.io/composed", "Apply", "applier"),
        ("kapp", "Update", "applier"),
        ("fleetagent", "Update", "applier"),
        ("kubectl-edit", "Update", "interactive"),
        ("kubectl-scale", "Update", "interactive"),
        ("kubectl-rollout", "Update", "interactive"),
        ("kubectl-create", "Update", "interactive"),
        ("k9s", "Update", "interactive"),
        ("node-fetch", "Update", "interactive"),
        ("Mozilla", "Update", "interactive"),
        ("dashboard-api", "Update", "interactive"),
        ("argocd-server", "Update", "interactive"),
        ("kube-controller-manager", "Update", "controller"),
        ("kubelet", "Update", "controller"),
        ("vpa-updater", "Update", "controller"),
        ("keda-operator", "Update", "controller"),
        ("cainjector", "Update", "controller"),
        ("my-app-operator", "Update", "controller"),
        ("manager", "Update", "controller"),
        ("before-first-apply", "Update", "unknown"),
        ("ancient-changes", "Update", "unknown"),
        ("OpenAPI-Generator", "Update", "unknown"),
        ("", "Update", "unknown"),
    ],
)
def test_well_known_managers_have_a_class(manager: str, operation: str, expected: str) -> None:
    assert Managers().class_of(manager, operation) == expected


def test_configured_names_go_first_and_take_wildcards() -> None:
    managers = Managers(appliers=("my-*", "kubectl-edit"), interactive=("console", "my-console"))
    assert managers.class_of("my-deployer", "Update") == "applier"
    assert managers.class_of("kubectl-edit", "Update") == "applier"
    assert managers.class_of("console", "Update") == "interactive"
    assert managers.class_of("my-console", "Update") == "applier"


def test_a_name_with_a_line_break_is_nobody_known() -> None:
    assert Managers().class_of("kubectl-edit\nkube-", "Update") == "interactive"
    assert Managers().class_of("x\ny", "Update") == "unknown"


def made(manager: str, trie: dict[str, object], time: str = "") -> Entry:
    return Entry(manager, "Update", "", time, "v1", trie)


PATH = ("spec", "containers", Item(0, keys=(("name", "web"),)), "image")
IMAGE: dict[str, object] = {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}


def test_the_latest_of_several_owners_answers() -> None:
    found = owners(
        [made("new", IMAGE, "2026-02-01"), made("old", IMAGE, "2026-01-01"), made("other", {"f:data": {}})], PATH
    )
    assert [e.manager for e in found] == ["old", "new"]


def test_who_names_the_field_goes_before_who_owns_all_around_it() -> None:
    around = made("around", {"f:spec": {"f:containers": {}}}, "2026-03-01")
    assert [e.manager for e in owners([around, made("exact", IMAGE)], PATH)] == ["exact"]
    assert [e.manager for e in owners([around], PATH)] == ["around"]


def test_a_set_that_stops_short_owns_nothing_below() -> None:
    assert owners([made("other", {"f:spec": {"f:replicas": {}}})], PATH) == []
    assert owners([made("nothing", {})], PATH) == []


@pytest.mark.parametrize(("manager", "expected"), [("kubectl-edit", True), ("kubectl-create", False), ("k9s", False)])
def test_some_commands_only_change_objects(manager: str, expected: bool) -> None:
    assert is_editor(made(manager, {})) is expected
