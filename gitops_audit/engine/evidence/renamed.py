"""What a missing object was called before: kustomize's generators name ConfigMaps and Secrets by their content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gitops_audit.drift.renamed import differing_keys, predecessor
from gitops_audit.engine.case import Case, merged
from gitops_audit.errors import ClusterError
from gitops_audit.kube.generated_name import generator_of
from gitops_audit.live import Cluster
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey

_MAX_REQUESTS = 20  # for each cluster: LISTs of metadata, one for each kind and namespace
_KEYS_TOLD = 5


class Renamed:
    """Tells of missing generated objects which live one they replace, and the keys that changed."""

    def __init__(
        self, cluster: Cluster | None, inventory: Sequence[Declared], read: Callable[[Declared], JsonObject | None]
    ) -> None:
        """`read` reads one object as it is compared."""
        self._cluster, self._read = cluster, read
        self._declared = frozenset(r.key for r in inventory)
        self._lists: dict[ResourceKey, list[tuple[ResourceKey, JsonObject]]] = {}

    def told(self, cases: Sequence[Case]) -> Sequence[Case]:
        missing = (c for c in cases if c.is_missing and c.is_asked)
        generated = (c for c in missing if generator_of(c.subject.key.group, c.subject.key.kind, c.subject.key.name))
        return merged(cases, map(self._with_reason, generated))

    def _with_reason(self, case: Case) -> Case:
        resource = case.declared
        before = predecessor(resource.key, self._listed(resource), self._declared)
        if before is None:
            return case
        told = (
            f"kustomize names it by its content, and the cluster has {before.name} of the same generator"
            f"{self._difference(resource, before)}"
        )
        return replace(case, drift=replace(case.found, reason="; ".join(filter(None, (case.found.reason, told)))))

    def _difference(self, resource: Declared, before: ResourceKey) -> str:
        try:
            live = self._read(replace(resource, key=before))
        except ClusterError:
            return ""
        keys = differing_keys(resource.body, live) if live is not None else []
        more = f" and {len(keys) - _KEYS_TOLD} more" if len(keys) > _KEYS_TOLD else ""
        return f", which differs in {', '.join(keys[:_KEYS_TOLD])}{more}" if keys else ""

    def _listed(self, resource: Declared) -> list[tuple[ResourceKey, JsonObject]]:
        """The objects of the same kind and namespace, with their metadata; empty where they may not be listed."""
        place = resource.key._replace(name="")
        if place not in self._lists:
            self._lists[place] = self._asked(resource, place) if len(self._lists) < _MAX_REQUESTS else []
        return self._lists[place]

    def _asked(self, resource: Declared, place: ResourceKey) -> list[tuple[ResourceKey, JsonObject]]:
        cluster = self._cluster
        api = cluster.discovery.resource(place.group, resource.version, place.kind) if cluster else None
        if cluster is None or api is None:
            return []
        try:
            found = cluster.list_metadata(api.group, api.version, api.plural, place.namespace)
        except ClusterError:
            return []
        metadata = [body.get("metadata") or {} for body in found]
        return [(place._replace(name=str(m.get("name", ""))), m) for m in metadata]
