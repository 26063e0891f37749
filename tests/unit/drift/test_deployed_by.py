"""Which of several appliers deploys an object."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.deployed_by import Deployer, deployer_of
from gitops_audit.kube.managed_fields import Entry

ARGO = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:v1/ConfigMap:shop/settings"}}
ARGO_LABEL = {"labels": {"app.kubernetes.io/instance": "shop"}}
FLUX = {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux"}}
HELM = {"annotations": {"meta.helm.sh/release-name": "shop"}}
HELM_LABEL = {"labels": {"app.kubernetes.io/managed-by": "Helm"}}
KUBECTL = ("kubectl-client-side-apply", "kubectl:Apply")


def deployer(metadata: dict[str, Any], *managers: str, **configured: Any) -> Deployer:
    """`name:Apply` is a server-side apply."""
    named = [(name, operation or "Update") for name, _, operation in (m.partition(":") for m in managers)]
    entries = [Entry(name, operation, "", "", "v1", {}) for name, operation in named]
    classes = Managers(**configured)
    return deployer_of(entries, metadata, lambda e: classes.class_of(e.manager, e.operation) == "applier")


@pytest.mark.parametrize(
    ("metadata", "managers", "expected"),
    [
        (ARGO, ["helm", "argocd-controller", *KUBECTL], "argocd-controller"),
        (ARGO_LABEL, ["helm", "argocd-controller"], "argocd-controller"),
        (FLUX, ["argocd-controller", "kustomize-controller:Apply"], "kustomize-controller"),
        (HELM, ["kustomize-controller:Apply", "helm"], "helm"),
        (HELM_LABEL, ["kustomize-controller:Apply", "terraform-provider-helm_v2"], "terraform-provider-helm_v2"),
    ],
)
def test_the_tool_whose_mark_it_carries_deploys_an_object(
    metadata: dict[str, Any], managers: list[str], expected: str
) -> None:
    assert deployer(metadata, *managers) == Deployer(frozenset({expected}))


def test_a_mark_without_a_write_of_its_tool_says_nothing() -> None:
    assert deployer(ARGO, "kustomize-controller:Apply").managers == {"kustomize-controller"}
    assert deployer(ARGO, "kubectl-edit").managers == frozenset()


def test_without_a_mark_the_first_tool_of_its_own_name_deploys() -> None:
    assert deployer({}, *KUBECTL, "kustomize-controller:Apply", "helm").managers == {"kustomize-controller"}
    assert deployer({}, "kubectl:Apply", "shipper", appliers=("shipper",)).managers == {"shipper"}


def test_all_names_of_a_tool_are_the_deployer() -> None:
    found = deployer({}, "argocd-controller:Apply", "argocd-application-controller")
    assert found.managers == {"argocd-controller", "argocd-application-controller"}


def test_kubectl_deploys_where_nobody_else_does() -> None:
    assert deployer({}, "kubectl-client-side-apply", "kubectl-edit") == Deployer(
        frozenset({"kubectl-client-side-apply"}), is_kubectl=True
    )
    assert deployer({}, *KUBECTL) == Deployer(frozenset({"kubectl"}), is_kubectl=True)


def test_kubectl_holds_what_it_applied_and_not_what_it_scaled() -> None:
    found = deployer({}, "kubectl:Apply")
    assert found.holds(Entry("kubectl", "Apply", "", "", "v1", {}))
    assert not found.holds(Entry("kubectl", "Update", "scale", "", "v1", {}))
