"""Engines that heal by themselves: what Flux or a self-healing Application deploys is theirs to repair.

To write against such an engine starts a fight, or hides that it does not work. So the repair is proposed to it. Who
deploys an object is told by the source, where an engine is followed; else by the object's marks. A missing object has
none: then by what engines list as theirs, and by the marks of the other objects of its source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property

from gitops_audit.deployer import argocd, flux
from gitops_audit.deployer.sync_record import application_marks, engine_marks, of_application
from gitops_audit.deployer.tracking import trackers
from gitops_audit.errors import ClusterError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping
from gitops_audit.remediate.survey import Followed

_Place = tuple[str, str, str, str]
_Name = tuple[str, str]

_KINDS = (argocd.APPLICATION, flux.KUSTOMIZATION, flux.HELM_RELEASE)


class Engines:
    """The engines of one cluster, as far as objects name them. Raises ClusterError where one cannot be read."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._known: dict[str, str] = {}

    def proposal(self, metadata: JsonObject) -> str:
        """Who heals the object by itself, and how to let it; empty where nobody does."""
        return self._first(sorted(trackers(metadata)))

    def proposal_for_missing(self, key: ResourceKey, siblings: Iterable[JsonObject]) -> str:
        """The same for an object that is not there; `siblings` are the metadata of others of its source."""
        listed = self._deployed.get((key.group, key.kind, key.namespace, key.name))
        if listed:
            return listed
        marks = Counter(mark for metadata in siblings for mark in engine_marks(metadata))
        return self._first(mark for mark, _ in marks.most_common(1))

    def proposal_for_followed(self, followed: Followed) -> str:
        """The same for whatever a followed source declares. Where nobody may read its Application or Kustomization in
        the cluster, the one in Git counts."""
        kind, namespace, name = followed.engine_object
        if kind not in _KINDS:
            return ""
        if not namespace:
            return self._first([f"Argo CD: {name}"] if kind == argocd.APPLICATION else [])
        try:
            body = self._body(kind, namespace, name)
        except ClusterError:
            if (body := followed.declared()) is None:
                raise
        return _told(kind, (namespace, name), body) if body else ""

    def _first(self, marks: Iterable[str]) -> str:
        found = (self._told(mark) for mark in marks)
        return next((told for told in found if told), "")

    def _told(self, mark: str) -> str:
        if mark not in self._known:
            self._known[mark] = self._read(mark)
        return self._known[mark]

    def _read(self, mark: str) -> str:
        tool, _, name = mark.partition(": ")
        namespace, _, rest = name.rpartition("/")
        kind = {"Flux": flux.KUSTOMIZATION, "Flux Helm": flux.HELM_RELEASE}.get(tool)
        if kind is not None and (body := self._body(kind, namespace, rest)):
            return _told(kind, (namespace, rest), body)
        return next(self._applications(mark), "") if tool == "Argo CD" else ""

    def _applications(self, mark: str) -> Iterator[str]:
        served = self._writer.cluster.discovery.versions(*argocd.APPLICATION)
        cluster, group = self._writer.cluster, argocd.APPLICATION[0]
        listed = cluster.list_metadata(group, served[0].version, served[0].plural) if served else ()
        for item in listed:
            name = _name_of(item)
            body = self._body(argocd.APPLICATION, *name) if mark in application_marks(name) else None
            if body and (told := _told(argocd.APPLICATION, name, body)):
                yield told

    @cached_property
    def _deployed(self) -> Mapping[_Place, str]:
        """What engines that heal list as theirs, as far as they may be listed."""
        found: dict[_Place, str] = {}
        server = self._writer.cluster.server
        for body in self._all(argocd.APPLICATION):
            name = _name_of(body)
            told = _told(argocd.APPLICATION, name, body) if of_application(body, name, server).is_here else ""
            found |= dict.fromkeys(argocd.deployed_objects(body) if told else (), told)
        for body in self._all(flux.KUSTOMIZATION):
            is_here = not mapping(body.get("spec")).get("kubeConfig")
            told = _told(flux.KUSTOMIZATION, _name_of(body), body) if is_here else ""
            found |= dict.fromkeys(flux.deployed_objects(body) if told else (), told)
        return found

    def _all(self, kind: _Name) -> Iterator[JsonObject]:
        served = self._writer.cluster.discovery.versions(*kind)
        with suppress(ClusterError):  # the marks of other objects tell too
            yield from self._writer.cluster.scan(served[0]) if served else ()

    def _body(self, kind: tuple[str, str], namespace: str, name: str) -> JsonObject | None:
        served = self._writer.cluster.discovery.versions(*kind)
        if not served:
            return None
        return self._writer.get(Target(ResourceKey(self._writer.name, *kind, namespace, name), served[0].version))


def _told(kind: _Name, name: _Name, body: JsonObject) -> str:
    """What to tell where this object of an engine heals what it deploys."""
    shown, (namespace, own) = "/".join(filter(None, name)), name
    if kind == argocd.APPLICATION:
        return f"Argo CD heals it (Application {shown}): `argocd app sync {own}`" if argocd.is_healing(body) else ""
    if kind == flux.KUSTOMIZATION:
        command = f"`flux reconcile kustomization {own} -n {namespace}`"
        return f"Flux heals it (Kustomization {shown}): {command}" if flux.is_kustomization_healing(body) else ""
    command = f"`flux reconcile helmrelease {own} -n {namespace}`"
    return f"Flux heals it (HelmRelease {shown}): {command}" if flux.is_release_healing(body) else ""


def _name_of(body: JsonObject) -> _Name:
    metadata = mapping(body.get("metadata"))
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
