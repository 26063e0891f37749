"""The two servers of the contract tests behind one small client: plain HTTP, no Kubernetes library."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import urllib3

from gitops_audit.sandbox import Rule

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True)
class Answer:
    code: int
    body: Any
    headers: Mapping[str, str]

    def ok(self) -> Any:
        """The body of an answer that must be a success."""
        assert self.code in (200, 201), self.body
        return self.body


@dataclass(frozen=True)
class Server:
    """One of the two. `expire` makes all continue tokens too old; `grant` lets a user do what a rule allows."""

    name: str
    url: str
    pool: urllib3.PoolManager
    expire: Callable[[], None]
    grant: Callable[[str, Sequence[Rule]], None]
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = "application/json",
        *,
        user: str = "admin",
        accept: str = "application/json",
    ) -> Answer:
        headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": "contract/1.0"}
        if user:
            headers["Authorization"] = f"Bearer {user}-token"
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.pool.request(method, self.url + path, body=sent, headers=headers, retries=False)
        is_json = answer.data[:1] == b"{"
        return Answer(answer.status, json.loads(answer.data) if is_json else answer.data.decode(), answer.headers)

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def create(self, path: str, body: Any, **options: Any) -> Answer:
        return self.request("POST", path, body, **options)

    def patch(self, path: str, body: Any, content_type: str = MERGE, **options: Any) -> Answer:
        return self.request("PATCH", path, body, content_type, **options)

    def apply(self, path: str, body: Any, manager: str, *, force: bool = False, query: str = "") -> Answer:
        options = f"fieldManager={manager}{'&force=true' if force else ''}{query}"
        return self.request("PATCH", f"{path}?{options}", body, APPLY)


def managed(body: Any) -> list[dict[str, Any]]:
    """The entries of managedFields without their times, in an order of their own."""
    entries = [{k: v for k, v in entry.items() if k != "time"} for entry in body["metadata"].get("managedFields", ())]
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
