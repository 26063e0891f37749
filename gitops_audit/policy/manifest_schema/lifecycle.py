"""API versions that Kubernetes deprecated or removed (Kubernetes documentation, Deprecated API Migration Guide)."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_audit.kube.version import minor_of
from gitops_audit.model.resource import JsonObject

# group/version: (deprecated in 1.x, removed in 1.x, its successor), then the kinds it holds for.
_RETIRED: dict[tuple[str, int, int, str], str] = {
    ("extensions/v1beta1", 8, 16, "apps/v1"): "DaemonSet Deployment ReplicaSet",
    ("extensions/v1beta1", 9, 16, "networking.k8s.io/v1"): "NetworkPolicy",
    ("extensions/v1beta1", 10, 16, ""): "PodSecurityPolicy",
    ("extensions/v1beta1", 14, 22, "networking.k8s.io/v1"): "Ingress",
    ("apps/v1beta1", 8, 16, "apps/v1"): "Deployment StatefulSet ControllerRevision",
    ("apps/v1beta2", 9, 16, "apps/v1"): "DaemonSet Deployment ReplicaSet StatefulSet ControllerRevision",
    ("admissionregistration.k8s.io/v1beta1", 16, 22, "admissionregistration.k8s.io/v1"): (
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
    ),
    ("admissionregistration.k8s.io/v1beta1", 31, 34, "admissionregistration.k8s.io/v1"): (
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    ),
    ("apiextensions.k8s.io/v1beta1", 16, 22, "apiextensions.k8s.io/v1"): "CustomResourceDefinition",
    ("apiregistration.k8s.io/v1beta1", 19, 22, "apiregistration.k8s.io/v1"): "APIService",
    ("authentication.k8s.io/v1beta1", 19, 22, "authentication.k8s.io/v1"): "TokenReview",
    ("authorization.k8s.io/v1beta1", 19, 22, "authorization.k8s.io/v1"): (
        "LocalSubjectAccessReview SelfSubjectAccessReview SubjectAccessReview SelfSubjectRulesReview"
    ),
    ("certificates.k8s.io/v1beta1", 19, 22, "certificates.k8s.io/v1"): "CertificateSigningRequest",
    ("coordination.k8s.io/v1beta1", 19, 22, "coordination.k8s.io/v1"): "Lease",
    ("networking.k8s.io/v1beta1", 19, 22, "networking.k8s.io/v1"): "Ingress IngressClass",
    ("rbac.authorization.k8s.io/v1beta1", 17, 22, "rbac.authorization.k8s.io/v1"): (
        "ClusterRole ClusterRoleBinding Role RoleBinding"
    ),
    ("rbac.authorization.k8s.io/v1alpha1", 17, 22, "rbac.authorization.k8s.io/v1"): (
        "ClusterRole ClusterRoleBinding Role RoleBinding"
    ),
    ("scheduling.k8s.io/v1beta1", 14, 22, "scheduling.k8s.io/v1"): "PriorityClass",
    ("storage.k8s.io/v1beta1", 17, 22, "storage.k8s.io/v1"): "CSINode",
    ("storage.k8s.io/v1beta1", 19, 22, "storage.k8s.io/v1"): "CSIDriver StorageClass VolumeAttachment",
    ("storage.k8s.io/v1beta1", 24, 27, "storage.k8s.io/v1"): "CSIStorageCapacity",
    ("autoscaling/v2beta1", 22, 25, "autoscaling/v2"): "HorizontalPodAutoscaler",
    ("autoscaling/v2beta2", 23, 26, "autoscaling/v2"): "HorizontalPodAutoscaler",
    ("batch/v1beta1", 21, 25, "batch/v1"): "CronJob",
    ("discovery.k8s.io/v1beta1", 21, 25, "discovery.k8s.io/v1"): "EndpointSlice",
    ("events.k8s.io/v1beta1", 22, 25, "events.k8s.io/v1"): "Event",
    ("node.k8s.io/v1beta1", 22, 25, "node.k8s.io/v1"): "RuntimeClass",
    ("policy/v1beta1", 21, 25, "policy/v1"): "PodDisruptionBudget",
    ("policy/v1beta1", 21, 25, ""): "PodSecurityPolicy",
    ("flowcontrol.apiserver.k8s.io/v1beta1", 23, 26, "flowcontrol.apiserver.k8s.io/v1"): (
        "FlowSchema PriorityLevelConfiguration"
    ),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 26, 29, "flowcontrol.apiserver.k8s.io/v1"): (
        "FlowSchema PriorityLevelConfiguration"
    ),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 29, 32, "flowcontrol.apiserver.k8s.io/v1"): (
        "FlowSchema PriorityLevelConfiguration"
    ),
    ("storage.k8s.io/v1alpha1", 32, 35, "storage.k8s.io/v1"): "VolumeAttributesClass",
    ("storage.k8s.io/v1beta1", 34, 37, "storage.k8s.io/v1"): "VolumeAttributesClass",
    ("networking.k8s.io/v1beta1", 34, 37, "networking.k8s.io/v1"): "IPAddress ServiceCIDR",
    ("resource.k8s.io/v1beta1", 35, 38, "resource.k8s.io/v1"): (
        "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"
    ),
    ("resource.k8s.io/v1beta2", 36, 39, "resource.k8s.io/v1"): (
        "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"
    ),
    ("admissionregistration.k8s.io/v1alpha1", 29, 32, "admissionregistration.k8s.io/v1"): (
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    ),
    ("admissionregistration.k8s.io/v1alpha1", 35, 38, "admissionregistration.k8s.io/v1"): (
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
    ),
    ("admissionregistration.k8s.io/v1beta1", 37, 40, "admissionregistration.k8s.io/v1"): (
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
    ),
}
_BY_KIND = {
    (api_version, kind): (deprecated, removed, successor)
    for (api_version, deprecated, removed, successor), kinds in _RETIRED.items()
    for kind in kinds.split()
}


@dataclass(frozen=True, slots=True)
class Retirement:
    """A deprecated (`is_removed` false) or removed API version, for the Kubernetes version that was asked about."""

    message: str
    is_removed: bool


def retirement(body: JsonObject, kubernetes_version: str) -> Retirement | None:
    """Whether an object's apiVersion is deprecated or gone in a Kubernetes version (`1.30`, `v1.30.2+k3s1`).

    None for versions in good standing, for kinds that are not Kubernetes' own, and where the version is not known.
    """
    found = _BY_KIND.get((str(body.get("apiVersion")), str(body.get("kind"))))
    minor = minor_of(kubernetes_version) if found else 0
    if found is None or minor < found[0]:
        return None
    deprecated, removed, successor = found
    is_removed = minor >= removed
    history = f"removed in Kubernetes 1.{removed}" if is_removed else f"deprecated since Kubernetes 1.{deprecated}"
    advice = f"use {successor}" if successor else "there is no successor"
    until = "" if is_removed else f" and removed in 1.{removed}"
    return Retirement(f"{body['apiVersion']} {body['kind']} is {history}{until}: {advice}", is_removed)
