"""The Kubernetes that charts are rendered for: each cluster's own, else the one that `kubernetesVersion` says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gitops_audit.config.settings import Settings
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.errors import PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema.offline import offline_documents, offline_version
from gitops_audit.render.chart_text import defined_api_versions
from gitops_audit.render.given import Target

_KINDS = "x-kubernetes-group-version-kind"
_VERSION = re.compile(r"v?\d+\.\d+(?:\.\d+)?")


def offline_target(settings: Settings, definitions: Iterable[JsonObject]) -> Target:
    """What is known without a cluster: the kinds of that Kubernetes version, and the definitions that are declared."""
    is_assumed = settings.kubernetes.version == "latest"
    declared = {api for body in definitions for api in defined_api_versions(body)}
    try:
        version = offline_version(settings.kubernetes.version)
        built_in = _built_in(settings.kubernetes.version)
    except PolicyError:
        # The validation of manifests tells that there are no schemas of this version.
        version = "" if is_assumed else settings.kubernetes.version
        words = "helm's own list and the declared definitions"
        return Target(version, frozenset(declared), known_from=words, is_assumed=is_assumed)
    words = f"Kubernetes {version} and the declared definitions"
    return Target(f"{version}.0", frozenset(declared.union(built_in)), known_from=words, is_assumed=is_assumed)


def cluster_target(cluster: ReachedCluster, offline: Target) -> Target:
    """The version and the API versions of a cluster; of one that is down, or recorded without them, what is known."""
    live = cluster.live
    if live is None:
        return offline
    served = {api for r in live.discovery for api in (r.api_version, f"{r.api_version}/{r.kind}")}
    served |= {api for body in live.definitions for api in defined_api_versions(body)}
    found = _VERSION.match(live.version)
    if found is None:
        return replace(offline, api_versions=offline.api_versions | served)
    return Target(found[0], frozenset(served), is_served=True, known_from=f"cluster {cluster.name}", is_assumed=False)


def targets(
    clusters: Sequence[ReachedCluster], settings: Settings, definitions: Iterable[JsonObject]
) -> dict[str, Target]:
    """By the name of each cluster; the empty name is no cluster."""
    offline = offline_target(settings, definitions)
    return {"": offline} | {cluster.name: cluster_target(cluster, offline) for cluster in clusters}


def _built_in(version: str) -> Iterator[str]:
    document = offline_documents(version)("", "v1") or {}
    for schema in document["components"]["schemas"].values():
        for kind in schema.get(_KINDS, ()) if isinstance(schema, dict) else ():
            api = "/".join(filter(None, (kind.get("group"), kind.get("version"))))
            yield from (api, f"{api}/{kind.get('kind')}")
