"""Where an Application deploys to: which cluster of the configuration.

Source: argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup (clusters).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from gitops_audit.deployer.expansion import Context, Placed
from gitops_audit.model.resource import JsonObject, mapping

IN_CLUSTER_SERVER, IN_CLUSTER_NAME = "https://kubernetes.default.svc", "in-cluster"
_OWN_SERVERS = (IN_CLUSTER_SERVER, f"{IN_CLUSTER_SERVER}:443")


class NoDestinationError(Exception):
    """No cluster of the configuration is meant; the message says why."""


def is_own_cluster(destination: JsonObject) -> bool:
    """Whether the cluster is meant that Argo CD runs in."""
    server, name = str(destination.get("server") or "").rstrip("/"), destination.get("name")
    return server in _OWN_SERVERS if server else name == IN_CLUSTER_NAME


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
    if is_own_cluster(destination):
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
