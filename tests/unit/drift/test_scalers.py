"""Fields that autoscalers keep are no drift; declaring them beside a scaler is a fault."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.drift import Scalers
from tests.unit.drift.samples import compared, declared, deployment, entry, live

HPA = ("autoscaling/v2", "HorizontalPodAutoscaler", "scaleTargetRef")
KEDA = ("keda.sh/v1alpha1", "ScaledObject", "scaleTargetRef")
SCALE: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
VPA = ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler", "targetRef")


def scaler(form: tuple[str, str, str], namespace: str = "shop", **more: Any) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metadata = {"name": "s", "namespace": namespace}
    return {"apiVersion": form[0], "kind": form[1], "metadata": metadata, "spec": {form[2]: reference} | more}


@pytest.mark.parametrize("form", [HPA, KEDA])
def test_replicas_of_a_scaled_workload_are_the_scalers(form: tuple[str, str, str]) -> None:
    found = live(deployment(replicas=9, minReadySeconds=1))
    drift = compared(deployment(replicas=2, minReadySeconds=2), found, scalers=Scalers.of([scaler(form)]))
    assert [(c.path, c.ignored is None) for c in drift.changes] == [
        ("spec.replicas", False),
        ("spec.minReadySeconds", True),
    ]
    waiver = drift.changes[0].ignored
    assert waiver is not None
    assert waiver.reason == f"{form[1]} shop/s keeps spec.replicas"


@pytest.mark.parametrize(
    ("form", "more", "is_waived"),
    [(HPA, {}, False), (HPA, {"minReplicas": 2}, False), (HPA, {"minReplicas": 0}, True), (KEDA, {}, True)],
)
def test_a_zero_is_a_scalers_doing_where_it_may_scale_to_zero(
    form: tuple[str, str, str], more: dict[str, Any], is_waived: bool
) -> None:
    scalers = Scalers.of([scaler(form, **more)])
    drift = compared(deployment(replicas=2), live(deployment(replicas=0)), scalers=scalers)
    assert [c.ignored is not None for c in drift.changes] == [is_waived]


def test_a_zero_that_git_does_not_declare_may_be_of_a_scaler_to_zero() -> None:
    body = deployment()
    found = live(deployment(replicas=0), entry("kustomize-controller", {"spec": {"selector": {}}}, operation="Apply"))
    assert compared(body, found, scalers=Scalers.of([scaler(KEDA)])).status == "in-sync"
    assert compared(body, found, scalers=Scalers.of([scaler(HPA)])).status == "modified"


def test_a_keda_target_is_a_deployment_unless_it_says_otherwise() -> None:
    body = scaler(KEDA)
    body["spec"]["scaleTargetRef"] = {"name": "web"}
    assert Scalers.of([body]).of_resource(declared(deployment()).key)


@pytest.mark.parametrize(
    "other",
    [
        scaler(HPA, namespace="other"),
        scaler(VPA),
        scaler(KEDA)
        | {"metadata": {"name": "s", "namespace": "shop", "annotations": {"autoscaling.keda.sh/paused": "true"}}},
        {"apiVersion": "v1", "kind": "ConfigMap", "spec": {"scaleTargetRef": {"name": "web"}}},
        {"kind": None, "spec": []},
        {},
    ],
)
def test_what_scales_something_else_or_nothing_waives_nothing(other: dict[str, Any]) -> None:
    assert not Scalers.of([other]).of_resource(declared(deployment()).key)


def limited(cpu: str) -> dict[str, Any]:
    containers = [{"name": "web", "image": "nginx:1", "resources": {"requests": {"cpu": cpu}}}]
    return deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}})


REQUESTS: dict[str, Any] = {"f:spec": {"f:template": {"f:spec": {"f:containers": {
    'k:{"name":"web"}': {"f:resources": {"f:requests": {"f:cpu": {}}}}
}}}}}  # fmt: skip


@pytest.mark.parametrize("manager", ["vpa-updater", "kubectl-set", "nightly-script", "argocd-controller"])
def test_a_vertical_scaler_acts_on_pods_and_keeps_nothing_of_a_workload(manager: str) -> None:
    found = live(limited("2"), entry(manager, REQUESTS))
    assert compared(limited("1"), found, scalers=Scalers.of([scaler(VPA)])).status == "modified"


@pytest.mark.parametrize(
    ("manager", "more", "is_kept"),
    [
        ("kube-controller-manager", {"subresource": "scale"}, True),
        ("kube-controller-manager", {}, True),
        ("keda-operator", {"subresource": "scale"}, True),
        ("my-autoscaler", {"subresource": "scale"}, True),
        ("my-operator", {}, False),
        ("kubectl", {"subresource": "scale"}, False),
        ("kubectl-edit", {}, False),
        ("nightly-script", {"subresource": "scale"}, False),
        ("argocd-controller", {}, False),
    ],
)
@pytest.mark.parametrize("form", [HPA, KEDA])
def test_a_scaler_keeps_only_replicas_that_a_scaler_wrote(
    form: tuple[str, str, str], manager: str, more: dict[str, str], is_kept: bool
) -> None:
    found = live(deployment(replicas=9), entry(manager, SCALE, **more))
    drift = compared(deployment(replicas=2), found, scalers=Scalers.of([scaler(form)]))
    assert (drift.status == "in-sync") is is_kept


def test_replicas_that_a_person_adds_beside_a_scaler_count() -> None:
    found = live(deployment(replicas=9), entry("kubectl", SCALE, subresource="scale"))
    assert compared(deployment(), found, scalers=Scalers.of([scaler(HPA)])).status == "modified"


def test_replicas_that_git_changed_are_pending_beside_a_scaler_too() -> None:
    found = live(deployment(replicas=2), entry("argocd-controller", SCALE, "Apply"))
    (change,) = compared(deployment(replicas=3), found, scalers=Scalers.of([scaler(HPA)])).changes
    assert (change.cause, change.ignored) == ("git", None)


def test_declaring_replicas_beside_a_scaler_is_a_fault_of_the_manifest() -> None:
    scalers = Scalers.of([scaler(HPA), scaler(HPA)])
    fault = scalers.fault(declared(deployment(replicas=2)))
    assert fault is not None
    assert fault.path == "spec.replicas"
    assert "HorizontalPodAutoscaler shop/s" in fault.message


def test_nothing_is_wrong_without_replicas_or_beside_a_vertical_scaler() -> None:
    assert Scalers.of([scaler(HPA)]).fault(declared(deployment())) is None
    assert Scalers.of([scaler(VPA)]).fault(declared(deployment(replicas=2))) is None
    assert Scalers().fault(declared(deployment(replicas=2))) is None
    assert not Scalers()
