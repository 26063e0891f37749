"""Argo CD: the marks that it writes and reads, and what its Applications deploy."""

from gitops_audit.deployer.argocd.marks import (
    APPLICATION,
    APPLICATION_SET,
    COMPARE_OPTIONS,
    HOOK,
    INSTANCE,
    MANAGERS,
    OPERATION,
    PREFIX,
    REQUESTS,
    SYNC_OPTIONS,
    TRACKING,
    deployed_objects,
    is_healing,
    sync_wave,
    tracking_id,
)

__all__ = [
    "APPLICATION",
    "APPLICATION_SET",
    "COMPARE_OPTIONS",
    "HOOK",
    "INSTANCE",
    "MANAGERS",
    "OPERATION",
    "PREFIX",
    "REQUESTS",
    "SYNC_OPTIONS",
    "TRACKING",
    "deployed_objects",
    "is_healing",
    "sync_wave",
    "tracking_id",
]
