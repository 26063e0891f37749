"""Live objects that no source declares: `extra`.

Tracked ones are those that belong to a deployment some declared object belongs to as well (Argo CD application, Flux
Kustomization, Helm release, ApplySet...), or that a known deployer wrote into a namespace that holds declared objects.
In the namespaces the configuration names, every top-level object counts. Metadata is all that is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.config.settings import OrphanConfig
from gitops_audit.deployer import argocd, helm, tracking
from gitops_audit.deployer.directive import Directives, marks_of
from gitops_audit.deployer.helm_release import Release, declared_releases, latest, release_of
from gitops_audit.deployer.made_secret import made_secrets
from gitops_audit.deployer.stand_in import IDENTITY
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.ownership import Ownership
from gitops_audit.drift.renamed import predecessor
from gitops_audit.drift.stand_ins import name_pattern
from gitops_audit.drift.trusted_marks import directives_of
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.generated_name import generator_of
from gitops_audit.kube.match import Match
from gitops_audit.kube.path import Path
from gitops_audit.model.finding import Drift, FieldOwner
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey

# Made by the cluster or by controllers, never deployed: (group, kind).
_MACHINE_MADE = frozenset(
    {
        ("", "Binding"),
        ("", "ComponentStatus"),
        ("", "Endpoints"),
        ("", "Event"),
        ("", "Node"),
        ("apps", "ControllerRevision"),
        ("authentication.k8s.io", "*"),
        ("authorization.k8s.io", "*"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("coordination.k8s.io", "Lease"),
        ("coordination.k8s.io", "LeaseCandidate"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("events.k8s.io", "Event"),
        ("internal.apiserver.k8s.io", "*"),
        ("metrics.k8s.io", "*"),
        ("custom.metrics.k8s.io", "*"),
        ("external.metrics.k8s.io", "*"),
        ("networking.k8s.io", "IPAddress"),
        ("resource.k8s.io", "ResourceSlice"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "CSIStorageCapacity"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("wgpolicyk8s.io", "*"),
        ("openreports.io", "*"),
        ("reports.kyverno.io", "*"),
        ("cilium.io", "CiliumEndpoint"),
        ("cilium.io", "CiliumIdentity"),
        ("cilium.io", "CiliumNode"),
        ("acme.cert-manager.io", "Order"),
        ("acme.cert-manager.io", "Challenge"),
        ("cert-manager.io", "CertificateRequest"),
    }
)

# Objects every cluster or namespace comes with.
_GIVEN = (
    Match(kind="ServiceAccount", group="", name="default"),
    Match(kind="ServiceAccount", group="", name="builder"),
    Match(kind="ServiceAccount", group="", name="deployer"),
    Match(kind="ConfigMap", group="", name="kube-root-ca.crt"),
    Match(kind="ConfigMap", group="", name="openshift-service-ca.crt"),
    Match(kind="ConfigMap", group="", name="istio-ca-root-cert"),
    Match(kind="ConfigMap", group="", name="kube-apiserver-legacy-service-account-token-tracking"),
    Match(kind="Secret", group="", name="sh.helm.release.v*"),
    Match(kind="Service", group="", namespace="default", name="kubernetes"),
    Match(kind="Namespace", group="", name="default"),
    Match(kind="Namespace", group="", name="kube-*"),
    Match(kind="PriorityClass", group="scheduling.k8s.io", name="system-*"),
    Match(kind="ServiceCIDR", group="networking.k8s.io", name="kubernetes"),
    Match(kind="*", group="rbac.authorization.k8s.io", name="system:*"),
)

# Marks of objects that a component of the cluster made: (where, key).
_MADE_BY_CLUSTER = (
    ("labels", "kubernetes.io/bootstrapping"),
    ("labels", "kube-aggregator.kubernetes.io/automanaged"),
    ("annotations", "apf.kubernetes.io/autoupdate-spec"),
    ("annotations", "kubernetes.io/service-account.name"),
    ("annotations", "pv.kubernetes.io/provisioned-by"),
    ("annotations", helm.HOOK),
    ("annotations", argocd.HOOK),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live object, of which the metadata is read."""

    key: ResourceKey
    version: str
    metadata: JsonObject


