"""What is declared for a cluster, and what it has, looked up by kind, namespace and name as Flux looks it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.deployer.expansion import Context, GroupKind, Placed, name_of
from gitops_audit.errors import ClusterError, Location
from gitops_audit.model.resource import JsonObject, mapping

_Key = tuple[GroupKind, str, str, str]


def namespace_of(placed: Placed) -> str:
    """The namespace of an object; what names none is applied to `default`."""
    return placed.namespace or "default"


def place_of(placed: Placed, context: Context) -> Location:
    """Where what is wrong with an object is told: at its file, else at the source that follows it."""
    origin = placed.origin
    return Location(origin.path, origin.line) if origin.path else context.source.where


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def items(value: object) -> Sequence[Any]:
    """A list, or nothing: in a manifest anything may stand anywhere."""
    return value if isinstance(value, list) else ()


def texts(value: object) -> list[str]:
    return [one for one in items(value) if isinstance(one, str)]


@dataclass(slots=True)
class Catalog:
    """Objects as Flux applies them: what a followed source declares counts before the same object of the source that
    follows, which is read as its files stand.
    """

    context: Context
    _declared: dict[_Key, Placed] = field(default_factory=dict)
    _live_objects: dict[GroupKind, dict[tuple[str, str], JsonObject] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, placed: Iterable[Placed], context: Context) -> Catalog:
        found = cls(context)
        for one in placed:
            found._add(one)
        return found

    def all(self, kinds: Iterable[GroupKind]) -> list[Placed]:
        """Every object of these kinds once, in the order in which they were met."""
        wanted = frozenset(kinds)
        return [one for key, one in self._declared.items() if key[0] in wanted]

    def get(self, kind: GroupKind, cluster: str, namespace: str, name: str) -> JsonObject | None:
        """One object, declared or else live; None where it is in neither, or nobody can be asked."""
        one = self.declared(kind, cluster, namespace, name)
        return one.body if one is not None else self._live(kind, cluster, namespace, name)

    def declared(self, kind: GroupKind, cluster: str, namespace: str, name: str) -> Placed | None:
        return self._declared.get((kind, cluster, namespace, name))

    def _add(self, one: Placed) -> None:
        key = one.group_kind, one.cluster, namespace_of(one), one.name
        known = self._declared.get(key)
        if known is None or (self._is_raw(known) and not self._is_raw(one)):
            self._declared[key] = one

    def _is_raw(self, one: Placed) -> bool:
        """Whether it was read from files of the source that follows: a cluster's own object is what Flux acts on."""
        return one.source.name == self.context.source.name and bool(one.origin.path)

    def is_complete(self, kind: GroupKind, cluster: str) -> bool:
        """Whether what is not found is not there: the cluster was asked, and answered."""
        return self._listed(kind, cluster) is not None

    def _live(self, kind: GroupKind, cluster: str, namespace: str, name: str) -> JsonObject | None:
        found = self._listed(kind, cluster)
        return found.get((namespace, name)) if found is not None else None

    def _listed(self, kind: GroupKind, cluster: str) -> Mapping[tuple[str, str], JsonObject] | None:
        """What the cluster has, by namespace and name; None where it was not asked, or did not answer."""
        if self.context.source.clusters[:1] != (cluster,):
            return None
        if kind not in self._live_objects:
            self._live_objects[kind] = self._read(kind)
        return self._live_objects[kind]

    def _read(self, kind: GroupKind) -> dict[tuple[str, str], JsonObject] | None:
        try:
            listed = self.context.live(kind)
        except ClusterError:
            return None
        if listed is None:
            return None
        return {(str(mapping(body.get("metadata")).get("namespace") or ""), name_of(body)): body for body in listed}
