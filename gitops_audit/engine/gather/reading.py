"""Reads what a cluster has of the resources to be judged: one LIST for a kind, whatever the number of objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_audit.deployer.hook import is_argocd_s
from gitops_audit.engine.case import Case
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.shield import as_problem
from gitops_audit.inventory import declared_scopes
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.live import LiveSet, OnRead
from gitops_audit.model.finding import Problem
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.subject import Subject, Undeclared, Unread


class LiveReading:
    """What was read of one cluster, and why the rest was not."""

    def __init__(self, cluster: ReachedCluster, inventory: Sequence[Declared]) -> None:
        """`inventory` are all resources of the cluster, also those that are not judged in this run."""
        self._cluster = cluster
        self._inventory = inventory
        self._defined = declared_scopes(r.body for r in inventory)
        self._read: list[LiveSet] = []
        self._argocd_sources: frozenset[str] = frozenset()

    @property
    def last(self) -> LiveSet | None:
        """What was read last; None before that, and without a cluster."""
        return self._read[-1] if self._read else None

    def cases(self, subjects: Sequence[Subject], on_read: OnRead | None = None) -> Iterator[Case]:
        """Reads the live objects of all subjects; gives a case of each, in order."""
        if self._cluster.live is not None:
            declared = [s for s in subjects if isinstance(s, Declared)]
            wanted = [r for r in self._wanted(declared) if self._is_comparable(r)]
            self._read.append(self._cluster.live.read(wanted, on_read))
            self._argocd_sources |= self._deployed_by_argocd(declared)
        return map(self.case, subjects)

    def live_object(self, resource: Declared) -> JsonObject | None:
        """What was read of a resource at any time; None where it is absent or was not read."""
        return next((found for live in self._read if (found := live.get(resource)) is not None), None)

    def again(self, resource: Declared) -> JsonObject | None:
        """One object, read once more; None where it is gone. Raises ClusterError where it cannot be known."""
        live = self._cluster.live.get(resource) if self._cluster.live else None
        return self._aligned(resource, live)

    def forget(self) -> None:
        """Lets go of the live objects, which nobody will ask for any more."""
        self._read.clear()

    def is_undefined(self, subject: Subject) -> bool:
        """Whether the definition of its kind is declared beside it, but not in the cluster yet."""
        cluster, key = self._cluster.live, subject.key
        if cluster is None or (key.group, key.kind) not in self._defined or not isinstance(subject, Declared):
            return False
        return not self._skip(subject) and cluster.discovery.scope(key.group, subject.version, key.kind) is None

    def case(self, subject: Subject) -> Case:
        """The case of one subject, by what was read last."""
        if isinstance(subject, Unread):
            return Case(subject, problem=subject.error, invalid=subject.faults)
        if isinstance(subject, Undeclared):
            return Case(subject)
        try:
            return self._read_case(subject)
        except Exception as error:  # one object that cannot be looked at is none of the others' business
            return Case(subject, problem=as_problem(error), invalid=subject.faults)

    def _read_case(self, subject: Declared) -> Case:
        skip_reason = self._skip(subject) if self._cluster.live else ""
        problem = self._problem(subject)
        if problem is not None or not self._is_comparable(subject):
            return Case(subject, problem=problem, invalid=subject.faults, skip_reason=skip_reason)
        live = self._aligned(subject, self._read[-1].get(subject))
        return Case(subject, True, live, self._schema(subject), invalid=subject.faults)

    def _aligned(self, resource: Declared, live: JsonObject | None) -> JsonObject | None:
        if live is not None and resource.key.kind == "Secret":
            return self._cluster.redactor.aligned(live, resource.body)
        return live

    def _problem(self, resource: Declared) -> Problem | None:
        """Why a resource cannot be judged."""
        if resource.error is not None:
            return Problem(*resource.error)
        if self._cluster.error is not None:
            error = self._cluster.error
            return Problem(error.code, f"{error.message}\n{error.hint}".strip())
        return self._read[-1].problem(resource) if self._is_comparable(resource) else None

    def _schema(self, resource: Declared) -> TypeSchema | None:
        cluster = self._cluster.live
        return cluster.schemas.type_for(resource.key.group, resource.version, resource.key.kind) if cluster else None

    def _is_comparable(self, resource: Declared) -> bool:
        """Whether the cluster can be asked for it."""
        if self._cluster.live is None or resource.error or self._skip(resource):
            return False
        return not self.is_undefined(resource)

    def _skip(self, resource: Declared) -> str:
        """Why a resource is not compared; empty where it is."""
        is_hook = bool(resource.argocd_skip) and resource.source in self._argocd_sources
        return resource.skip or (resource.argocd_skip if is_hook else "")

    def _wanted(self, resources: Sequence[Declared]) -> Sequence[Declared]:
        """What is to be read: beside what is judged, all of a source that may have hooks of Argo CD."""
        sources = _with_hooks(resources) - self._argocd_sources
        if not sources:
            return resources
        ids = {r.id for r in resources}
        return [*resources, *(r for r in self._inventory if r.source in sources and r.id not in ids)]

    def _deployed_by_argocd(self, resources: Sequence[Declared]) -> frozenset[str]:
        """Of the sources that may have hooks, those of which Argo CD wrote an object in the cluster."""
        sources = _with_hooks(resources) - self._argocd_sources
        candidates = (r for r in self._inventory if r.source in sources) if sources else ()
        return frozenset(r.source for r in candidates if (live := self.live_object(r)) and is_argocd_s(live))


def _with_hooks(resources: Sequence[Declared]) -> frozenset[str]:
    """The sources that have hooks, if Argo CD deploys them."""
    return frozenset(r.source for r in resources if r.argocd_skip)
