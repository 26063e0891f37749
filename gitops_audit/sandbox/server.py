"""The sandbox as a server: real HTTP on a loopback port, in a thread of this process."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import orjson

from gitops_audit.sandbox.access import Rule, User, token_of
from gitops_audit.sandbox.api import Api
from gitops_audit.sandbox.faults import Fault, Faults
from gitops_audit.sandbox.log import RequestLog
from gitops_audit.sandbox.request import JSON, Request, Response
from gitops_audit.sandbox.types import JsonObject

ADMIN = "admin"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """A small in-memory Kubernetes API server.

        with Sandbox() as sandbox:
            sandbox.write_kubeconfig(path)

    It listens on 127.0.0.1 and a free port from `__enter__` to `__exit__`; its state is gone with it. `clock` is what
    it takes for the time. The user `admin`, whose bearer
    token is `token`, may do everything.
    """

    def __init__(self, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self.clock = clock
        self.faults = Faults()
        self.requests = RequestLog()
        self._server = _Server(self)
        self.api = Api(self._now, address=f"127.0.0.1:{self.port}")
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self.token = self.user(ADMIN)

    def _now(self) -> str:
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Closes the port and every connection; waiting answers are given up. May be called twice."""
        self._server.stop(is_serving=self._thread.is_alive())
        if self._thread.is_alive():
            self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def user(self, name: str, rules: Sequence[Rule] | None = None) -> str:
        """Adds a user, or gives one other rules, and returns its bearer token. Without rules it may do everything.

        `system:anonymous` is who sends no token, which is what kubectl does over plain HTTP.
        """
        token = token_of(name)
        self.api.tokens[token] = User(name, None if rules is None else tuple(rules))
        return token

    def write_kubeconfig(self, path: Path, user: str = ADMIN) -> Path:
        """Writes a kubeconfig with a context for every user so far; `user` is the current one."""
        names = [known.name for known in self.api.tokens.values()]
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "sandbox", "cluster": {"server": self.url}}],
            "users": [{"name": name, "user": {"token": token_of(name)}} for name in names],
            "contexts": [{"name": name, "context": {"cluster": "sandbox", "user": name}} for name in names],
            "current-context": user,
        }
        path.write_text(json.dumps(config, indent=2), encoding="utf-8")
        return path

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = JSON,
        user: str = ADMIN,
        user_agent: str = "sandbox",
    ) -> tuple[int, JsonObject]:
        """The answer to a request that does not go over the network, is not logged and meets no fault."""
        parts = urlsplit(path)
        headers = {"authorization": f"Bearer {token_of(user)}", "content-type": content_type, "user-agent": user_agent}
        sent = b"" if body is None else orjson.dumps(body)
        response = self.api.handle(Request(method, parts.path, _query(parts.query), headers, sent))
        return response.code, orjson.loads(response.body)

    def expire_continue_tokens(self) -> None:
        """Lets every continue token given out so far be too old (410)."""
        self.api.store.forget_snapshots()


def _query(text: str) -> Mapping[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def stop(self, *, is_serving: bool) -> None:
        self.stopping.set()
        if is_serving:
            self.shutdown()
        self.server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):  # its client may be gone
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        request = self._request()
        line = f"{request.method} {self.path}"
        sandbox = self.server.sandbox
        fault = sandbox.faults.take(request, line)
        if fault is not None and fault.kind == "reset":
            sandbox.requests.add(request, 0)
            self._reset()
            return
        if fault is not None and fault.kind == "slow":
            self.server.stopping.wait(fault.delay_s)
        response = self._response(request, fault)
        sandbox.requests.add(request, response.code)
        self._send(response, is_cut=fault is not None and fault.kind == "truncate")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(headers.get("content-length") or 0))
        return Request(self.command, parts.path, _query(parts.query), headers, body)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _response(self, request: Request, fault: Fault | None) -> Response:
        if fault is not None and fault.kind == "status":
            return fault.response()
        return self.server.sandbox.api.handle(request, expire=fault is not None and fault.kind == "expire")

    def _send(self, response: Response, *, is_cut: bool) -> None:
        self.send_response_only(response.code)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for text in response.warnings:
            self.send_header("Warning", f'299 - "{_quoted(text)}"')
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body[: len(response.body) // 2] if is_cut else response.body)
        self.close_connection = self.close_connection or is_cut

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """The request log is the log."""


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
