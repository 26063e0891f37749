"""What an action does beside what it is for, and when its turn is."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.deployer import argocd
from gitops_audit.model.finding import Change
from gitops_audit.model.resource import JsonObject, ResourceKey
from gitops_audit.remediate.document import ActionName, Effect

_ROLLED = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")})
_HOLDS_DATA = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("apps", "StatefulSet"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
_FIRST = (
    {"CustomResourceDefinition"},
    {"Namespace"},
    {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "StorageClass"},
    {"ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim", "LimitRange", "ResourceQuota", "Service"},
)
_LAST = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "HorizontalPodAutoscaler", "APIService"}
_KINDS = 10
_SOURCES = 1_000_000  # further apart than the sync waves of one source
_DELETIONS = 10_000_000_000


def effect_of(action: ActionName, key: ResourceKey, changes: Sequence[Change]) -> Effect:
    """`restart`: pods are replaced; `data-loss`: what the object holds goes with it."""
    kind = (key.group, key.kind)
    if action in ("delete", "recreate"):
        return "data-loss" if kind in _HOLDS_DATA else "restart" if kind in _ROLLED else "none"
    is_template = any(c.pointer == "/spec/template" or c.pointer.startswith("/spec/template/") for c in changes)
    return "restart" if kind in _ROLLED and is_template else "none"


def wave_of(action: ActionName, key: ResourceKey, declared: JsonObject, rank: int = 0) -> int:
    """Lower goes first: the sources that others wait for (`rank` is how many there are before this one), then Argo CD's
    sync wave, then definitions, namespaces, rights, configuration, workloads; what is deleted comes last, in the other
    direction."""
    place = _place(key.kind)
    if action == "delete":
        return _DELETIONS - rank * _SOURCES + _KINDS - place
    return rank * _SOURCES + argocd.sync_wave(declared) * _KINDS + place


def sync_wave_of(wave: int) -> int:
    """What tells the sync waves of one source apart."""
    return wave // _KINDS


def _place(kind: str) -> int:
    for place, kinds in enumerate(_FIRST):
        if kind in kinds:
            return place
    return _KINDS - 1 if kind in _LAST else len(_FIRST)
