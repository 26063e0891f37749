"""What is known of the engines of one cluster: the objects that tell them what to deploy, declared and live."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gitops_audit.deployer.argocd import APPLICATION
from gitops_audit.deployer.engine_rules import FLUX_KINDS, GroupKind, references
from gitops_audit.deployer.engine_tools import RENDERERS, Renderer, renderer
from gitops_audit.deployer.expansion import Placed
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.gather.deployers import Places, deployers
from gitops_audit.engine.gather.live_objects import list_kind
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.errors import ClusterError
from gitops_audit.kube.match import labels_of
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, mapping, split_api_version
from gitops_audit.model.subject import Subject, Undeclared

_DEPLOYMENT = ("apps", "Deployment")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What an object of an engine deploys, as this audit read it, and the tools that rendered it here."""

    source: str
    commit: str
    clusters: tuple[str, ...]
    tools: tuple[tuple[str, str], ...] = ()


class Engines:
    """Asks the cluster once for each kind, and only for what somebody wants to know."""

    def __init__(
        self,
        cluster: ReachedCluster,
        inventory: Sequence[Declared],
        sources: Iterable[ReadSource],
        places: Places,
        others: Mapping[str, Engines],
    ) -> None:
        """`places` are the sources whose deployers are looked for here, `others` is what is known of each cluster."""
        self._cluster = cluster
        self._inventory = inventory
        self._places, self._others = places, others
        self._followed: list[Placed] = []
        self._deployed: dict[str, list[Deployed]] = {}
        for source in sources:
            self._followed += (one for one in source.followed if one.cluster == cluster.name)
            if source.config.followed_from:
                self._deployed.setdefault(source.config.followed_from, []).append(_deployed(source))
        self._listed: dict[GroupKind, dict[tuple[str, str], JsonObject] | None] = {}
        self._undeclared: dict[ResourceKey, JsonObject] = {}
        self._made: dict[tuple[str, Origin], list[JsonObject]] | None = None
        self._declared: dict[tuple[GroupKind, str, str], JsonObject] | None = None
        self._failures: dict[str, None] = {}
        self._renderers: dict[str, Renderer | None] = {}

    @property
    def is_asked(self) -> bool:
        return self._cluster.live is not None

    def subjects(self) -> list[Undeclared]:
        """The live objects that are followed, or that these take their manifests from, and no source declares."""
        known = {r.key for r in self._inventory}
        found = dict(self._deployers(known))
        for one in self._followed:
            for kind, namespace, name in _asked_for(one):
                key = ResourceKey(self._cluster.name, *kind, namespace, name)
                body = None if key in known or key in found else self._live_of(one, key)
                if body is not None:
                    found[key] = self._subject(key, body, one.source.name)
        return list(found.values())

    def at(self, cluster: str) -> Engines | None:
        """What is known of the engines of another cluster; None for one that this run does not look at."""
        return self._others.get(cluster)

    def _deployers(self, known: Collection[ResourceKey]) -> Iterator[tuple[ResourceKey, Undeclared]]:
        for kind, name, body, source in deployers(self._places, self._live):
            key = ResourceKey(self._cluster.name, *kind, *name)
            if key not in known:
                told = f"{key.kind} {'/'.join(filter(None, name))} of cluster {self._cluster.name}"
                self._deployed.setdefault(told, []).append(_deployed(source))
                yield key, self._subject(key, body, source.config.name)

    def _subject(self, key: ResourceKey, body: JsonObject, source: str) -> Undeclared:
        self._undeclared[key] = body
        version = split_api_version(str(body.get("apiVersion", "")))[1]
        return Undeclared(key, version, None, dict(labels_of(body)), source)

    def live(self, subject: Subject) -> JsonObject | None:
        """The live object of a subject that no source declares."""
        return self._undeclared.get(subject.key)

    def made_by(self, resource: Declared) -> Sequence[JsonObject]:
        """The Applications that an ApplicationSet makes, as far as that is known."""
        if self._made is None:
            self._made = {}
            for one in self._followed:
                if one.group_kind == APPLICATION and one.origin.path:
                    self._made.setdefault((one.source.name, one.origin), []).append(one.body)
        return self._made.get((resource.source, resource.origin), ())

    def deployed(self, subject: Subject) -> Deployed | None:
        """What it deploys, where that is one source."""
        names = "/".join(filter(None, (subject.key.namespace, subject.key.name)))
        place = f"at {subject.origin}" if subject.origin.path else f"of cluster {self._cluster.name}"
        found = self._deployed.get(f"{subject.key.kind} {names} {place}", ())
        return found[0] if len(found) == 1 else None

    def renderer(self, kind: str) -> Renderer | None:
        """The engine that renders objects of a kind; None where it is not known, or not for this audit to know."""
        if kind not in self._renderers:
            found = (renderer(kind, body) for body in self._deployments(RENDERERS[kind][0]))
            self._renderers[kind] = next(filter(None, found), None)
        return self._renderers[kind]

    def named(self, kind: GroupKind, name: str) -> list[JsonObject]:
        """All objects of a kind with this name, in any namespace: those that are declared, else those that live."""
        declared = [body for (k, _, n), body in self._all_declared().items() if (k, n) == (kind, name)]
        return declared or [body for (_, n), body in (self._live(kind) or {}).items() if n == name]

    def has(self, kind: GroupKind, namespace: str, name: str) -> bool:
        return (kind, namespace, name) in self._all_declared() or (namespace, name) in (self._live(kind) or {})

    def is_whole(self, kind: GroupKind) -> bool:
        """Whether all live objects of a kind are known."""
        return self._live(kind) is not None

    def has_resource_in(self, source: str, namespace: str) -> bool:
        return (source, namespace) in self._occupied

    @cached_property
    def _occupied(self) -> frozenset[tuple[str, str]]:
        """Sources with the namespaces that they have objects in."""
        return frozenset((r.source, r.key.namespace) for r in self._inventory)

    def notes(self) -> Iterator[str]:
        yield from self._failures

    def _live_of(self, one: Placed, key: ResourceKey) -> JsonObject | None:
        is_itself = (key.kind, key.namespace, key.name) == (one.group_kind[1], one.namespace, one.name)
        if is_itself and not one.origin.path:
            return one.body
        return (self._live((key.group, key.kind)) or {}).get((key.namespace, key.name))

    def _deployments(self, ending: str) -> list[JsonObject]:
        """Those whose names end so: declared, else live as far as they may be listed."""
        declared = self._all_declared().items()
        found = [body for (kind, _, name), body in declared if kind == _DEPLOYMENT and name.endswith(ending)]
        if found or self._cluster.live is None:
            return found
        try:
            return list_kind(self._cluster.live, _DEPLOYMENT, ending)
        except ClusterError:
            return []

    def _all_declared(self) -> dict[tuple[GroupKind, str, str], JsonObject]:
        if self._declared is None:
            keys = ((r.key, r.body) for r in self._inventory)
            self._declared = {((key.group, key.kind), key.namespace, key.name): body for key, body in keys}
        return self._declared

    def _live(self, kind: GroupKind) -> dict[tuple[str, str], JsonObject] | None:
        """None where it is not known what the cluster has."""
        if kind not in self._listed:
            self._listed[kind] = self._list(kind)
        return self._listed[kind]

    def _list(self, kind: GroupKind) -> dict[tuple[str, str], JsonObject] | None:
        live = self._cluster.live
        if live is None or not (live.discovery.is_whole or live.discovery.versions(*kind)):
            return None
        try:
            listed = list_kind(live, kind)
        except ClusterError as error:
            told = f"the check of engines does not know the {kind[1]} objects of cluster {self._cluster.name}"
            self._failures[f"{told}: {error.message}"] = None
            return None
        return {_name(body): body for body in listed}


def _deployed(source: ReadSource) -> Deployed:
    commit = source.checkout.commit if source.checkout else ""
    return Deployed(source.config.name, commit, source.config.clusters, source.rendered.tools)


def _asked_for(one: Placed) -> Iterator[tuple[GroupKind, str, str]]:
    """The object itself, and, of one that was read from a cluster, the sources of Flux that it names."""
    yield one.group_kind, one.namespace, one.name
    if not one.origin.path and one.group_kind in FLUX_KINDS:
        for kind, namespace, name, _ in references(one.body, one.namespace):
            yield kind, namespace, name


def _name(body: JsonObject) -> tuple[str, str]:
    metadata = mapping(body.get("metadata"))
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
