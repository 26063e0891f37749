"""Which rules hold for which kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gitops_audit.model.path import child, pointer_tokens
from gitops_audit.model.redact import is_redacted
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.object_validation import (
    availability,
    batch,
    data,
    definition,
    ingress,
    network_policy,
    rbac,
    service,
    storage,
    webhook,
    workload,
)
from gitops_audit.policy.object_validation.field import Fault, Faults, Fields
from gitops_audit.policy.object_validation.metadata import metadata

Rule = Callable[[Fields, int], Faults]

_RULES: Mapping[str, Mapping[str, Rule]] = {
    "": {
        "ConfigMap": data.config_map,
        "PersistentVolume": storage.volume,
        "PersistentVolumeClaim": storage.claim,
        "Pod": workload.pod,
        "PodTemplate": workload.pod_template_object,
        "ReplicationController": workload.replication_controller,
        "Secret": data.secret,
        "Service": service.service,
    },
    "admissionregistration.k8s.io": {
        "MutatingWebhookConfiguration": webhook.webhooks,
        "ValidatingWebhookConfiguration": webhook.webhooks,
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition": definition.definition},
    "apps": {
        "DaemonSet": workload.daemon_set,
        "Deployment": workload.deployment,
        "ReplicaSet": workload.replica_set,
        "StatefulSet": workload.stateful_set,
    },
    "autoscaling": {"HorizontalPodAutoscaler": availability.autoscaler},
    "batch": {"CronJob": batch.cron_job, "Job": batch.job},
    "networking.k8s.io": {"Ingress": ingress.ingress, "NetworkPolicy": network_policy.network_policy},
    "policy": {"PodDisruptionBudget": availability.disruption_budget},
    "rbac.authorization.k8s.io": {
        "ClusterRole": rbac.cluster_role,
        "ClusterRoleBinding": rbac.cluster_role_binding,
        "Role": rbac.role,
        "RoleBinding": rbac.role_binding,
    },
    "scheduling.k8s.io": {"PriorityClass": availability.priority_class},
    "storage.k8s.io": {"StorageClass": storage.storage_class},
}
_BY_KIND = {(group, kind): rule for group, kinds in _RULES.items() for kind, rule in kinds.items()}


# Of these maps the keys have rules, the values have none.
_KEYED = ("/data/", "/binaryData/")


def object_faults(body: JsonObject, group: str, kind: str, minor: int = 0) -> list[Fault]:
    """What the API server of Kubernetes 1.`minor` (0: the newest) refuses about an object that fits its schema.

    Each fault is a pointer (RFC 6901) and a message, which quotes no value. Nothing raises, whatever the object is.
    Of a redacted value nothing is known, so nothing is told.
    """
    fields = body.get("metadata")
    found = list(metadata(fields, group, kind, minor)) if isinstance(fields, dict) else []
    rule = _BY_KIND.get((group, kind))
    found += rule(body, minor) if rule is not None else ()
    return [fault for fault in found if not _is_redacted(body, fault[0])] if found else found


def _is_redacted(body: JsonObject, pointer: str) -> bool:
    value: Any = body
    is_about_key = pointer.startswith(_KEYED)
    for token in pointer_tokens(pointer):
        value = child(value, token)
        if is_redacted(token) or (is_redacted(value) and not is_about_key):
            return True
    return False
