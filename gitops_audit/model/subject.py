"""What a verdict is about: a declared resource, a live object that nobody declares, or something that was not read."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_audit.errors import AuditError
from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import (
    NOWHERE,
    Declared,
    FileProblem,
    Invalid,
    JsonObject,
    Origin,
    ResourceKey,
    subject_id,
)

UNDECLARED = "(undeclared)"
"""In place of a source, for what belongs to none."""

OFFLINE_CLUSTER = "git"
"""In place of a cluster, where none is asked."""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A live object that no source declares; `drift` says why it counts, `labels` are those it carries.

    Without a `drift` it is one that the source `source` follows in the cluster, or (`is_removed`) one that a change
    removes: only its base declares it, in the source `source`.
    """

    key: ResourceKey
    version: str
    drift: Drift | None
    labels: JsonObject = field(default_factory=dict, repr=False)
    source: str = UNDECLARED
    origin: Origin = NOWHERE
    is_removed: bool = False

    @property
    def body(self) -> JsonObject:
        """Nothing is declared of it."""
        return {}

    @property
    def title(self) -> str:
        return str(self.key)

    @property
    def id(self) -> str:
        return subject_id(self.key, self.source, self.title)


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, a source, a kind or a cluster of which nothing, or not all, could be read.

    In place of a kind its key has what it is (`File`, `Source`, `Cluster`). Either `error` says why, or `faults` say
    it line by line.
    """

    key: ResourceKey
    source: str
    origin: Origin
    error: Problem | None = None
    faults: tuple[Invalid, ...] = ()

    @classmethod
    def of_file(cls, cluster: str, source: str, path: str, problems: tuple[FileProblem, ...]) -> Unread:
        """A file of which something could not be read; each problem becomes an invalid finding."""
        faults = tuple(Invalid(path="", message=p.message, line=p.line) for p in problems)
        key = ResourceKey(cluster, "", "File", "", path)
        return cls(key, source, Origin(path, problems[0].line or 1, index=-1), faults=faults)

    @classmethod
    def of_source(cls, cluster: str, source: str, error: AuditError) -> Unread:
        """A source of which nothing could be read."""
        message = f"{error.message}. {error.hint}" if error.hint else error.message
        origin = Origin(error.where.path, error.where.line, index=-1) if error.where else NOWHERE
        return cls(ResourceKey(cluster, "", "Source", "", source), source, origin, Problem(error.code, message))

    @classmethod
    def of_unfollowed(cls, cluster: str, source: str, name: str, error: AuditError) -> Unread:
        """An object that deploys something, of which the audit renders nothing."""
        return cls(ResourceKey(cluster, "", "Source", "", name), source, NOWHERE, Problem(error.code, error.message))

    @classmethod
    def of_kind(cls, cluster: str, kind: str, error: AuditError) -> Unread:
        """A kind that could not be searched for undeclared objects."""
        key = ResourceKey(cluster, "", "Source", "", kind)
        return cls(key, UNDECLARED, NOWHERE, Problem(error.code, f"not searched: {error.message}"))

    @classmethod
    def of_cluster(cls, cluster: str, error: AuditError) -> Unread:
        """A cluster that cannot be read and for which nothing is declared that could say so."""
        message = f"{error.message}\n{error.hint}".strip()
        key = ResourceKey(cluster, "", "Cluster", "", cluster)
        return cls(key, UNDECLARED, NOWHERE, Problem(error.code, message))

    @property
    def version(self) -> str:
        """What was not read has no API version."""
        return ""

    @property
    def body(self) -> JsonObject:
        """What it declares is not known."""
        return {}

    @property
    def title(self) -> str:
        return str(self.key)

    @property
    def id(self) -> str:
        return subject_id(self.key, self.source, self.title)


Subject = Declared | Undeclared | Unread
