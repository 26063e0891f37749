"""Builds small repositories with known authors and dates, and serves one over HTTP on loopback."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.source import Checkout, open_source

DAY = "2026-01-{:02}T12:00:00+00:00"


@dataclass
class Repo:
    """A repository; each commit is a day later than the one before."""

    folder: Path
    day: int = 0

    @classmethod
    def init(cls, folder: Path, *options: str) -> Repo:
        folder.mkdir(parents=True, exist_ok=True)
        repo = cls(folder)
        repo.git("init", "--quiet", "--initial-branch=main", *options)
        return repo

    def git(self, *arguments: str, stdin: bytes = b"", author: str = "Ada") -> str:
        done = subprocess.run(
            ["git", "-C", self.folder, *arguments],
            input=stdin,
            env={**os.environ, **self._identity(author)},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def write(self, **files: str) -> None:
        """Files by path; `__` stands for `/` and `_` for `.`."""
        for name, text in files.items():
            self.put(name.replace("__", "/").replace("_", "."), text)

    def put(self, path: str, text: str | bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)

    def link(self, path: str, target: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def commit(self, subject: str = "change", author: str = "Ada", **files: str) -> str:
        self.write(**files)
        self.git("add", "--all")
        return self.record(subject, author)

    def record(self, subject: str, author: str = "Ada", *options: str) -> str:
        """Commits what is staged."""
        self.day += 1
        self.git("commit", "--quiet", "--allow-empty", "-m", subject, *options, author=author)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str, *options: str) -> None:
        self.day += 1
        self.git("merge", "--quiet", "--no-ff", "-m", f"merge {branch}", *options, branch, author="Merger")

    def raw_tree(self, entries: list[tuple[str, bytes, str]]) -> str:
        """A commit of a tree object as it is given: (mode, name, id), whatever git would say to it."""
        body = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
        tree = self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=body)
        commit = self.git("commit-tree", tree, "-m", "hostile", author="Mallory")
        self.git("update-ref", "refs/heads/main", commit)
        return commit

    def blob(self, data: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=data)

    def open(self, revision: str = "HEAD", path: str = "") -> Checkout:
        return open_source(SourceConfig("s", str(self.folder), revision, path), base_dir=self.folder)

    def _identity(self, author: str) -> dict[str, str]:
        date = DAY.format(self.day)
        names = {"GIT_AUTHOR_NAME": author, "GIT_COMMITTER_NAME": "Committer"}
        mails = {"GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_EMAIL": "c@example.com"}
        return {**names, **mails, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}


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
