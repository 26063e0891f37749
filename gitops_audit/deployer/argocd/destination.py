"""Where an Application deploys to: which cluster of the configuration.

Source: argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup (clusters).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from gitops_audit.deployer.expansion import Context, Placed
from gitops_audit.model.resource import JsonObject, mapping

IN_CLUSTER_SERVER, IN_CLUSTER_NAME = "https://kubernetes.default.svc", "in-cluster"


class NoDestinationError(Exception):
    """No cluster of the configuration is meant; the message says why."""


def cluster_of(application: JsonObject, placed: Placed, context: Context) -> str:
    """The cluster that an Application deploys to. Raises NoDestinationError."""
    destination = mapping(mapping(application.get("spec")).get("destination"))
    server, name = str(destination.get("server") or "").rstrip("/"), str(destination.get("name") or "")
    if server and name:
        raise NoDestinationError("it names its destination by server and by name, and Argo CD takes only one of them")
    known = dict(context.source.destinations)
    for told in (server, f"{server}/", name):
        if told.strip("/") and told in known:
            return known[told]
    if server in (IN_CLUSTER_SERVER, f"{IN_CLUSTER_SERVER}:443") or (not server and name == IN_CLUSTER_NAME):
        return placed.cluster
    if name in context.clusters:
        return name
    if not server and not name:
        raise NoDestinationError("it names no destination")
    if not context.clusters:
        return name or urlsplit(server).hostname or server
    raise NoDestinationError(
        f"its destination {server or name} is no cluster of the configuration (add it to `destinations`)"
    )
