"""What the credentials may do, by asking the server's authorizer (authorization.k8s.io/v1 self-subject reviews)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gitops_audit.errors import ClusterError
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.http import HttpClient
from gitops_audit.live.server import CONCURRENCY, ServerCluster
from gitops_audit.live.workers import threads
from gitops_audit.model.resource import JsonObject, mapping


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be done with a kind in a namespace; an empty namespace stands for the whole cluster."""

    api: ApiResource
    namespace: str
    can_list: bool
    can_get: bool
    can_patch: bool


def user(cluster: ServerCluster) -> str:
    """Whom the server takes the credentials for; empty where it does not say (before Kubernetes 1.28)."""
    try:
        status = _review(cluster.client, "authentication.k8s.io", "SelfSubjectReview", {})
    except ClusterError:
        return ""
    return str(mapping(status.get("userInfo")).get("username", ""))


def permissions(
    cluster: ServerCluster, kinds: Collection[ApiResource], namespaces: Collection[str]
) -> tuple[Permission, ...]:
    """One row per kind that may be listed everywhere, else one per kind and namespace. Raises ClusterError."""
    with threads(CONCURRENCY, "access") as pool:
        rows = pool.map(lambda api: list(_rows(cluster.client, api, namespaces)), kinds)
        return tuple(row for found in rows for row in found)


def _rows(client: HttpClient, api: ApiResource, namespaces: Collection[str]) -> Iterator[Permission]:
    everywhere = _permission(client, api, "")
    if everywhere.can_list or not api.namespaced or not namespaces:
        yield everywhere
    else:
        yield from (_permission(client, api, namespace) for namespace in namespaces)


def _permission(client: HttpClient, api: ApiResource, namespace: str) -> Permission:
    return Permission(api, namespace, *(_may(client, verb, api, namespace) for verb in ("list", "get", "patch")))


def _may(client: HttpClient, verb: str, api: ApiResource, namespace: str) -> bool:
    attributes = {"verb": verb, "group": api.group, "version": api.version, "resource": api.plural}
    spec = {"resourceAttributes": attributes | ({"namespace": namespace} if namespace else {})}
    return _review(client, "authorization.k8s.io", "SelfSubjectAccessReview", spec).get("allowed") is True


def _review(client: HttpClient, group: str, kind: str, spec: JsonObject) -> JsonObject:
    """The status of a review. It creates nothing, so it may be sent again."""
    body = {"apiVersion": f"{group}/v1", "kind": kind, "spec": spec}
    path = f"/apis/{group}/v1/{kind.lower()}s"
    return mapping(client.send("POST", path, body, content_type="application/json").get("status"))
