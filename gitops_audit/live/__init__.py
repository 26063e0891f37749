"""Reading clusters, and recordings of them: the only stage that talks to an API server."""

from __future__ import annotations

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.live.cluster import Cluster, OnRead, Refusal, Stats
from gitops_audit.live.discovery import ApiResource, Discovery
from gitops_audit.live.liveset import LiveSet
from gitops_audit.model.redact import Redactor

__all__ = [
    "ApiResource",
    "Cluster",
    "Discovery",
    "LiveSet",
    "OnRead",
    "Refusal",
    "Stats",
    "connect",
    "kubeconfig_contexts",
]


def connect(config: ClusterConfig, *, redactor: Redactor) -> Cluster:
    """A cluster, or its recording, ready to be read. Raises ClusterError.

    The cluster's own `redactor` must be used for what is compared with it: a recording brings its key along.
    """
    if config.snapshot is not None:
        from gitops_audit.live.snapshot import open_recording

        return open_recording(config.name, config.snapshot, redactor)
    from gitops_audit.live.server import ServerCluster

    return ServerCluster.connect(config, redactor)


def kubeconfig_contexts() -> tuple[str, ...]:
    """The contexts of the user's kubeconfig, for suggestions; empty where there is none or it cannot be read."""
    from gitops_audit.live.client import kubeconfig_contexts as contexts

    return contexts()
