"""What the engines that deploy from Git say they applied last: Applications of Argo CD, Kustomizations of Flux.

What was merely tried is no record. Sources: `argoproj.io/v1alpha1` Application (`status.sync`, `status.operationState`,
`status.history`), `kustomize.toolkit.fluxcd.io` Kustomization (`status.lastAppliedRevision`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.deployer.inputs import NOTHING_ELSE, Inputs, of_application_source, of_kustomization_spec
from gitops_audit.deployer.tracking import INSTANCE, trackers
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping

Name = tuple[str, str]
_Place = tuple[str, str, str, str]

_COMMIT = re.compile(r"(?:.*[@/])?(?:sha1:|sha256:)?([0-9a-f]{40}|[0-9a-f]{64})")
_HERE = frozenset({"https://kubernetes.default.svc", "https://kubernetes.default.svc:443"})
# Flux prunes and checks health after everything is applied, and notes the revision only when that went well too.
_FAILED_LATER = ("PruneFailed", "HealthCheckFailed", "HealthCheckCanceled")


@dataclass(frozen=True, slots=True)
class Part:
    """A path of a repository at a commit; `repo` is the URL as the engine has it, `inputs` all else it renders with."""

    repo: str
    path: str
    commit: str
    inputs: Inputs = field(default=NOTHING_ELSE, compare=False)


@dataclass(frozen=True, slots=True)
class Sync:
    """What was applied at once; `objects` names them where it was not everything."""

    parts: tuple[Part, ...]
    objects: frozenset[_Place] | None = None


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One Application or Kustomization: what it applied, the best evidence first.

    `marks` are the trackers of its objects. `is_here`: it certainly deploys to the cluster that it is in.
    """

    name: str
    marks: frozenset[str]
    syncs: tuple[Sync, ...]
    is_here: bool = True

    def parts(self, key: ResourceKey) -> tuple[Part, ...]:
        """What the object was made from when it was applied last, if it belongs to this record."""
        place = (key.group, key.kind, key.namespace, key.name)
        found = (s.parts for s in self.syncs if s.objects is None or place in s.objects)
        return next(found, ())


def application_marks(name: Name) -> frozenset[str]:
    """How the objects of an Application are marked; where it is not in Argo CD's namespace, with its own."""
    return frozenset({f"Argo CD: {name[1]}", f"Argo CD: {name[0]}_{name[1]}"})


def kustomization_marks(name: Name) -> frozenset[str]:
    return frozenset({f"Flux: {name[0]}/{name[1]}"})


def engine_marks(metadata: JsonObject) -> frozenset[str]:
    """Which Application or Kustomization an object says it is of; empty where it says nothing."""
    return frozenset(mark for mark in trackers(metadata) if mark.startswith(("Argo CD", "Flux")))


def of_application(body: JsonObject, name: Name, server: str) -> SyncRecord:
    """`server` is the address of the cluster it was read from."""
    spec, status = mapping(body.get("spec")), mapping(body.get("status"))
    destination = mapping(spec.get("destination"))
    address = str(destination.get("server") or "").rstrip("/")
    is_here = address in _HERE | {server.rstrip("/")} if address else destination.get("name") == "in-cluster"
    syncs = tuple(sync for sync in _application_syncs(spec, status, name[1]) if sync.parts)
    return SyncRecord(f"Application {'/'.join(name)}", application_marks(name), syncs, is_here)


def git_repository(kustomization: JsonObject, name: Name) -> Name | None:
    """The GitRepository a Kustomization takes its manifests from; None where it is another kind of source."""
    reference = mapping(mapping(kustomization.get("spec")).get("sourceRef"))
    if reference.get("kind") != "GitRepository" or not reference.get("name"):
        return None
    return str(reference.get("namespace") or name[0]), str(reference["name"])


