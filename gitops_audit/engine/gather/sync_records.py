"""Reads from a cluster what Argo CD and Flux wrote down of their last syncs. Nothing raises: what is lost is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from gitops_audit.deployer import argocd, flux
from gitops_audit.deployer.sync_record import (
    Name,
    SyncRecord,
    application_marks,
    git_repository,
    kustomization_marks,
    of_application,
    of_kustomization,
)
from gitops_audit.errors import ClusterError
from gitops_audit.live import Cluster
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey

ARGO_CD, FLUX = "Argo CD", "Flux"

_GroupKind = tuple[str, str]


@dataclass(slots=True)
class SyncRecords:
    """`lost` says by engine why its records (or some of them) are not known."""

    found: list[SyncRecord] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


def read_records(cluster: Cluster, marks: Collection[str] | None) -> SyncRecords:
    """The records whose objects carry one of the marks, or (None) all; none of an engine that is not installed."""
    records = SyncRecords()
    reader = _Reader(cluster, marks)
    for engine, read in ((ARGO_CD, reader.applications), (FLUX, reader.kustomizations)):
        if marks is not None and not any(mark.startswith(engine) for mark in marks):
            continue
        try:
            records.found += read()
        except ClusterError as error:
            records.lost[engine] = error.message
    return records


class _Reader:
    """Names come first and cheaply: an Application tells the state of every object it has, and may be large."""

    def __init__(self, cluster: Cluster, marks: Collection[str] | None) -> None:
        self._cluster = cluster
        self._marks = marks

    def applications(self) -> Iterator[SyncRecord]:
        for name, body in self._bodies(argocd.APPLICATION, self._names(argocd.APPLICATION, application_marks)).items():
            yield of_application(body, name, self._cluster.server)

    def kustomizations(self) -> Iterator[SyncRecord]:
        bodies = self._bodies(flux.KUSTOMIZATION, self._names(flux.KUSTOMIZATION, kustomization_marks))
        sources = {name: source for name, body in bodies.items() if (source := git_repository(body, name))}
        repositories = self._bodies(flux.GIT_REPOSITORY, set(sources.values()))
        for name, source in sources.items():
            if source in repositories:
                yield of_kustomization(bodies[name], name, repositories[source])

    def _names(self, kind: _GroupKind, marks: Callable[[Name], frozenset[str]]) -> list[Name]:
        served = self._cluster.discovery.versions(*kind)
        listed = self._cluster.list_metadata(kind[0], served[0].version, served[0].plural) if served else ()
        names = [_name(body) for body in listed]
        return [name for name in names if self._marks is None or not marks(name).isdisjoint(self._marks)]

    def _bodies(self, kind: _GroupKind, names: Collection[Name]) -> dict[Name, JsonObject]:
        if not names:
            return {}
        version = self._version(kind)
        wanted = {name: self._object(kind, version, name) for name in names}
        live = self._cluster.read(wanted.values())
        for resource in wanted.values():
            if problem := live.problem(resource):
                raise ClusterError(problem.message, code=problem.code)
        return {name: body for name, resource in wanted.items() if (body := live.get(resource)) is not None}

    def _version(self, kind: _GroupKind) -> str:
        served = self._cluster.discovery.versions(*kind)
        return served[0].version if served else ""

    def _object(self, kind: _GroupKind, version: str, name: Name) -> Declared:
        return Declared(ResourceKey(self._cluster.name, *kind, *name), "", version, {}, Origin("", 0))


def _name(body: JsonObject) -> Name:
    metadata = body.get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
