"""API versions that were retired, kinds that Kubernetes does not have, and schemas by version."""

from __future__ import annotations

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.manifest_schema import ManifestSchemas, offline_documents, retirement, versions
from tests.unit.policy.manifest_schema.test_check import OFFLINE

RETIRED = [
    ("extensions/v1beta1", "Deployment", "1.16", True),
    ("extensions/v1beta1", "Ingress", "1.16", False),
    ("policy/v1beta1", "PodDisruptionBudget", "v1.24.3+k3s1", False),
    ("policy/v1beta1", "PodDisruptionBudget", "v1.25.0", True),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.26", True),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.31", False),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.32", True),
]


@pytest.mark.parametrize(("api_version", "kind", "version", "is_removed"), RETIRED)
def test_a_retired_api_version_is_told_by_version(api_version: str, kind: str, version: str, is_removed: bool) -> None:
    found = retirement({"apiVersion": api_version, "kind": kind}, version)
    assert found is not None
    assert found.is_removed == is_removed
    assert found.message.startswith(f"{api_version} {kind} is {'removed in' if is_removed else 'deprecated since'}")


@pytest.mark.parametrize(
    ("api_version", "kind", "version"),
    [
        ("apps/v1", "Deployment", "1.36"),
        ("policy/v1beta1", "PodDisruptionBudget", "1.20"),
        ("policy/v1beta1", "PodDisruptionBudget", ""),
        ("shop.example/v1beta1", "Ingress", "1.36"),
    ],
)
def test_an_api_version_in_good_standing_is_not_told(api_version: str, kind: str, version: str) -> None:
    assert retirement({"apiVersion": api_version, "kind": kind}, version) is None


def test_a_removed_api_version_is_a_fault_with_its_successor() -> None:
    (fault,) = OFFLINE.check({"apiVersion": "batch/v1beta1", "kind": "CronJob"})
    assert fault.pointer == "/apiVersion"
    assert fault.message == "batch/v1beta1 CronJob is removed in Kubernetes 1.25: use batch/v1"


def test_a_deprecated_api_version_is_a_fault_beside_the_others() -> None:
    schemas = ManifestSchemas(offline_documents("1.25"), kubernetes_version="1.25")
    body = {
        "apiVersion": "autoscaling/v2beta2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": "3"},
    }
    found = {fault.pointer: fault.message for fault in schemas.check(body)}
    assert found == {
        "/apiVersion": "autoscaling/v2beta2 HorizontalPodAutoscaler is deprecated since Kubernetes 1.23 and removed "
        "in 1.26: use autoscaling/v2",
        "/spec/maxReplicas": "must be an integer, not a string",
    }


@pytest.mark.parametrize(
    ("api_version", "kind", "pointer", "message"),
    [
        ("apps/v1", "Deploymnt", "/kind", "Kubernetes has no such kind at this apiVersion, did you mean 'Deployment'?"),
        ("apps/v2", "Deployment", "/apiVersion", "Kubernetes has this kind at apps/v1 only"),
        ("v2", "ConfigMap", "/apiVersion", "Kubernetes has this kind at v1 only"),
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            "/apiVersion",
            "policy/v1beta1 PodDisruptionBudget is removed in Kubernetes 1.25: use policy/v1",
        ),
    ],
)
def test_without_a_cluster_a_kind_that_kubernetes_does_not_have_is_a_fault(
    api_version: str, kind: str, pointer: str, message: str
) -> None:
    (fault,) = ManifestSchemas.offline("1.30").check({"apiVersion": api_version, "kind": kind})
    assert (fault.pointer, fault.message) == (pointer, message)


def test_without_a_cluster_a_kind_of_another_group_is_not_covered() -> None:
    gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"}
    assert ManifestSchemas.offline("1.30").check(gateway) == ()


def test_the_offline_schemas_are_those_of_the_version_that_is_asked_for() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [], "hostUsers": False}}
    profile = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [], "resources": {}}}
    assert ManifestSchemas(offline_documents("1.25")).check(pod) == ()
    assert ManifestSchemas(offline_documents("v1.25.3")).check(profile)[0].pointer == "/spec/resources"
    assert ManifestSchemas(offline_documents("latest")).check(profile) == ()


def test_a_version_without_schemas_is_an_error_that_names_those_there_are() -> None:
    assert versions()[0] == "1.25"
    with pytest.raises(PolicyError, match=r"no schema of Kubernetes '1\.3'") as error:
        offline_documents("1.3")
    assert "1.25" in error.value.hint


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PolicyError, match="not installed") as error:
        offline_documents("latest")
    assert "gitops-audit[offline]" in error.value.hint


@pytest.mark.parametrize(("kind", "is_told"), [("ConfigMap", False), ("Secret", True)])
def test_of_a_map_that_is_hidden_nothing_is_told_but_in_a_secret(kind: str, is_told: bool) -> None:
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "data": "<redacted:0123456789ab>"}
    schemas = ManifestSchemas.offline("1.36")
    assert bool(schemas.check(body)) == is_told