def of_kustomization(body: JsonObject, name: Name, repository: JsonObject) -> SyncRecord:
    """`repository` is its GitRepository."""
    spec = mapping(body.get("spec"))
    url, path = mapping(repository.get("spec")).get("url"), spec.get("path")
    parts = tuple(_part(url, path, _applied(mapping(body.get("status"))), of_kustomization_spec(spec)))
    syncs = (Sync(parts),) if parts else ()
    is_here = not spec.get("kubeConfig")
    return SyncRecord(f"Kustomization {'/'.join(name)}", kustomization_marks(name), syncs, is_here)


def chosen(records: Collection[SyncRecord], metadata: JsonObject) -> SyncRecord | None:
    """The one record, of those that could be meant, that an object belongs to; None where that cannot be told."""
    marks = engine_marks(metadata)
    found = [r for r in records if r.marks & marks] if marks else [r for r in records if r.is_here]
    if not marks and len(found) > 1:
        # The label that Argo CD tracks by unless told otherwise; charts set it too, so that it is no proof by itself.
        label = mapping(metadata.get("labels")).get(INSTANCE)
        found = [r for r in found if f"Argo CD: {label}" in r.marks]
    return found[0] if len(found) == 1 else None


def normal_path(path: str) -> str:
    """A path in a repository as equal texts: `./apps/shop/` and `apps/shop`; empty for the root."""
    return posixpath.normpath(path).strip("/") if path.strip("./") else ""


def _application_syncs(spec: JsonObject, status: JsonObject, name: str) -> Iterator[Sync]:
    operation = mapping(status.get("operationState"))
    if not mapping(mapping(operation.get("operation")).get("sync")).get("dryRun"):
        result = mapping(operation.get("syncResult"))
        yield Sync(tuple(_parts(result, result, spec, name)), frozenset(_synced_objects(result)))
    # Kept of syncs that succeeded, of the whole Application: the last one is at the end.
    for entry in _mappings(status.get("history"))[-1:]:
        yield Sync(tuple(_parts(entry, entry, spec, name)))
    # Equal, as far as Argo CD compares: fields it is told to ignore may never have been applied.
    compared = mapping(status.get("sync"))
    if compared.get("status") == "Synced":
        yield Sync(tuple(_parts(mapping(compared.get("comparedTo")), compared, spec, name)))


def _synced_objects(result: JsonObject) -> Iterator[_Place]:
    for row in _mappings(result.get("resources")):
        if row.get("status") == "Synced" and not row.get("hookType"):
            group, kind, namespace, name = (str(row.get(f) or "") for f in ("group", "kind", "namespace", "name"))
            yield group, kind, namespace, name


def _parts(sources: JsonObject, revisions: JsonObject, spec: JsonObject, name: str) -> Iterator[Part]:
    """The sources as they were then (else as they are now), each with its revision."""
    commits = revisions.get("revisions")
    namespace = str(mapping(spec.get("destination")).get("namespace") or "")
    for index, source in enumerate(_sources(sources) or _sources(spec)):
        if isinstance(commits, list) and commits:
            revision = commits[index] if index < len(commits) else ""
        else:
            revision = revisions.get("revision")
        if not source.get("chart") and (source.get("path") or not source.get("ref")):
            inputs = of_application_source(source, name, namespace)
            yield from _part(source.get("repoURL"), source.get("path"), revision, inputs)


def _sources(holder: JsonObject) -> list[JsonObject]:
    several, one = _mappings(holder.get("sources")), mapping(holder.get("source"))
    return several or ([one] if one.get("repoURL") else [])


def _part(repo: Any, path: Any, revision: Any, inputs: Inputs) -> Iterator[Part]:
    """Nothing where the revision is no commit: of a chart or an artifact, or not known."""
    commit = _COMMIT.fullmatch(revision) if isinstance(revision, str) else None
    if commit and isinstance(repo, str) and isinstance(path or "", str):
        yield Part(repo, normal_path(path or ""), commit[1], inputs)


def _applied(status: JsonObject) -> Any:
    ready = next((c for c in _mappings(status.get("conditions")) if c.get("type") == "Ready"), {})
    if ready.get("status") == "False" and ready.get("reason") in _FAILED_LATER:
        return status.get("lastAttemptedRevision")
    return status.get("lastAppliedRevision")


def _mappings(value: Any) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
