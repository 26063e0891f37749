"""What was asked, for tests that count requests."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from gitops_audit.sandbox.request import Request


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request over the network; `code` is 0 where the connection was cut."""

    method: str
    path: str
    query: str
    content_type: str
    user_agent: str
    body: bytes
    code: int

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f"?{self.query}" if self.query else "")


class RequestLog:
    """The requests of a server, in the order of their answers. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []

    def add(self, request: Request, code: int) -> None:
        agent = request.headers.get("user-agent", "")
        query = urlencode(request.query)
        entry = LoggedRequest(request.method, request.path, query, request.content_type, agent, request.body, code)
        with self._lock:
            self._requests.append(entry)

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._lock:
            return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def matching(self, pattern: str) -> list[LoggedRequest]:
        """The requests whose `METHOD /path?query` matches the regular expression anywhere."""
        return [request for request in self if re.search(pattern, str(request))]

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
