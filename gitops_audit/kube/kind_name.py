"""The names a person types for a kind: in any case, singular or plural, short as in kubectl, with a group or not."""

from __future__ import annotations

from gitops_audit.kube.glob import is_like
from gitops_audit.kube.plural import plural

_SHORT = {
    "cj": "cronjob",
    "cm": "configmap",
    "crd": "customresourcedefinition",
    "crds": "customresourcedefinition",
    "deploy": "deployment",
    "ds": "daemonset",
    "ep": "endpoints",
    "hpa": "horizontalpodautoscaler",
    "ing": "ingress",
    "limits": "limitrange",
    "netpol": "networkpolicy",
    "no": "node",
    "ns": "namespace",
    "pc": "priorityclass",
    "pdb": "poddisruptionbudget",
    "po": "pod",
    "pv": "persistentvolume",
    "pvc": "persistentvolumeclaim",
    "quota": "resourcequota",
    "rs": "replicaset",
    "sa": "serviceaccount",
    "sc": "storageclass",
    "sts": "statefulset",
    "svc": "service",
}


def is_kind(typed: str, kind: str, group: str) -> bool:
    """Whether `typed` (`deploy`, `Deployments`, `deployments.apps`, `deploy*`) names a kind."""
    word, _, wanted_group = typed.lower().partition(".")
    lower = kind.lower()
    names = (lower, plural(kind))
    is_named = _SHORT.get(word) == lower or any(is_like(word, name) for name in names)
    return is_named and (not wanted_group or is_like(wanted_group, group.lower()))
