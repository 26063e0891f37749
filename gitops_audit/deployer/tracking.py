"""What deployers write on the objects they deploy, to know them again. Git does not declare these marks.

Sources: Argo CD's resource tracking, Flux's kustomize- and helm-controller labels, Helm 3's ownership metadata,
KEP-3659 (ApplySet), Carvel kapp, Rancher Fleet, Config Sync.
"""

from __future__ import annotations

from typing import Any

from gitops_audit.deployer import argocd, flux, helm
from gitops_audit.kube.path import Path
from gitops_audit.model.resource import JsonObject

INSTANCE = "app.kubernetes.io/instance"
MANAGED_BY = "app.kubernetes.io/managed-by"
APPLYSET = "applyset.kubernetes.io/part-of"
KAPP = "kapp.k14s.io/app"

_PREFIXES = (
    argocd.PREFIX,
    *flux.PREFIXES,
    helm.PREFIX,
    "applyset.kubernetes.io/",
    "kapp.k14s.io/",
    "objectset.rio.cattle.io/",
    "fleet.cattle.io/",
    "configmanagement.gke.io/",
    "configsync.gke.io/",
    "config.k8s.io/",
    "pulumi.com/",
    "crossplane.io/",
    "kluctl.io/",
    "werf.io/",
)
_LABELS = frozenset({INSTANCE, MANAGED_BY, KAPP, "kapp.k14s.io/association"})


def is_mark(path: Path) -> bool:
    """Whether a label or annotation is a deployer's own."""
    if len(path) != 3 or path[0] != "metadata" or path[1] not in ("labels", "annotations"):
        return False
    key = path[2]
    return isinstance(key, str) and (key.startswith(_PREFIXES) or key in _LABELS)


def trackers(metadata: JsonObject) -> frozenset[str]:
    """Which deployments an object is part of, as comparable texts (`flux: flux-system/apps`); empty where none."""
    labels, annotations = _strings(metadata, "labels"), _strings(metadata, "annotations")
    found = {
        "Argo CD": annotations.get(argocd.TRACKING, "").partition(":")[0] or labels.get(argocd.INSTANCE, ""),
        "Flux": _joined(labels, flux.OWNER_NAMESPACE, flux.OWNER),
        "Flux Helm": _joined(labels, flux.RELEASE_NAMESPACE, flux.RELEASE),
        "Helm": _joined(annotations, helm.RELEASE_NAMESPACE, helm.RELEASE),
        "ApplySet": labels.get(APPLYSET, ""),
        "kapp": labels.get(KAPP, ""),
        "Fleet": annotations.get("objectset.rio.cattle.io/id", ""),
    }
    return frozenset(f"{tool}: {name}" for tool, name in found.items() if name)


def _joined(values: dict[str, str], namespace: str, name: str) -> str:
    return f"{values.get(namespace, '')}/{values[name]}" if name in values else ""


def _strings(metadata: JsonObject, field: str) -> dict[str, str]:
    found: Any = metadata.get(field)
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
