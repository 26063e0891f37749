"""A cluster behind an API server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.deployer.helm_release import DeployedRelease
from gitops_audit.errors import ClusterError
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.live import problem
from gitops_audit.live.cluster import OnRead, Refusal, Stats
from gitops_audit.live.discovery import ACCEPT, ApiResource, Discovery, discover
from gitops_audit.live.dryrun import DryRunner
from gitops_audit.live.helm_release import read_release
from gitops_audit.live.http import HttpClient
from gitops_audit.live.listing import METADATA_ONLY, completed, name_of, pages, read_whole
from gitops_audit.live.liveset import LiveSet
from gitops_audit.live.openapi import OpenApiDocuments, cache_directory
from gitops_audit.live.plan import Target
from gitops_audit.live.reader import Reader, get_object, redacted
from gitops_audit.live.workers import Step, run, threads, without_garbage_collection
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject

CONCURRENCY = 8


class ServerCluster:
    """See cluster.Cluster. Connecting reads version and discovery, so that a cluster that is down is told at once."""

    def __init__(self, name: str, client: HttpClient, redactor: Redactor, documents: OpenApiDocuments) -> None:
        """Raises ClusterError where the server cannot be reached or does not take the credentials."""
        self.name = name
        self.redactor = redactor
        self.client = client
        self.documents = documents
        self.schemas = Schemas(documents)
        self.definitions: Sequence[JsonObject] = ()
        self.is_recorded = False
        self.recorded_at: datetime | None = None
        self._dry_runner = DryRunner(client, redactor)
        with threads(1, "version") as pool:
            version = pool.submit(_version, client)
            self.discovery: Discovery = discover(lambda path: client.get(path, accept=ACCEPT), CONCURRENCY)
            self.version = version.result()

    @classmethod
    def connect(cls, config: ClusterConfig, redactor: Redactor) -> ServerCluster:
        """Raises ClusterError."""
        from gitops_audit.live.client import Session

        client = HttpClient(config.name, Session(config, concurrency=CONCURRENCY))
        return cls(config.name, client, redactor, OpenApiDocuments(client, cache_directory()))

    @property
    def server(self) -> str:
        return self.client.server

    @property
    def stats(self) -> Stats:
        return self.client.stats

    @property
    def schema_problem(self) -> str:
        return self.documents.reason

    def schema_failure(self, group: str, version: str) -> str:
        return self.documents.failure(group, version)

    def read(self, wanted: Collection[Declared], on_read: OnRead | None = None) -> LiveSet:
        reader = Reader(self.client, self.discovery, self.redactor, on_read)
        schemas = {(r.key.group, r.version) for r in wanted}
        with without_garbage_collection():
            run([*reader.steps(wanted), *(partial(self._prefetch, *key) for key in sorted(schemas))], CONCURRENCY)
        return reader.live

    def get(self, resource: Declared) -> JsonObject | None:
        api = self._api(resource)
        target = resource.key.namespace if api.namespaced else "", resource.key.name
        return get_object(self.client, self.redactor, api, target)

    def list_metadata(self, group: str, version: str, plural: str, namespace: str = "") -> Sequence[JsonObject]:
        api = self.discovery.plural(group, version, plural)
        if api is None:
            raise _as_error(self.name, problem.not_served(group, version, plural, ()))
        found: list[JsonObject] = []

        def read() -> None:
            found[:] = self.scan(api, namespace, accept=METADATA_ONLY)

        read_whole(read)
        return found

    def namespaces_of(self, resource: Declared) -> Sequence[str]:
        try:
            api = self._api(resource)
            found = pages(self.client, api, "", name=resource.key.name, accept=METADATA_ONLY) if api.namespaced else ()
            return sorted(name_of(item)[0] for page in found for item in page.items)
        except ClusterError:
            return ()

    def release(self, namespace: str, name: str) -> DeployedRelease | None:
        secrets = self.discovery.resource("", "v1", "Secret")
        if secrets is None:
            return None
        listed = self.list_metadata("", "v1", secrets.plural, namespace)
        return read_release(self.client, self.redactor, secrets, listed, namespace, name)

    def scan(self, api: ApiResource, namespace: str = "", *, accept: str = "application/json") -> Iterator[JsonObject]:
        """Every object of a kind as the pages come, redacted. Raises ClusterError; ApiError 410: start anew."""
        for item in self._items(api, namespace, accept):
            yield self.redactor.redact(completed(api, item))

    def scan_packed(self, api: ApiResource, namespace: str = "") -> Iterator[tuple[Target, bytes | Problem]]:
        """As `scan`, each object with its place and as JSON text, or the problem of an object that cannot be kept."""
        for item in self._items(api, namespace, "application/json"):
            yield name_of(item), redacted(self.redactor, api, item)

    def _items(self, api: ApiResource, namespace: str, accept: str) -> Iterator[JsonObject]:
        for page in pages(self.client, api, namespace, accept=accept):
            if not page.is_whole:
                raise _as_error(self.name, problem.nameless(api))
            yield from page.items

    def dry_run_apply(self, resource: Declared, manager: str) -> JsonObject | Refusal:
        return self._dry_runner.apply(self._api(resource), resource, manager)

    def close(self) -> None:
        self.client.close()

    def _api(self, resource: Declared) -> ApiResource:
        key = resource.key
        if api := self.discovery.resource(key.group, resource.version, key.kind):
            return api
        raise _as_error(self.name, problem.not_served(key.group, resource.version, key.kind, ()))

    def _prefetch(self, group: str, version: str) -> Iterable[Step]:
        """Schemas come while objects are read, instead of one after the other when the first of a kind is compared."""
        self.documents(group, version)
        return ()


def _version(client: HttpClient) -> str:
    version = client.get("/version").get("gitVersion")
    return version if isinstance(version, str) else ""


def _as_error(cluster: str, reason: Problem) -> ClusterError:
    return ClusterError(f"cluster {cluster}: {reason.message}", code=reason.code)
