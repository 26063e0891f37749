"""The cause of drift by the record of a Helm release: what its chart gave when it was deployed last, values and all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitops_audit.deployer import helm
from gitops_audit.deployer.helm_release import DeployedRelease, Release
from gitops_audit.drift import Comparer
from gitops_audit.drift.comparer import Pair
from gitops_audit.engine.case import Case
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.errors import ClusterError
from gitops_audit.live import Cluster
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping, split_api_version

_Found = tuple[DeployedRelease, dict[ResourceKey, JsonObject]] | None


class HelmCauses:
    """Settles the causes of one cluster's drift in what Helm deploys; each release is read once."""

    def __init__(self, cluster: Cluster, earlier: EarlierSources, comparer: Comparer) -> None:
        self._cluster, self._earlier, self._comparer = cluster, earlier, comparer
        self._read: dict[str, _Found] = {}
        self._notes: dict[str, None] = {}

    def settled(self, cases: Sequence[Case]) -> Iterator[Case]:
        """Those of the cases of which a release tells the causes."""
        for case in cases:
            release = self._release(case) if case.subject.key.kind != "Secret" else None
            found = self._deployed(release) if release is not None else None
            if found is None:
                continue
            deployed, objects = found
            body = objects.get(case.subject.key)
            if case.live is None:
                moved = replace(case.found, cause="git" if body is None else "cluster")
            elif body is None or split_api_version(str(body["apiVersion"]))[1] != case.declared.version:
                continue
            else:
                moved = self._comparer.with_record(case.found, Pair(case.declared, case.live, case.schema), body)
            words = f"deployed last by {deployed}"
            yield replace(case, drift=replace(moved, reason="; ".join(filter(None, (moved.reason, words)))))

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _release(self, case: Case) -> Release | None:
        """The release that the live object says it is of; of a missing one, the release of its source."""
        if case.live is None:
            return self._earlier.release(case.subject.source)
        marks = mapping(mapping(case.live.get("metadata")).get("annotations"))
        name, namespace = marks.get(helm.RELEASE), marks.get(helm.RELEASE_NAMESPACE)
        return Release(str(namespace), str(name), 0) if name and namespace else None

    def _deployed(self, release: Release) -> _Found:
        if release.tracker not in self._read:
            self._read[release.tracker] = None
            try:
                found = self._cluster.release(release.namespace, release.name)
            except ClusterError as error:
                words = f"causes are told without the record of the Helm release {release.name}: {error.message}"
                self._notes[printable(words)] = None
            else:
                if found is not None:
                    self._read[release.tracker] = found, {self._key(b, release): b for b in found.objects}
        return self._read[release.tracker]

    def _key(self, body: JsonObject, release: Release) -> ResourceKey:
        """Helm puts what names no namespace into that of the release."""
        group, version = split_api_version(str(body["apiVersion"]))
        metadata, kind = mapping(body.get("metadata")), str(body["kind"])
        is_namespaced = self._cluster.discovery.scope(group, version, kind)
        namespace = str(metadata.get("namespace") or release.namespace) if is_namespaced else ""
        return ResourceKey(self._cluster.name, group, kind, namespace, str(metadata.get("name", "")))
