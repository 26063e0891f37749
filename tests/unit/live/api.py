"""A Kubernetes API on the scripted server: discovery, paged LISTs and GETs of given objects; routes override it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gitops_audit.live.http import HttpClient
from gitops_audit.live.openapi import OpenApiDocuments
from gitops_audit.live.server import ServerCluster
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from tests.unit.live.scripted import Answer, Request, Script, ok, status


@dataclass(frozen=True)
class Kind:
    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def root(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


CONFIG_MAPS = Kind("", "v1", "ConfigMap", "configmaps")
SECRETS = Kind("", "v1", "Secret", "secrets")
NAMESPACES = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
DEPLOYMENTS = Kind("apps", "v1", "Deployment", "deployments")
WIDGETS = Kind("example.org", "v1", "Widget", "widgets")
KINDS: tuple[Kind, ...] = (CONFIG_MAPS, SECRETS, NAMESPACES, DEPLOYMENTS, WIDGETS)


class Session:
    """The transport without a kubeconfig; `renewals` counts how often new credentials were asked for."""

    def __init__(self, url: str) -> None:
        import urllib3

        self.server = url
        self.renewals = 0
        self._pool = urllib3.PoolManager(maxsize=8)

    @property
    def generation(self) -> int:
        return self.renewals

    def send(self, method: str, path: str, headers: Any, body: bytes | None, timeouts: Any) -> Any:
        url = self.server + path
        token = {"authorization": f"Bearer token-{self.renewals}"}
        return self._pool.request(
            method,
            url,
            body=body,
            headers={**headers, **token},
            timeout=timeouts,
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def renew(self, generation: int) -> None:
        self.renewals += 1

    def close(self) -> None:
        self._pool.clear()


class Api:
    """Serves `objects`; every page holds at most `page_size`."""

    def __init__(self, script: Script, page_size: int = 500) -> None:
        self.script = script
        self.objects: list[JsonObject] = []
        self.kinds = KINDS
        self.page_size = page_size
        script.fallback = self._answer
        script.on("/version", ok({"gitVersion": "v1.30.0"}))
        script.on("/api", ok(aggregated(k for k in KINDS if not k.group)))
        script.on("/apis", ok(aggregated(k for k in KINDS if k.group)))
        script.on("/openapi/v3", ok({"paths": {}}))

    def has(self, kind: Kind, *names: str, **fields: Any) -> None:
        """Names are `namespace/name`, or a bare name for cluster-scoped kinds."""
        api_version = f"{kind.group}/{kind.version}" if kind.group else kind.version
        for full_name in names:
            namespace, _, name = full_name.rpartition("/")
            metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
            self.objects.append({"apiVersion": api_version, "kind": kind.kind, "metadata": metadata, **fields})

    def lists(self) -> list[str]:
        """The paths that were listed, first pages only."""
        return [r.path for r in self.script.requests if "limit" in r.query and "continue" not in r.query]

    def gets(self) -> list[str]:
        return [r.path for r in self.script.requests if r.path.startswith(("/api/v1/", "/apis/")) and not r.query]

    def _answer(self, request: Request) -> Answer:
        for kind in self.kinds:
            if request.path.startswith(f"{kind.root}/") and f"/{kind.plural}" in request.path:
                return self._of(kind, request)
        return Answer(404, b"404 page not found")

    def _of(self, kind: Kind, request: Request) -> Answer:
        scope, _, name = request.path.removeprefix(f"{kind.root}/").partition(kind.plural)
        namespace = scope.removeprefix("namespaces/").rstrip("/")
        found = [o for o in self.objects if o["kind"] == kind.kind and namespace in ("", _namespace(o))]
        if not name:
            return self._page(kind, found, int(request.query.get("continue", 0)))
        exact = [o for o in found if o["metadata"]["name"] == name.lstrip("/")]
        return ok(exact[0]) if exact else status(404, "NotFound", f"{kind.plural} {name} not found")

    def _page(self, kind: Kind, found: list[JsonObject], start: int) -> Answer:
        items = [{k: v for k, v in o.items() if k not in ("apiVersion", "kind")} for o in found]
        page, rest = items[start : start + self.page_size], len(items) - start - self.page_size
        metadata = {"continue": str(start + self.page_size), "remainingItemCount": rest} if rest > 0 else {}
        return ok({"kind": f"{kind.kind}List", "metadata": metadata, "items": page})


def cluster_of(script: Script, *, redactor: Redactor | None = None) -> ServerCluster:
    client = client_of(script)
    return ServerCluster("prod", client, redactor or Redactor(), OpenApiDocuments(client))


def client_of(script: Script, **options: Any) -> HttpClient:
    return HttpClient("prod", Session(script.url), **({"sleep": lambda seconds: None} | options))


def declared(kind: Kind, *names: str, version: str = "") -> list[Declared]:
    return [_declared(kind, version or kind.version, name) for name in names]


def _declared(kind: Kind, version: str, full_name: str) -> Declared:
    namespace, _, name = full_name.rpartition("/")
    api_version = f"{kind.group}/{version}" if kind.group else version
    body = {"apiVersion": api_version, "kind": kind.kind, "metadata": {"name": name}}
    return Declared(ResourceKey("prod", kind.group, kind.kind, namespace, name), "shop", version, body, Origin("a", 1))


def _namespace(body: JsonObject) -> str:
    return str(body["metadata"].get("namespace", ""))


def aggregated(kinds: Iterable[Kind]) -> JsonObject:
    return {"kind": "APIGroupDiscoveryList", "items": [_group(kind) for kind in kinds]}


def _group(kind: Kind) -> JsonObject:
    resource = {
        "resource": kind.plural,
        "responseKind": {"kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "verbs": ["get", "list", "patch"],
    }
    version = {"version": kind.version, "freshness": "Current", "resources": [resource]}
    return {"metadata": {"name": kind.group}, "versions": [version]}
