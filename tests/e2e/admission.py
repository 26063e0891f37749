"""A client of the API server's admission: policies go in, dry-run creations tell what they say."""

from __future__ import annotations

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.apiserver import ApiServer

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
_ACTIVE_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class Admission:
    """Speaks to one API server as admin."""

    def __init__(self, server: ApiServer) -> None:
        self._url = server.url
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

    def create(self, path: str, body: object) -> Answer:
        """Creates an object for good. Raises AssertionError where the server refuses it."""
        answer = self.request("POST", path, body)
        assert answer.status in (200, 201), answer.message
        return answer

    def dry_run(self, path: str, body: object) -> Answer:
        return self.request("POST", f"{path}?dryRun=All", body)

    def wait_until_denied(self, path: str, body: object) -> None:
        """New policies take a moment: asks with an object that the last one refuses until it is refused."""
        deadline = time.monotonic() + _ACTIVE_TIMEOUT_S
        while self.dry_run(path, body).status < 400:
            assert time.monotonic() < deadline, "the policies did not become active"
            time.sleep(0.1)

    def wait_until_warned(self, path: str, body: object, sentinel: str) -> tuple[str, ...]:
        """The warnings on a creation, as soon as `sentinel` is one of them."""
        deadline = time.monotonic() + _ACTIVE_TIMEOUT_S
        warnings = self.dry_run(path, body).warnings
        while not any(sentinel in warning for warning in warnings):
            assert time.monotonic() < deadline, "the policy did not become active"
            time.sleep(0.1)
            warnings = self.dry_run(path, body).warnings
        return warnings


def _warnings(headers: Sequence[str] | None) -> tuple[str, ...]:
    # RFC 7234: code, agent and a quoted text
    found = (re.search(r'^\d+ \S+ "(.*)"$', header, re.DOTALL) for header in headers or ())
    return tuple(re.sub(r"\\(.)", r"\1", match[1]) for match in found if match)
