"""Engines that heal by themselves: what Flux or a self-healing Application deploys is theirs to repair.

To write against such an engine starts a fight, or hides that it does not work. So the repair is proposed to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.deployer import argocd, flux
from gitops_audit.deployer.sync_record import application_marks
from gitops_audit.deployer.tracking import trackers
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping


class Engines:
    """The engines of one cluster, as far as objects name them. Raises ClusterError where one cannot be read."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._known: dict[str, str] = {}

    def proposal(self, metadata: JsonObject) -> str:
        """Who heals the object by itself, and how to let it; empty where nobody does."""
        found = (self._told(mark) for mark in sorted(trackers(metadata)))
        return next((told for told in found if told), "")

    def _told(self, mark: str) -> str:
        if mark not in self._known:
            self._known[mark] = self._read(mark)
        return self._known[mark]

    def _read(self, mark: str) -> str:
        tool, _, name = mark.partition(": ")
        namespace, _, rest = name.rpartition("/")
        if tool == "Flux" and (body := self._body(flux.KUSTOMIZATION, namespace, rest)):
            is_healing = flux.is_kustomization_healing(body)
            command = f"flux reconcile kustomization {rest} -n {namespace}"
            return f"Flux heals it (Kustomization {name}): `{command}`" if is_healing else ""
        if tool == "Flux Helm" and (body := self._body(flux.HELM_RELEASE, namespace, rest)):
            is_healing = flux.is_release_healing(body)
            command = f"flux reconcile helmrelease {rest} -n {namespace}"
            return f"Flux heals it (HelmRelease {name}): `{command}`" if is_healing else ""
        return next(self._applications(mark), "") if tool == "Argo CD" else ""

    def _applications(self, mark: str) -> Iterator[str]:
        served = self._writer.cluster.discovery.versions(*argocd.APPLICATION)
        cluster, group = self._writer.cluster, argocd.APPLICATION[0]
        listed = cluster.list_metadata(group, served[0].version, served[0].plural) if served else ()
        for item in listed:
            metadata = mapping(item.get("metadata"))
            name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
            body = self._body(argocd.APPLICATION, *name) if mark in application_marks(name) else None
            if body and argocd.is_healing(body):
                yield f"Argo CD heals it (Application {'/'.join(name)}): `argocd app sync {name[1]}`"

    def _body(self, kind: tuple[str, str], namespace: str, name: str) -> JsonObject | None:
        served = self._writer.cluster.discovery.versions(*kind)
        if not served:
            return None
        return self._writer.get(Target(ResourceKey(self._writer.name, *kind, namespace, name), served[0].version))
