"""What a cluster is to the rest of the audit, be it a server or a recording."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gitops_audit.deployer.helm_release import DeployedRelease
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.live.discovery import Discovery
from gitops_audit.live.liveset import LiveSet
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject

OnRead = Callable[[int, int], object]
"""Told while objects are read: how many more are answered for, how many more will be. From any thread."""

RefusalReason = Literal["forbidden", "sensitive", "recording", "conflict", "invalid", "webhook", "failed"]


@dataclass(frozen=True, slots=True)
class Stats:
    """What a cluster cost so far; `bytes` counts bodies as they were after decompression."""

    requests: int = 0
    bytes: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a dry run gave no object. `forbidden` and `sensitive` say nothing about the manifest, the others may."""

    reason: RefusalReason
    message: str


class Cluster(Protocol):
    """Safe for threads. Everything it gives is redacted by `redactor`, which must redact the declared side too."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """The server's version (`v1.36.3`), empty where it is not known."""
        ...

    @property
    def server(self) -> str:
        """The address, or the path of the recording, without credentials."""
        ...

    @property
    def discovery(self) -> Discovery: ...

    @property
    def schemas(self) -> Schemas: ...

    @property
    def schema_problem(self) -> str:
        """Why types are not (all) known, empty where they are or were not asked for yet."""
        ...

    def schema_failure(self, group: str, version: str) -> str:
        """Why the schemas of a group and version could not be read; empty where there are some, or are known to be
        none."""
        ...

    @property
    def is_recorded(self) -> bool: ...

    @property
    def recorded_at(self) -> datetime | None:
        """When a recording was made, where that is known; None for a server."""
        ...

    @property
    def definitions(self) -> Sequence[JsonObject]:
        """The CustomResourceDefinitions that a recording holds; a server publishes their schemas itself."""
        ...

    @property
    def redactor(self) -> Redactor: ...

    @property
    def stats(self) -> Stats: ...

    def read(self, wanted: Collection[Declared], on_read: OnRead | None = None) -> LiveSet:
        """The live objects of all wanted resources, each at its declared version. Raises nothing for single ones."""
        ...

    def get(self, resource: Declared) -> JsonObject | None:
        """One object, read now; None where it is absent. Raises ClusterError where it cannot be known."""
        ...

    def list_metadata(self, group: str, version: str, plural: str, namespace: str = "") -> Sequence[JsonObject]:
        """All objects of a kind with nothing but their metadata. Raises ClusterError where they cannot be listed."""
        ...

    def namespaces_of(self, resource: Declared) -> Sequence[str]:
        """The namespaces that hold an object of this kind and name, by one more request; empty where that fails."""
        ...

    def release(self, namespace: str, name: str) -> DeployedRelease | None:
        """What Helm rendered of a release when it was deployed last; None where no record tells. Raises ClusterError
        where a record cannot be read.
        """
        ...

    def dry_run_apply(self, resource: Declared, manager: str) -> JsonObject | Refusal:
        """What the server would make of the declared object, applied by force as `manager`. Changes nothing.

        Refused for Secrets and for objects with redacted fields: the server would compare tokens, and a dry run with
        real values would hand them to every admission webhook. Raises ClusterError where the server cannot be reached.
        """
        ...

    def close(self) -> None: ...
