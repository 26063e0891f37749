"""A cluster that was recorded, answering from memory. What the recording does not hold is a problem, never absent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Protocol

from gitops_audit.deployer.helm_release import DeployedRelease
from gitops_audit.errors import ClusterError
from gitops_audit.kube import definition
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.live.cluster import OnRead, Refusal, Stats
from gitops_audit.live.discovery import Discovery
from gitops_audit.live.json_text import Unpackable, packed
from gitops_audit.live.listing import name_of
from gitops_audit.live.liveset import LiveSet, identity
from gitops_audit.live.problem import NOT_RECORDED, unusable_object
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey, split_api_version

Place = tuple[str, str, str, str]  # group, kind, namespace, name


class Coverage(Protocol):
    """What a recording knows about objects that are not in it."""

    def problem(self, version: str, place: Place) -> Problem | None:
        """None where the object was absent from the cluster, else why that is not known."""
        ...

    def unserved(self, group: str, version: str, kind: str) -> Problem | None:
        """The problem to tell where the cluster is known not to serve a kind at this version."""
        ...

    def is_complete(self, group: str, kind: str, namespace: str) -> bool:
        """Whether all objects of a kind (in a namespace, or everywhere for an empty one) are in the recording."""
        ...


class RecordedCluster:
    """See cluster.Cluster."""

    def __init__(
        self,
        name: str,
        server: str,
        version: str,
        discovery: Discovery,
        documents: Mapping[tuple[str, str], JsonObject],
        objects: Iterable[JsonObject],
        coverage: Coverage,
        redactor: Redactor,
        recorded_at: datetime | None = None,
    ) -> None:
        """`objects` are redacted by `redactor`."""
        self.name = name
        self.server = server
        self.version = version
        self.discovery = discovery
        self.redactor = redactor
        self.is_recorded = True
        self.recorded_at = recorded_at
        self.stats = Stats()
        self.schema_problem = "" if documents else f"{server} holds no schemas: values are compared without their types"
        self.schemas = Schemas(lambda group, version: documents.get((group, version)))
        self._coverage = coverage
        self._objects: dict[Place, dict[str, JsonObject]] = {}
        for body in objects:
            group, object_version = split_api_version(str(body.get("apiVersion", "")))
            place = group, str(body.get("kind", "")), *name_of(body)
            self._objects.setdefault(place, {})[object_version] = body

    @property
    def definitions(self) -> Sequence[JsonObject]:
        place = definition.GROUP, definition.KIND
        found = (versions for (group, kind, *_), versions in self._objects.items() if (group, kind) == place)
        return [body for versions in found for body in versions.values()]

    def schema_failure(self, group: str, version: str) -> str:
        return ""

    def read(self, wanted: Collection[Declared], on_read: OnRead | None = None) -> LiveSet:
        live = LiveSet()
        for resource in wanted:
            found = _usable(self._find(resource))
            if isinstance(found, Problem):
                live.add_problem(identity(resource), found)
            elif found is None:
                live.add_absent(identity(resource), self._namespaces.get(_named(resource.key), ()))
            else:
                live.add(identity(resource), found)
        return live

    @cached_property
    def _namespaces(self) -> Mapping[tuple[str, str, str], set[str]]:
        """By group, kind and name, the namespaces that have such an object."""
        found: dict[tuple[str, str, str], set[str]] = {}
        for group, kind, namespace, name in self._objects:
            if namespace:
                found.setdefault((group, kind, name), set()).add(namespace)
        return found

    def get(self, resource: Declared) -> JsonObject | None:
        found = _usable(self._find(resource))
        if isinstance(found, Problem):
            raise ClusterError(f"cluster {self.name}: {found.message}", code=found.code)
        return found

    def namespaces_of(self, resource: Declared) -> Sequence[str]:
        """Reading has shown them all."""
        return ()

    def release(self, namespace: str, name: str) -> DeployedRelease | None:
        """Recordings hold no values of Secrets, and so no record of Helm."""
        return None

    def list_metadata(self, group: str, version: str, plural: str, namespace: str = "") -> Sequence[JsonObject]:
        api = self.discovery.plural(group, version, plural)
        if api is None or not self._coverage.is_complete(group, api.kind, namespace):
            where = f" of {namespace}" if namespace else ""
            raise ClusterError(
                f"cluster {self.name}: {self.server} does not hold all {plural}{where}",
                code=NOT_RECORDED,
                hint="record all of it: `gitops-audit snapshot FILE`",
            )
        return [
            {"apiVersion": api.api_version, "kind": api.kind, "metadata": body.get("metadata", {})}
            for (g, kind, found, _), versions in self._objects.items()
            for body in (versions.get(version) or next(iter(versions.values())),)
            if (g, kind) == (group, api.kind) and namespace in ("", found)
        ]

    def dry_run_apply(self, resource: Declared, manager: str) -> JsonObject | Refusal:
        return Refusal("recording", "a recording cannot be asked what the server would make of the object")

    def close(self) -> None:
        """Nothing is open."""

    def _find(self, resource: Declared) -> JsonObject | Problem | None:
        key = resource.key
        place = key.group, key.kind, key.namespace, key.name
        versions = self._objects.get(place, {})
        if found := versions.get(resource.version):
            return found
        if unserved := self._coverage.unserved(key.group, resource.version, key.kind):
            return unserved
        return _other_version(resource, versions) if versions else self._coverage.problem(resource.version, place)


def _usable(found: JsonObject | Problem | None) -> JsonObject | Problem | None:
    """An object that could not be kept as JSON is a problem of its own, as with a server."""
    try:
        packed(found) if isinstance(found, dict) else None
    except Unpackable as error:
        return unusable_object(str(error))
    return found


def _named(key: ResourceKey) -> tuple[str, str, str]:
    return key.group, key.kind, key.name


def not_recorded(what: str, remedy: str) -> Problem:
    return Problem(
        NOT_RECORDED, f"{what} not in the recording, so it is not known whether the object is there; {remedy}"
    )


def _other_version(resource: Declared, versions: Collection[str]) -> Problem:
    return Problem(
        NOT_RECORDED,
        f"recorded at {', '.join(sorted(versions))}, declared at {resource.version}, and only the server converts: "
        "record it at that version too (kubectl: `get KIND.VERSION.GROUP`)",
    )
