"""Plain requests to the API server under test, with the whole answer: for comparing its verdicts with ours."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass

from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: JsonObject
    warnings: tuple[str, ...]

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class Direct:
    """One connection, kept open, as admin."""

    def __init__(self, server: ApiServer) -> None:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        self._connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30)
        self._headers = {"Authorization": f"Bearer {server.token()}"}
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    def close(self) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: JsonObject | None = None) -> Answer:
        return self.send(method, path, None if body is None else json.dumps(body).encode())

    def send(self, method: str, path: str, data: bytes | None, content_type: str = "application/json") -> Answer:
        self._connection.request(method, path, data, self._headers | {"Content-Type": content_type})
        answer = self._connection.getresponse()
        text, warnings = answer.read(), answer.headers.get_all("Warning") or []
        found = json.loads(text) if text.startswith(b"{") else {"message": text.decode(errors="replace")}
        return Answer(answer.status, found, tuple(warning.split('"', 1)[1][:-1] for warning in warnings))

    def create(self, path: str, body: JsonObject) -> Answer:
        return self.call("POST", path, body)

    def dry_run(self, body: JsonObject, namespace: str) -> Answer:
        """A create that is not kept, with the strictest validation of fields."""
        return self.create(f"{self.collection(body, namespace)}?dryRun=All&fieldValidation=Strict", body)

    def collection(self, body: JsonObject, namespace: str) -> str:
        """The path of all objects of a body's kind, by discovery."""
        api_version, kind = body["apiVersion"], body["kind"]
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if kind not in self._plurals.get(api_version, {}):
            listed = self.call("GET", root).body.get("resources", [])
            self._plurals[api_version] = {
                item["kind"]: (item["name"], item["namespaced"]) for item in listed if "/" not in item["name"]
            }
        plural, is_namespaced = self._plurals[api_version][kind]
        return f"{root}/namespaces/{namespace}/{plural}" if is_namespaced else f"{root}/{plural}"
