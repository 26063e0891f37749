"""A cluster of given objects, and subjects, for the tests of the engine's steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gitops_audit.config.settings import DriftConfig
from gitops_audit.deployer.helm_release import DeployedRelease
from gitops_audit.drift import Comparer, Scalers
from gitops_audit.engine.case import Case
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.errors import AuditError, ClusterError
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.live import ApiResource, Discovery, LiveSet, OnRead, Refusal, Stats
from gitops_audit.live.liveset import identity
from gitops_audit.model.finding import Change, Drift, Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, split_api_version
from gitops_audit.model.subject import Undeclared, Unread
from tests.unit.drift.samples import TODAY

SERVED = (
    ApiResource("", "v1", "ConfigMap", "configmaps", True, ("get", "list")),
    ApiResource("", "v1", "Secret", "secrets", True, ("get", "list")),
    ApiResource("apps", "v1", "Deployment", "deployments", True, ("get", "list")),
)
UNREADABLE = Problem("GA305", "listing configmaps is forbidden")
DOWN = ClusterError("cluster prod does not answer", code="GA301", hint="is the VPN up?")
BROKEN_FILE = Unread(
    ResourceKey("prod", "", "File", "", "a.yaml"), "shop", Origin("a.yaml", 3, index=-1), Problem("GA210", "no YAML")
)


@dataclass
class FakeCluster:
    """What it holds, by `namespace/name`; `again` is what a second look at an object finds."""

    objects: dict[str, JsonObject] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    again: dict[str, JsonObject | AuditError | None] = field(default_factory=dict)
    dry_runs: dict[str, JsonObject | Refusal | Exception] = field(default_factory=dict)
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)
    releases: dict[str, DeployedRelease | AuditError] = field(default_factory=dict)
    is_recorded: bool = False
    recorded_at: datetime | None = None
    name: str = "prod"
    version: str = "v1.30.0"
    server: str = "https://prod.example.com"
    schema_problem: str = ""
    definitions: Sequence[JsonObject] = ()
    redactor: Redactor = field(default_factory=Redactor)
    stats: Stats = field(default_factory=Stats)
    discovery: Discovery = field(default_factory=lambda: Discovery(SERVED))
    schemas: Schemas = field(default_factory=lambda: Schemas(lambda group, version: None))
    asked: list[str] = field(default_factory=list)

    def schema_failure(self, group: str, version: str) -> str:
        return ""

    def read(self, wanted: Collection[Declared], on_read: OnRead | None = None) -> LiveSet:
        live = LiveSet()
        for resource in wanted:
            self.asked.append(place := _place(resource))
            if (problem := self.problems.get(place)) is not None:
                live.add_problem(identity(resource), problem)
            elif (body := self.objects.get(place)) is not None:
                live.add(identity(resource), body)
            else:
                live.add_absent(identity(resource))
        return live

    def get(self, resource: Declared) -> JsonObject | None:
        answer = self.again[_place(resource)]
        if isinstance(answer, AuditError):
            raise answer
        return answer

    def list_metadata(self, group: str, version: str, plural: str, namespace: str = "") -> Sequence[JsonObject]:
        return ()

    def namespaces_of(self, resource: Declared) -> Sequence[str]:
        self.asked.append(f"namespaces of {resource.key.name}")
        return self.elsewhere.get(resource.key.name, ())

    def release(self, namespace: str, name: str) -> DeployedRelease | None:
        self.asked.append(f"release {namespace}/{name}")
        answer = self.releases.get(f"{namespace}/{name}")
        if isinstance(answer, AuditError):
            raise answer
        return answer

    def dry_run_apply(self, resource: Declared, manager: str) -> JsonObject | Refusal:
        self.asked.append(f"dry run of {resource.key.name} as {manager}")
        answer = self.dry_runs[_place(resource)]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """There is nothing to close."""


def reached(cluster: FakeCluster | None = None, error: AuditError | None = None) -> ReachedCluster:
    return ReachedCluster("prod", cluster.redactor if cluster else Redactor(), cluster, error)


def config_map(name: str = "settings", data: Mapping[str, str] | None = None, **metadata: Any) -> JsonObject:
    named = {"name": name, "namespace": "shop", **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": dict(data or {"a": "1"})}


def declared(body: JsonObject | None = None, **fields: Any) -> Declared:
    body = body or config_map()
    group, version = split_api_version(body["apiVersion"])
    metadata = body["metadata"]
    key = ResourceKey("prod", group, body["kind"], metadata.get("namespace", ""), metadata["name"])
    return Declared(key, fields.pop("source", "shop"), version, body, Origin("a.yaml", 1), **fields)


def undeclared(name: str = "left", labels: Mapping[str, str] | None = None) -> Undeclared:
    key = ResourceKey("prod", "", "ConfigMap", "shop", name)
    return Undeclared(key, "v1", Drift("extra", confirmed=True), dict(labels or {}))


def comparer(scalers: Scalers | None = None, **config: Any) -> Comparer:
    return Comparer(DriftConfig(**config), today=TODAY, scalers=scalers)


def modified(name: str = "settings", **fields: Any) -> Case:
    """A ConfigMap of which the cluster has another value."""
    change = Change("changed", "/data/a", "data.a", "1", "2", cause="unknown")
    live = config_map(name, {"a": "2"})
    return Case(declared(config_map(name), **fields), True, live, drift=Drift("modified", (change,)))


def missing(name: str = "settings") -> Case:
    return Case(declared(config_map(name)), True, drift=Drift("missing", confirmed=True))


def _place(resource: Declared) -> str:
    return f"{resource.key.namespace}/{resource.key.name}"
