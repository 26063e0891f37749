"""Checks every declared manifest: by the schemas of its cluster or of a Kubernetes version, and of declared CRDs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops_audit.config.settings import KubernetesConfig
from gitops_audit.errors import NOWHERE, PolicyError
from gitops_audit.kube.definition import Definitions
from gitops_audit.kube.version import minor_of
from gitops_audit.live import Cluster
from gitops_audit.live.problem import SCHEMA_UNREAD
from gitops_audit.model.finding import Problem
from gitops_audit.model.path import field_path, pointer_tokens
from gitops_audit.model.resource import Declared, Invalid, JsonObject
from gitops_audit.policy.manifest_schema import (
    NOT_INSTALLED,
    RULE_UNEVALUATED,
    UNDEFINED,
    Judged,
    ManifestSchemas,
    is_known,
    offline_documents,
)
from gitops_audit.policy.object_validation import object_faults


@dataclass(frozen=True, slots=True)
class Validated:
    """What the check of one manifest found, each fault with its line still to be looked up.

    `unchecked` says why there was no schema for its kind, empty where there was one; `error` is set where there is one
    that could not be read.
    """

    faults: tuple[Invalid, ...] = ()
    unchecked: str = ""
    error: Problem | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it was checked and nothing is wrong."""
        return not (self.faults or self.unchecked or self.error)


class Validator:
    """Checks the objects of one cluster. Raises PolicyError (GA462) for a configured version that has no schemas."""

    def __init__(self, cluster: Cluster | None, config: KubernetesConfig, declared: Sequence[JsonObject]) -> None:
        """Among `declared` CustomResourceDefinitions count, the first of a kind; without a cluster `config` says what
        Kubernetes is meant."""
        self._cluster = cluster
        self._absence = ""
        self._minor = minor_of(cluster.version if cluster and cluster.version else config.version)
        self._schemas = self._load(config, declared)
        self._unchecked: dict[str, Counter[str]] = {}
        self._unread: Counter[str] = Counter()

    def check(self, resource: Declared, *, is_accepted: bool = False) -> Validated:
        """Everything the API server would refuse; `is_accepted`: it holds the object as it is declared."""
        body = resource.body
        checked = self._schemas.check(body)
        judged = Judged() if any(fault.is_blocking for fault in checked) else self._judged(resource)
        found = [(fault.pointer, fault.message) for fault in (*checked, *judged.faults)]
        if not is_accepted:
            told = {pointer for pointer, _ in found}
            found += (fault for fault in self._rules(resource) if fault[0] not in told)
        faults = tuple(Invalid(field_path(pointer, body), message, pointer=pointer) for pointer, message in found)
        gap = self._schemas.gap(body)
        if gap:
            return self._incomplete(resource, faults, gap)
        return Validated(faults, error=Problem(RULE_UNEVALUATED, judged.problem) if judged.problem else None)

    def _judged(self, resource: Declared) -> Judged:
        """By the validation rules in the definition of its kind; rules about values that Git does not hold wait."""
        unknown = [tuple(pointer_tokens(stand_in.pointer)) for stand_in in resource.stand_ins]
        judged = self._schemas.judge_rules(resource.body, unknown)
        if judged.unread:
            self._unread[resource.key.qualified_kind] += judged.unread
        return judged

    def _rules(self, resource: Declared) -> list[tuple[str, str]]:
        return object_faults(resource.body, resource.key.group, resource.key.kind, self._minor)

    def notes(self) -> Iterator[str]:
        """One for each reason why manifests had no schema, with the kinds and how many of each."""
        for reason, kinds in self._unchecked.items():
            counted = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))
            yield f"manifests were not checked against schemas: {counted}; {reason}"
        if self._unread:
            counted = ", ".join(f"{count} times of {kind}" for kind, count in sorted(self._unread.items()))
            yield f"validation rules were not evaluated: {counted}; they read values that are redacted or not in Git"

    def _incomplete(self, resource: Declared, faults: tuple[Invalid, ...], gap: str) -> Validated:
        key = resource.key
        failure = self._cluster.schema_failure(key.group, resource.version) if self._cluster else ""
        if failure:
            message = f"the manifest was not checked, the schemas of {resource.api_version} cannot be read: {failure}"
            return Validated(faults, failure, Problem(SCHEMA_UNREAD, message))
        reason = (self._absence or gap) if gap == UNDEFINED else gap
        self._unchecked.setdefault(reason, Counter())[key.qualified_kind] += 1
        return Validated(faults, reason)

    def _load(self, config: KubernetesConfig, declared: Sequence[JsonObject]) -> ManifestSchemas:
        try:
            return _schemas(self._cluster, config, declared)
        except PolicyError as error:
            if error.code != NOT_INSTALLED:
                raise
            self._absence = f"{error.message}; {error.hint}"
            documents = self._cluster.schemas.documents if self._cluster else _no_document
            return ManifestSchemas(documents, definitions=_definitions(self._cluster, declared))


def _schemas(cluster: Cluster | None, config: KubernetesConfig, declared: Sequence[JsonObject]) -> ManifestSchemas:
    definitions = _definitions(cluster, declared)
    if cluster is None:
        return ManifestSchemas.offline(config.version, config.where, definitions=definitions)
    if cluster.is_recorded:
        return _of_recording(cluster, config, definitions)
    return ManifestSchemas(cluster.schemas.documents, kubernetes_version=cluster.version, definitions=definitions)


def _of_recording(cluster: Cluster, config: KubernetesConfig, definitions: Definitions) -> ManifestSchemas:
    """What was recorded; for the rest, the schemas of the recorded version, else of `kubernetesVersion`.

    Where neither is told, the newest schemas serve, but say nothing of versions that are deprecated or gone.
    """
    recorded, is_configured = cluster.schemas.documents, config.where != NOWHERE
    version = cluster.version if is_known(cluster.version) else config.version
    installed = offline_documents(version, config.where)
    return ManifestSchemas(
        lambda group, api_version: recorded(group, api_version) or installed(group, api_version),
        kubernetes_version=cluster.version or (config.version if is_configured else ""),
        is_complete=is_configured and not cluster.version,
        definitions=definitions,
    )


def _definitions(cluster: Cluster | None, declared: Sequence[JsonObject]) -> Definitions:
    return Definitions([*declared, *(cluster.definitions if cluster else ())])


def _no_document(group: str, version: str) -> None:
    """Without schemas there is none of any group."""
