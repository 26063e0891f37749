"""What people ask of Argo CD and Flux on an object, and the label that Argo CD knows objects by, are no drift."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.drift.samples import compared, config_map, entry, live, with_metadata

LABEL = "app.kubernetes.io/instance"
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "shop", "namespace": "argocd"},
    "spec": {"project": "default"},
}


def test_a_sync_that_was_asked_for_is_no_drift() -> None:
    asked = entry("argocd-server", {"operation": {"sync": ""}}, apiVersion="argoproj.io/v1alpha1")
    drift = compared(APPLICATION, live({**APPLICATION, "operation": {"sync": {"revision": "main"}}}, asked))
    assert (drift.status, drift.changes) == ("in-sync", ())


def test_a_field_of_that_name_counts_elsewhere() -> None:
    body = {**APPLICATION, "apiVersion": "example.com/v1"}
    asked = entry("kubectl-edit", {"operation": {"sync": ""}}, apiVersion="example.com/v1")
    assert compared(body, live({**body, "operation": {"sync": "x"}}, asked)).status == "modified"


@pytest.mark.parametrize(
    "key",
    [
        "argocd.argoproj.io/refresh",
        "argocd.argoproj.io/hydrate",
        "reconcile.fluxcd.io/requestedAt",
        "reconcile.fluxcd.io/forceAt",
        "reconcile.fluxcd.io/resetAt",
    ],
)
def test_asking_an_engine_to_look_is_no_drift(key: str) -> None:
    asked = entry("kubectl-annotate", {"metadata": {"annotations": {key: ""}}}, apiVersion="v1")
    assert (
        compared(config_map(a="1"), live(with_metadata(config_map(a="1"), annotations={key: "x"}), asked)).changes == ()
    )


def tracked(value: str, manager: str, annotations: dict[str, str] | None = None) -> Any:
    """A declared label `web` that somebody set to a value in the cluster."""
    wrote = entry(manager, {"metadata": {"labels": {LABEL: ""}}}, "Update", apiVersion="v1")
    body = with_metadata(config_map(a="1"), labels={LABEL: value}, annotations=annotations or {})
    return compared(with_metadata(config_map(a="1"), labels={LABEL: "web"}), live(body, wrote))


@pytest.mark.parametrize(
    ("value", "manager", "annotations", "status"),
    [
        ("shop", "argocd-controller", None, "in-sync"),
        ("shop", "argocd-application-controller", None, "in-sync"),
        ("shop", "argocd-controller", {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/a"}, "in-sync"),
        ("shop", "argocd-controller", {"argocd.argoproj.io/tracking-id": "web:/ConfigMap:shop/a"}, "modified"),
        ("shop", "kubectl-label", None, "modified"),
        ("shop", "kustomize-controller", None, "modified"),
    ],
)
def test_the_label_that_argo_cd_overwrites_counts_only_where_others_wrote_it(
    value: str, manager: str, annotations: dict[str, str] | None, status: str
) -> None:
    drift = tracked(value, manager, annotations)
    assert drift.status == status
    assert [c.ignored is not None for c in drift.changes if c.pointer.endswith("instance")] == [status == "in-sync"]
