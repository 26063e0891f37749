"""Requests to the real API server as one of its users, for the truth table."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.e2e.apiserver import ApiServer
from tests.tools import KUBECTL

READER = "reader"


class Client:
    """A client of a running server, and the pinned kubectl with a kubeconfig for it."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.kubeconfig = server.write_kubeconfig(folder / "kubeconfig")
        self.kubectl = str(KUBECTL)
        self._server = server
        self._context = ssl.create_default_context(cafile=str(server.ca_file))

    def request(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", user: str = "admin"
    ) -> tuple[int, Any]:
        """One request; the status and the decoded body, of failures as well."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._server.token(user)}", "Content-Type": content_type}
        request = urllib.request.Request(  # noqa: S310 (loopback)
            self._server.url + path, method=method, data=data, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
