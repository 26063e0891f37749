"""What the server writes in answer to somebody's change: no wish of its own, and told by the change itself."""

from __future__ import annotations

from typing import Any

from gitops_audit.kube.path import Item, Path, lookup
from gitops_audit.model.resource import JsonObject

# By kind and field (`pkg/apis/*/v1/defaults.go`): a Service that becomes a NodePort gets these, a Deployment that is
# no longer Recreate those.
_ANSWERS: dict[tuple[str, str], dict[str, Any]] = {
    ("", "Service"): {
        "externalTrafficPolicy": "Cluster",
        "internalTrafficPolicy": "Cluster",
        "allocateLoadBalancerNodePorts": True,
    },
    ("apps", "Deployment"): {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    ("apps", "DaemonSet"): {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
    ("apps", "StatefulSet"): {"rollingUpdate": {"partition": 0}},
}

# The labels by which a Job knows its pods; the Job itself gets them where it is left without labels.
_JOB_LABELS = frozenset(
    {"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"}
)

# Whose elements admission and controllers put into lists that are owned as a whole.
_ADDED_TAINTS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
_ADDED_PULL_SECRET = "-dockercfg-"  # noqa: S105 (part of a name)


def is_consequence(group: str, kind: str, path: Path, value: Any, live: JsonObject) -> bool:
    """Whether an undeclared value is the server's answer to another field of the live object."""
    name = path[-1]
    if isinstance(name, Item):
        return not group and _is_by_admission(path, value)
    if name == "serviceAccount":  # the old name of a field: the server keeps both alike
        return bool(lookup(live, (*path[:-1], "serviceAccountName")) == value)
    if kind == "Job" and name in _JOB_LABELS:
        return group == "batch"
    answer = _ANSWERS.get((group, kind), {}).get(name)
    return answer is not None and bool(answer == value)


def _is_by_admission(path: Path, element: Any) -> bool:
    """Pods get tolerations, nodes get taints for their conditions; OpenShift gives ServiceAccounts a pull secret."""
    if not isinstance(element, dict):
        return False
    if path[:-1] in (("spec", "tolerations"), ("spec", "taints")):
        return str(element.get("key", "")).startswith(_ADDED_TAINTS)
    return path[:-1] == ("imagePullSecrets",) and _ADDED_PULL_SECRET in str(element.get("name", ""))
