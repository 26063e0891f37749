"""What is served: the legacy discovery documents and the aggregated ones (apidiscovery.k8s.io/v2)."""

from __future__ import annotations

from gitops_audit.sandbox.access import REVIEWS
from gitops_audit.sandbox.kinds import VERBS, Kind, Kinds
from gitops_audit.sandbox.status import unserved
from gitops_audit.sandbox.types import JsonObject

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
REVIEW_GROUP = "authorization.k8s.io"
_SUB_VERBS = ("get", "patch", "update")
_REVIEW_KINDS = dict(zip(REVIEWS, ("SelfSubjectAccessReview", "SelfSubjectRulesReview"), strict=True))
VERSION: JsonObject = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0+sandbox",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "sandbox",
}


def versions_of(kinds: Kinds) -> dict[str, list[str]]:
    """All groups with their versions, the reviews' group included."""
    return kinds.versions | {REVIEW_GROUP: ["v1"]}


def wants_aggregated(accept: str) -> bool:
    offers = [offer.replace(" ", "") for offer in accept.split(",")]
    return any({"g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"} <= set(o.split(";")) for o in offers)


def aggregated(kinds: Kinds, *, core: bool) -> JsonObject:
    groups = {g: v for g, v in versions_of(kinds).items() if (g == "") is core}
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {"version": version, "resources": _aggregated(kinds, group, version), "freshness": "Current"}
                for version in versions
            ],
        }
        for group, versions in groups.items()
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _aggregated(kinds: Kinds, group: str, version: str) -> list[JsonObject]:
    if group == REVIEW_GROUP:
        return [_aggregated_review(plural, kind) for plural, kind in _REVIEW_KINDS.items()]
    return [_aggregated_kind(kind) for kind in kinds.at(group, version)]


def _aggregated_review(plural: str, kind: str) -> JsonObject:
    return {
        "resource": plural,
        "responseKind": {"group": "", "version": "", "kind": kind},
        "scope": "Cluster",
        "singularResource": kind.lower(),
        "verbs": ["create"],
    }


def _aggregated_kind(kind: Kind) -> JsonObject:
    found: JsonObject = {
        "resource": kind.plural,
        "responseKind": _response_kind(kind),
        "scope": "Namespaced" if kind.is_namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(VERBS),
    }
    if kind.short_names:
        found["shortNames"] = list(kind.short_names)
    if kind.categories:
        found["categories"] = list(kind.categories)
    if kind.subresources:
        found["subresources"] = [_aggregated_subresource(kind, name) for name in kind.subresources]
    return found


def _response_kind(kind: Kind) -> JsonObject:
    return {"group": kind.group, "version": kind.version, "kind": kind.name}


def _aggregated_subresource(kind: Kind, name: str) -> JsonObject:
    scale = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    response = scale if name == "scale" else _response_kind(kind)
    return {"subresource": name, "responseKind": response, "verbs": list(_SUB_VERBS)}


def core_versions(address: str) -> JsonObject:
    client = {"clientCIDR": "0.0.0.0/0", "serverAddress": address}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [client]}


def group_list(kinds: Kinds) -> JsonObject:
    groups = [_group(group, versions) for group, versions in versions_of(kinds).items() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(kinds: Kinds, name: str) -> JsonObject:
    """Raises ApiError 404 for a group that is not served."""
    versions = versions_of(kinds).get(name)
    if versions is None or not name:
        raise unserved()
    return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, versions)


def _group(name: str, versions: list[str]) -> JsonObject:
    entries = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": entries, "preferredVersion": entries[0]}


def resource_list(kinds: Kinds, group: str, version: str) -> JsonObject:
    """Raises ApiError 404 for a version that is not served."""
    if version not in versions_of(kinds).get(group, ()):
        raise unserved()
    served = f"{group}/{version}" if group else version
    resources = [entry for kind in kinds.at(group, version) for entry in _resources(kind)]
    if group == REVIEW_GROUP:
        resources = [_review(plural, kind) for plural, kind in _REVIEW_KINDS.items()]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": served, "resources": resources}


def _review(plural: str, kind: str) -> JsonObject:
    return {"name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": ["create"]}


def _resources(kind: Kind) -> list[JsonObject]:
    main: JsonObject = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.is_namespaced,
        "kind": kind.name,
        "verbs": list(VERBS),
    }
    if kind.short_names:
        main["shortNames"] = list(kind.short_names)
    if kind.categories:
        main["categories"] = list(kind.categories)
    return [main, *(_subresource(kind, name) for name in kind.subresources)]


def _subresource(kind: Kind, name: str) -> JsonObject:
    found: JsonObject = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.is_namespaced,
        "kind": "Scale" if name == "scale" else kind.name,
        "verbs": list(_SUB_VERBS),
    }
    return found | ({"group": "autoscaling", "version": "v1"} if name == "scale" else {})
