"""Engines that heal by themselves: what Flux or a self-healing Application deploys is theirs to repair.

To write against such an engine starts a fight, or hides that it does not work. So the repair is proposed to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.deployer.tracking import trackers
from gitops_audit.drift.synced import application_marks
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import JsonObject, ResourceKey

_APPLICATION = ("argoproj.io", "Application")
_KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io", "Kustomization")
_RELEASE = ("helm.toolkit.fluxcd.io", "HelmRelease")


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
        if tool == "Flux" and (body := self._body(_KUSTOMIZATION, namespace, rest)):
            is_healing = not _mapping(body.get("spec")).get("suspend")
            command = f"flux reconcile kustomization {rest} -n {namespace}"
            return f"Flux heals it (Kustomization {name}): `{command}`" if is_healing else ""
        if tool == "Flux Helm" and (body := self._body(_RELEASE, namespace, rest)):
            spec = _mapping(body.get("spec"))
            is_healing = _mapping(spec.get("driftDetection")).get("mode") == "enabled" and not spec.get("suspend")
            command = f"flux reconcile helmrelease {rest} -n {namespace}"
            return f"Flux heals it (HelmRelease {name}): `{command}`" if is_healing else ""
        return next(self._applications(mark), "") if tool == "Argo CD" else ""

    def _applications(self, mark: str) -> Iterator[str]:
        served = self._writer.cluster.discovery.versions(*_APPLICATION)
        cluster, group = self._writer.cluster, _APPLICATION[0]
        listed = cluster.list_metadata(group, served[0].version, served[0].plural) if served else ()
        for item in listed:
            metadata = _mapping(item.get("metadata"))
            name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
            if mark in application_marks(name) and (body := self._body(_APPLICATION, *name)):
                automated = _mapping(_mapping(_mapping(body.get("spec")).get("syncPolicy")).get("automated"))
                if automated.get("selfHeal") is True and automated.get("enabled") is not False:
                    yield f"Argo CD heals it (Application {'/'.join(name)}): `argocd app sync {name[1]}`"

    def _body(self, kind: tuple[str, str], namespace: str, name: str) -> JsonObject | None:
        served = self._writer.cluster.discovery.versions(*kind)
        if not served:
            return None
        return self._writer.get(Target(ResourceKey(self._writer.name, *kind, namespace, name), served[0].version))


def _mapping(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}
