"""Reads a checkout whole, and serves repositories over HTTP on loopback."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from gitops_audit.source import Checkout


def contents(checkout: Checkout) -> dict[str, bytes]:
    with checkout:
        return {blob.path: blob.data for blob in checkout.blobs()}


@contextlib.contextmanager
def served(projects: Path, token: str = "") -> Iterator[str]:
    """The repositories of a folder over HTTP, through git's own CGI program; yields the address without scheme."""
    backend = Path(subprocess.check_output(["git", "--exec-path"], text=True).strip()) / "git-http-backend"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            expected = "Basic " + base64.b64encode(token.encode()).decode()
            if token and self.headers.get("Authorization") != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing to standard error."""

        def _answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            request = {"REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query}
            kind = {"CONTENT_TYPE": self.headers.get("Content-Type") or "", "CONTENT_LENGTH": str(len(body))}
            encoding = {"HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or ""}
            access = {"GIT_PROJECT_ROOT": str(projects), "GIT_HTTP_EXPORT_ALL": "1"}
            protocol = {"GIT_PROTOCOL": self.headers.get("Git-Protocol") or ""}
            environment = {**os.environ, **request, **kind, **encoding, **access, **protocol}
            reply = subprocess.run([backend], input=body, env=environment, capture_output=True, check=True).stdout
            head, _, content = reply.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
