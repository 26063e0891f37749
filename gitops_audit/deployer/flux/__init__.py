"""Flux: the marks that it writes and reads, and what its Kustomizations and HelmReleases deploy."""

from gitops_audit.deployer.flux.marks import (
    DRIFT_DETECTION,
    GIT_REPOSITORY,
    HELM_RELEASE,
    KUSTOMIZATION,
    OWNER,
    OWNER_NAMESPACE,
    PREFIXES,
    PRUNE,
    RECONCILE,
    RELEASE,
    RELEASE_NAMESPACE,
    SSA,
    SUBSTITUTE,
    deployed_objects,
    is_kustomization_healing,
    is_release_healing,
)

__all__ = [
    "DRIFT_DETECTION",
    "GIT_REPOSITORY",
    "HELM_RELEASE",
    "KUSTOMIZATION",
    "OWNER",
    "OWNER_NAMESPACE",
    "PREFIXES",
    "PRUNE",
    "RECONCILE",
    "RELEASE",
    "RELEASE_NAMESPACE",
    "SSA",
    "SUBSTITUTE",
    "deployed_objects",
    "is_kustomization_healing",
    "is_release_healing",
]
