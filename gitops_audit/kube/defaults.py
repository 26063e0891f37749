"""What the API server fills in where an object is silent: the defaults of the built-in kinds (API reference, v1.36).

Works in place, on an object that was just decoded and that nobody else holds.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

from gitops_audit.kube.pod_defaults import claim, default_pod, default_pod_spec
from gitops_audit.model.resource import JsonObject

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_RBAC = "rbac.authorization.k8s.io"


def has_defaults(group: str, kind: str) -> bool:
    return (group, kind) in _FILLS


def apply_defaults(group: str, kind: str, body: JsonObject) -> None:
    """Fills in the defaults of a built-in kind; kinds without any are left as they are."""
    fill = _FILLS.get((group, kind))
    if fill is not None:
        fill(body)


def _fill(target: JsonObject, **values: Any) -> None:
    for key, value in values.items():
        if target.get(key) in (None, ""):
            target[key] = value


def _secret(body: JsonObject) -> None:
    _fill(body, type="Opaque")
    text = body.pop("stringData", None)
    if text:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
        body["data"] = body.get("data", {}) | encoded


def _namespace(body: JsonObject) -> None:
    name = body["metadata"].get("name")
    if name:
        body["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name
    _fill(body["status"], phase="Active")


def _service(body: JsonObject) -> None:
    spec = body["spec"]
    _fill(spec, type="ClusterIP", sessionAffinity="None")
    if spec["type"] != "ExternalName":
        _fill(spec, internalTrafficPolicy="Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _fill(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}).setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        _fill(port, protocol="TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port["port"]


def _limit_range(body: JsonObject) -> None:
    for item in body["spec"].get("limits") or ():
        if item["type"] != "Container":
            continue
        _lay_under(item, "default", item.get("max", {}))
        _lay_under(item, "defaultRequest", item.get("default", {}) | item.get("min", {}))


def _lay_under(item: JsonObject, key: str, values: JsonObject) -> None:
    merged = values | item.get(key, {})
    if merged:
        item[key] = merged


def _deployment(body: JsonObject) -> None:
    spec = body["spec"]
    _fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    _fill(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        rolling = spec["strategy"].setdefault("rollingUpdate", {})
        _fill(rolling, maxUnavailable="25%", maxSurge="25%")
    default_pod_spec(spec["template"]["spec"])


def _stateful_set(body: JsonObject) -> None:
    spec = body["spec"]
    _fill(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")
    _fill(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _fill(spec["updateStrategy"].setdefault("rollingUpdate", {}), partition=0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    _fill(retention, whenDeleted="Retain", whenScaled="Retain")
    for template in spec.get("volumeClaimTemplates") or ():
        _fill(template, kind="PersistentVolumeClaim", apiVersion="v1")
        claim(template)
    default_pod_spec(spec["template"]["spec"])


def _daemon_set(body: JsonObject) -> None:
    spec = body["spec"]
    body["metadata"].setdefault("annotations", {}).setdefault(TEMPLATE_GENERATION, "1")
    _fill(spec, revisionHistoryLimit=10)
    _fill(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _fill(spec["updateStrategy"].setdefault("rollingUpdate", {}), maxUnavailable=1, maxSurge=0)
    default_pod_spec(spec["template"]["spec"])


def _replica_set(body: JsonObject) -> None:
    _fill(body["spec"], replicas=1)
    default_pod_spec(body["spec"]["template"]["spec"])


def _job(body: JsonObject) -> None:
    spec = body["spec"]
    if spec.get("completions") is None and spec.get("parallelism") is None:
        _fill(spec, completions=1)
    _fill(spec, parallelism=1, completionMode="NonIndexed", suspend=False, manualSelector=False)
    _fill(spec, backoffLimit=6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1)
    _fill(spec, podReplacementPolicy="Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    default_pod_spec(spec["template"]["spec"])


def _cron_job(body: JsonObject) -> None:
    spec = body["spec"]
    _fill(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    default_pod_spec(spec["jobTemplate"]["spec"]["template"]["spec"])


def _ingress_class(body: JsonObject) -> None:
    if "parameters" in body["spec"]:
        _fill(body["spec"]["parameters"], scope="Cluster")


def _network_policy(body: JsonObject) -> None:
    spec = body["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            _fill(port, protocol="TCP")


def _autoscaler(body: JsonObject) -> None:
    spec = body["spec"]
    _fill(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if "behavior" not in spec:
        return
    percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
    up, down = (spec["behavior"].setdefault(key, {}) for key in ("scaleUp", "scaleDown"))
    _fill(up, selectPolicy="Max", stabilizationWindowSeconds=0)
    _fill(up, policies=[{"type": "Pods", "value": 4, "periodSeconds": 15}, percent])
    _fill(down, selectPolicy="Max", policies=[dict(percent)])


def _binding(body: JsonObject) -> None:
    _fill(body["roleRef"], apiGroup=_RBAC)
    for subject in body.get("subjects") or ():
        if subject["kind"] in ("User", "Group"):
            _fill(subject, apiGroup=_RBAC)


def _storage_class(body: JsonObject) -> None:
    _fill(body, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _priority_class(body: JsonObject) -> None:
    _fill(body, preemptionPolicy="PreemptLowerPriority")


def _definition(body: JsonObject) -> None:
    spec = body["spec"]
    names = spec["names"]
    _fill(names, singular=names["kind"].lower(), listKind=f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})
    stored = _stored_versions(spec.get("versions") or ())
    if stored and not body["status"].get("storedVersions"):
        body["status"]["storedVersions"] = stored


def _stored_versions(versions: Iterable[JsonObject]) -> list[str]:
    return [version["name"] for version in versions if version["storage"]]


_FILLS: dict[tuple[str, str], Callable[[JsonObject], None]] = {
    ("", "Secret"): _secret,
    ("", "Namespace"): _namespace,
    ("", "Service"): _service,
    ("", "PersistentVolumeClaim"): claim,
    ("", "LimitRange"): _limit_range,
    ("", "Pod"): default_pod,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    (_RBAC, "RoleBinding"): _binding,
    (_RBAC, "ClusterRoleBinding"): _binding,
    ("storage.k8s.io", "StorageClass"): _storage_class,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