@dataclass(frozen=True, slots=True)
class Orphan:
    """A live object that no source declares, why it is expected to be, and who made it (where recorded)."""

    candidate: Candidate
    reason: str
    by: FieldOwner | None = None

    @property
    def drift(self) -> Drift:
        by = f"; by {self.by.manager} at {self.by.time}" if self.by else ""
        return Drift("extra", confirmed=True, reason=f"{self.reason}{by}")


class OrphanSearch:
    """Finds the objects of one cluster that no source declares.

    `declared` are all resources of the cluster, skipped and faulty ones too: what stands in Git is no orphan.
    `live` are the metadata of declared objects that exist; they tell which deployments are audited. `releases` are
    those that sources render.
    """

    def __init__(
        self,
        config: OrphanConfig,
        managers: Managers,
        declared: Collection[Declared],
        live: Iterable[JsonObject],
        releases: Iterable[Release] = (),
    ) -> None:
        self._config = config
        self._managers = managers
        self._declared = frozenset((d.key.group, d.key.kind, d.key.namespace, d.key.name) for d in declared)
        self._keys = frozenset(d.key for d in declared)
        self._names = frozenset((d.key.kind, d.key.namespace, d.key.name) for d in declared)
        self._claims = tuple(_claim_prefixes(declared))
        self._made_releases = declared_releases(declared).union(one.tracker for one in releases)
        self._made = frozenset(made for d in declared for made in made_secrets(d))
        self._patterns = tuple(_name_patterns(declared))
        self._namespaces = frozenset(d.key.namespace for d in declared if d.key.namespace)
        found = list(live)
        self._trackers = frozenset(t for metadata in found for t in tracking.trackers(metadata))
        self._appliers = frozenset(e.manager for metadata in found if (e := self._applier(metadata)))

    @staticmethod
    def is_listed(group: str, kind: str) -> bool:
        """Whether objects of a kind can be orphans at all, so that they need listing."""
        return (group, kind) not in _MACHINE_MADE and (group, "*") not in _MACHINE_MADE

    def find(self, candidates: Iterable[Candidate]) -> Iterator[Orphan]:
        """The orphans among live objects, in their order; none where the configuration does not ask for them."""
        if not self._config.enabled:
            return
        searched = list(candidates)
        renamed, releases = self._renamed(searched), self._releases(searched)
        for candidate in searched:
            is_excused = candidate.key in renamed or self._is_excused(candidate)
            reason = releases.get(candidate.key, "") if is_excused else self._reason(candidate)
            if reason:
                entry = self._author(candidate.metadata)
                yield Orphan(candidate, reason, self._managers.owner(entry) if entry else None)

    def _renamed(self, candidates: Sequence[Candidate]) -> frozenset[ResourceKey]:
        """What the cluster has in place of generated objects whose content, and so their name, changed."""
        present = frozenset(c.key for c in candidates)
        missing = [key for key in self._keys - present if generator_of(key.group, key.kind, key.name)]
        live = [(c.key, c.metadata) for c in candidates if generator_of(c.key.group, c.key.kind, c.key.name)]
        return frozenset(filter(None, (predecessor(key, live, self._keys) for key in missing)))

    def _releases(self, candidates: Sequence[Candidate]) -> dict[ResourceKey, str]:
        """The Helm releases that no source declares, by the Secret of their last revision, with the reason."""
        found = latest((c.key, one) for c in candidates if (one := release_of(c.key, c.metadata)))
        wanted = self._trackers | self._made_releases
        unknown = {key: one for key, one in found.items() if one.tracker not in wanted}
        excused = {c.key for c in candidates if c.key in unknown and self._is_release_excused(c)}
        return {
            key: f"the Helm release {one.name} is declared in no source"
            for key, one in unknown.items()
            if key not in excused
        }

    def _is_release_excused(self, candidate: Candidate) -> bool:
        labels = candidate.metadata.get("labels") or {}
        is_ignored = any(m.selects(candidate.key, labels) for m in self._config.ignore)
        return is_ignored or self._excuses_itself(candidate.metadata)

    def _is_excused(self, candidate: Candidate) -> bool:
        key, metadata = candidate.key, candidate.metadata
        return (
            (key.group, key.kind, key.namespace, key.name) in self._declared
            or not self.is_listed(key.group, key.kind)
            or self._excuses_itself(metadata)
            or any(m.selects(key, metadata.get("labels") or {}) for m in (*_GIVEN, *self._config.ignore))
            or (key.kind == "PersistentVolumeClaim" and self._is_stateful(key))
            or (key.kind == "Secret" and not self._made.isdisjoint({(key.namespace, key.name), ("", key.name)}))
            or any(p.fullmatch(f"{key.group}/{key.kind}/{key.namespace}/{key.name}") for p in self._patterns)
        )

    def _excuses_itself(self, metadata: JsonObject) -> bool:
        """Whether the object says why it need not be declared, and it is not a person who made it say so."""
        marks = [("metadata", where, key) for where, key in _MADE_BY_CLUSTER if key in (metadata.get(where) or {})]
        owned: list[Path] = [("metadata", "ownerReferences")] if metadata.get("ownerReferences") else []
        going: list[Path] = [("metadata", "finalizers")] if metadata.get("deletionTimestamp") else []
        is_kept = bool(Directives.of(marks_of({"metadata": metadata})).kept)
        if not (marks or owned or going or is_kept):
            return False
        ownership = Ownership.of({"metadata": metadata}, {}, self._managers)
        if any(not ownership.is_by_hand(path) for path in (*marks, *owned, *going)):
            return True
        live = {"metadata": metadata}
        return is_kept and (not ownership.entries or bool(directives_of({}, live, ownership).kept))

    def _is_stateful(self, key: ResourceKey) -> bool:
        """A claim that a declared StatefulSet made: `<template>-<set>-<ordinal>`, without an owner."""
        prefix, _, ordinal = key.name.rpartition("-")
        return ordinal.isdecimal() and (key.namespace, prefix) in self._claims

    def _reason(self, candidate: Candidate) -> str:
        shared = sorted(self._trackers & tracking.trackers(candidate.metadata))
        if shared:
            return f"deployed by {shared[0]}, declared in no source"
        namespace = candidate.key.namespace
        applier = self._applier(candidate.metadata)
        if namespace in self._namespaces and applier and applier.manager in self._appliers:
            return f"deployed by {applier.manager}, declared in no source"
        is_audited = namespace in self._config.namespaces
        return f"not declared in any source, in the audited namespace {namespace}" if is_audited else ""

    def _applier(self, metadata: JsonObject) -> fields.Entry | None:
        entries = fields.entries({"metadata": metadata})
        return next((e for e in entries if self._managers.class_of(e.manager, e.operation) == "applier"), None)

    def _author(self, metadata: JsonObject) -> fields.Entry | None:
        """The deployer, else the earliest writer."""
        entries = fields.entries({"metadata": metadata})
        return self._applier(metadata) or min(entries, key=lambda e: e.time, default=None)


def _name_patterns(declared: Iterable[Declared]) -> Iterator[re.Pattern[str]]:
    """What may be the objects whose declared names are not known: a variable stands in them, or a made-up hash."""
    for key, stand_ins in ((d.key, d.stand_ins) for d in declared if d.stand_ins):
        is_hashed = any(not s.pointer for s in stand_ins)
        if is_hashed or any(s.pointer in IDENTITY for s in stand_ins):
            name = f"{re.escape(key.name.rpartition('-')[0])}-[a-z0-9]{{10}}" if is_hashed else _pattern(key.name)
            yield re.compile(f"{re.escape(f'{key.group}/{key.kind}/')}{_pattern(key.namespace)}/{name}")


def _pattern(text: str) -> str:
    return name_pattern(text) or re.escape(text)


def _claim_prefixes(declared: Iterable[Declared]) -> Iterator[tuple[str, str]]:
    for resource in declared:
        if resource.key.kind == "StatefulSet":
            for template in _list(_dict(resource.body.get("spec")).get("volumeClaimTemplates")):
                name = _dict(_dict(template).get("metadata")).get("name")
                yield resource.key.namespace, f"{name}-{resource.key.name}"


def _dict(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
