"""A scripted HTTP server on loopback: answers in a given order, records what it was asked, misbehaves on demand."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_held: bool = False


Route = Callable[[Request], Answer]


def ok(value: Any, **headers: str) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"} | headers)


def zipped(value: Any) -> Answer:
    return Answer(200, gzip.compress(json.dumps(value).encode()), {"Content-Encoding": "gzip"})


def status(code: int, reason: str = "", message: str = "it was refused", **headers: str) -> Answer:
    body = {"kind": "Status", "apiVersion": "v1", "reason": reason, "message": message, "code": code}
    return Answer(code, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)


CUT = Answer(body=b'{"kind": "Half', is_cut=True)
HELD = Answer(is_held=True)


class Script:
    """Answers of each path in turn; the last one of a path is repeated. Unknown paths are 404 without a Status."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.routes: dict[str, Route | list[Answer]] = {}
        self.fallback: Route = lambda request: Answer(404, b"404 page not found")
        self.url = ""
        self.released = threading.Event()
        self._lock = threading.Lock()

    def on(self, path: str, *answers: Answer) -> None:
        self.routes[path] = list(answers)

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            route = self.routes.get(request.path)
            if isinstance(route, list):
                return route.pop(0) if len(route) > 1 else route[0]
        return (route or self.fallback)(request)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


@contextmanager
def serving() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = script.answer(Request(self.command, self.path, dict(self.headers.items()), body))
            if answer.is_held:
                script.released.wait(10)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) + (100 if answer.is_cut else 0)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = self.close_connection or answer.is_cut

        do_GET = do_PATCH = do_POST = do_CONNECT = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        script.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
