"""A client of the API server's admission: policies go in, dry-run creations tell what they say."""

from __future__ import annotations

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from tests.e2e.apiserver import ApiServer

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
_ACTIVE_TIMEOUT_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class Admission:
    """Speaks to one API server as admin. At its end, its policies are deleted and no longer in force."""

    def __init__(self, server: ApiServer) -> None:
        self._url = server.url
        self._created: list[str] = []
        self._judged: list[tuple[str, object]] = []
        self._token = server.token()
        self._context = ssl.create_default_context(cafile=str(server.ca_file))

    def request(self, method: str, path: str, body: object = None) -> Answer:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data=data, method=method, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=60) as answer:  # noqa: S310
                return Answer(answer.status, json.load(answer), _warnings(answer.headers.get_all("Warning")))
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.load(error), _warnings(error.headers.get_all("Warning")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._created:
            self.request("DELETE", path)
        self._wait("the policies stayed in force", lambda: all(self._is_free(*judged) for judged in self._judged))

    def create(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Creates an object. Raises AssertionError where the server refuses it."""
        answer = self.request("POST", path, body)
        assert answer.status in (200, 201), answer.message
        self._created.append(f"{path}/{body['metadata']['name']}")
        return answer

    def dry_run(self, path: str, body: object) -> Answer:
        return self.request("POST", f"{path}?dryRun=All", body)

    def wait_until_denied(self, path: str, body: object) -> None:
        """New policies take a moment: asks with an object that the last one refuses until it is refused."""
        self._judged.append((path, body))
        self._wait("the policies did not become active", lambda: self.dry_run(path, body).status >= 400)

    def wait_until_warned(self, path: str, body: object, sentinel: str) -> tuple[str, ...]:
        """The warnings on a creation, as soon as `sentinel` is one of them."""
        self._judged.append((path, body))
        return self._wait("the policy did not become active", lambda: self._warned(path, body, sentinel))

    def _warned(self, path: str, body: object, sentinel: str) -> tuple[str, ...]:
        warnings = self.dry_run(path, body).warnings
        return warnings if any(sentinel in warning for warning in warnings) else ()

    def _is_free(self, path: str, body: object) -> bool:
        answer = self.dry_run(path, body)
        return answer.status < 400 and not answer.warnings

    def _wait(self, problem: str, ask: Callable[[], T]) -> T:
        """The first answer that is not empty."""
        deadline = time.monotonic() + _ACTIVE_TIMEOUT_S
        while not (found := ask()):
            assert time.monotonic() < deadline, problem
            time.sleep(0.1)
        return found


def _warnings(headers: Sequence[str] | None) -> tuple[str, ...]:
    # RFC 7234: code, agent and a quoted text
    found = (re.search(r'^\d+ \S+ "(.*)"$', header, re.DOTALL) for header in headers or ())
    return tuple(re.sub(r"\\(.)", r"\1", match[1]) for match in found if match)
