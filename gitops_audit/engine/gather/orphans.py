"""Looks in a cluster for objects that no source declares: metadata-only LISTs of every kind that can hold some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops_audit.config.settings import OrphanConfig, SourceConfig
from gitops_audit.deployer.helm_release import release_of_source
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.orphans import Candidate, Orphan, OrphanSearch
from gitops_audit.errors import ClusterError
from gitops_audit.live import ApiResource, Cluster
from gitops_audit.live.problem import API_DOWN
from gitops_audit.live.workers import threads
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.model.subject import Undeclared, Unread

CONCURRENCY = 8
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Orphans:
    """What was found, and the kinds that could not be searched; `notes` say what was not even tried."""

    subjects: tuple[Undeclared | Unread, ...] = ()
    notes: tuple[str, ...] = ()


def find(
    cluster: Cluster,
    config: OrphanConfig,
    managers: Managers,
    declared: Sequence[Declared],
    sources: Sequence[SourceConfig] = (),
) -> Orphans:
    """The undeclared objects of a cluster. A kind that may not be listed becomes an error: unread is not clean."""
    namespaces = sorted({*config.namespaces, *(d.key.namespace for d in declared if d.key.namespace)})
    lists = [
        (api, namespace)
        for api in cluster.discovery.preferred()
        if "list" in api.verbs and OrphanSearch.is_listed(api.group, api.kind)
        for namespace in (namespaces if api.namespaced else ("",))
    ]
    with threads(CONCURRENCY, "orphans") as pool:
        answers = list(pool.map(lambda listed: _listed(cluster, *listed), lists))
    candidates = [c for answer in answers if not isinstance(answer, Unread) for c in answer]
    unknown = (_unknown(cluster.name, *api) for api in cluster.discovery.unknown())
    errors = {e.id: e for e in (*unknown, *(answer for answer in answers if isinstance(answer, Unread)))}
    known = {d.key for d in declared}
    live = [c.metadata for c in candidates if c.key in known]
    search = OrphanSearch(config, managers, declared, live, map(release_of_source, sources))
    return Orphans((*errors.values(), *map(_undeclared, search.find(candidates))), tuple(_unsearched(cluster)))


def _undeclared(orphan: Orphan) -> Undeclared:
    candidate = orphan.candidate
    return Undeclared(candidate.key, candidate.version, orphan.drift, candidate.metadata.get("labels") or {})


def _unsearched(cluster: Cluster) -> Iterator[str]:
    """The note where nobody knows which kinds the cluster has."""
    if not cluster.discovery.is_whole:
        kinds = sorted({api.kind for api in cluster.discovery})
        shown = f"{', '.join(kinds[:_SHOWN])}{f' and {len(kinds) - _SHOWN} more' if len(kinds) > _SHOWN else ''}"
        yield (
            f"undeclared objects of cluster {cluster.name} were looked for only among the kinds that its recording "
            f"holds ({shown}): record all kinds with `gitops-audit snapshot FILE`"
        )


def _listed(cluster: Cluster, api: ApiResource, namespace: str) -> list[Candidate] | Unread:
    try:
        listed = cluster.list_metadata(api.group, api.version, api.plural, namespace)
    except ClusterError as error:
        return Unread.of_kind(cluster.name, api.full_name, error)
    return list(_candidates(cluster.name, api, listed))


def _unknown(cluster: str, api_version: str, reason: str) -> Unread:
    error = ClusterError(f"the API {api_version} does not answer ({reason})", code=API_DOWN)
    return Unread.of_kind(cluster, api_version, error)


def _candidates(cluster: str, api: ApiResource, listed: Sequence[JsonObject]) -> Iterator[Candidate]:
    for body in listed:
        metadata = body.get("metadata", {})
        namespace, name = str(metadata.get("namespace", "")), str(metadata.get("name", ""))
        yield Candidate(ResourceKey(cluster, api.group, api.kind, namespace, name), api.version, metadata)
