"""A few lines of kubectl, for the demo and the tests: apply, patch, delete against any API server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from gitops_audit.model.resource import JsonObject, split_api_version

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"


class ApiClient:
    """Speaks plain REST; raises RuntimeError with the server's own message for every refusal."""

    def __init__(self, url: str, token: str = "", ca_file: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(ca_certs=ca_file, retries=False)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._resources: dict[str, dict[str, Any]] = {}

    def apply(self, body: JsonObject, *, namespace: str = "", manager: str = "kustomize-controller") -> JsonObject:
        """Server-side apply, as an applier does it."""
        return self.patch(body, body, namespace=namespace, manager=manager, content_type=APPLY, force="true")

    def patch(
        self,
        target: JsonObject,
        patch: Any,
        *,
        namespace: str = "",
        manager: str,
        content_type: str = MERGE,
        subresource: str = "",
        **query: str,
    ) -> JsonObject:
        path = self.path(target, namespace) + (f"/{subresource}" if subresource else "")
        query["fieldManager"] = manager
        return self.request("PATCH", f"{path}?{urlencode(query)}", patch, content_type)

    def delete(self, target: JsonObject, *, namespace: str = "") -> None:
        self.request("DELETE", self.path(target, namespace))

    def path(self, target: JsonObject, namespace: str = "") -> str:
        """The REST path of an object, by the server's discovery."""
        api_version, metadata = str(target["apiVersion"]), target["metadata"]
        resource = self._resource(api_version, str(target["kind"]))
        scope = f"/namespaces/{metadata.get('namespace') or namespace or 'default'}" if resource["namespaced"] else ""
        return f"{_prefix(api_version)}{scope}/{resource['name']}/{quote(str(metadata['name']))}"

    def request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> JsonObject:
        headers = self._headers | {"Content-Type": content_type, "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        answer = self._pool.request(method, self._url + path, body=data, headers=headers)
        content: JsonObject = json.loads(answer.data or b"{}")
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content.get('message', '')}")
        return content

    def _resource(self, api_version: str, kind: str) -> dict[str, Any]:
        if api_version not in self._resources:
            listed = self.request("GET", _prefix(api_version))["resources"]
            self._resources[api_version] = {r["kind"]: r for r in listed if "/" not in r["name"]}
        found: dict[str, Any] = self._resources[api_version][kind]
        return found


def _prefix(api_version: str) -> str:
    group, version = split_api_version(api_version)
    return f"/apis/{group}/{version}" if group else f"/api/{version}"
