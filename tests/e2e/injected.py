"""Faults at one step of a run: what is done around its lines in the journal and around its requests.

A run is a process of its own, so that it can really be killed. A request that writes is a step, and so is a line.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from gitops_audit.live.client import Session
from gitops_audit.remediate.journal import Journal
from tests.e2e.audit_log import moves_a_value
from tests.e2e.truth_server import Client

MINE = "somebody"
_WRITING = ("POST", "PATCH", "DELETE")
_NO_STEP = ("dryRun=", "selfsubject", "gitops-audit-remediation", "/leases")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a run that writes."""

    method: str
    url: str
    body: Any

    @property
    def path(self) -> str:
        """Of the object, also where it is created by its collection."""
        path = urlsplit(self.url).path
        return f"{path}/{self.body['metadata']['name']}" if self.method == "POST" else path

    @property
    def moves_a_value(self) -> bool:
        return self.method != "PATCH" or moves_a_value(self.body)


@dataclass(slots=True)
class Seam:
    """What is called in the run: each may kill it, raise, or do something to the cluster. `problems` is a file."""

    problems: Path
    before_line: Callable[[Journal, int], None] = lambda journal, number: None
    after_line: Callable[[Journal, int], None] = lambda journal, number: None
    before_write: Callable[[Sent, int], None] = lambda sent, number: None
    after_write: Callable[[Sent, int, int], None] = lambda sent, number, status: None
    lines: int = 0
    writes: int = 0
    _journal: Path | None = None
    _lock: Any = field(default_factory=threading.RLock)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """From here on; the process is not used for anything else afterwards."""
        send, write = Session.send, Journal.write
        seam = self

        def sending(self: Session, method: str, path: str, headers: Any, body: bytes | None, timeouts: Any) -> Any:
            if method not in _WRITING or any(word in path for word in _NO_STEP):
                return send(self, method, path, headers, body, timeouts)
            sent = Sent(method, path, json.loads(body or b"null"))
            number = seam._next_write(sent)
            seam.before_write(sent, number)
            answer = send(self, method, path, headers, body, timeouts)
            seam.after_write(sent, number, answer.status)
            return answer

        def writing(self: Journal, event: str, **facts: object) -> None:
            with seam._lock:
                seam.lines, number, seam._journal = seam.lines + 1, seam.lines, self.path
            seam.before_line(self, number)
            write(self, event, **facts)
            seam.after_line(self, number)

        Session.send, Journal.write = sending, writing  # type: ignore[method-assign]
        yield

    def _next_write(self, sent: Sent) -> int:
        """Its number among those that move a value, -1 for others. What is not announced yet is a problem."""
        with self._lock:
            if not sent.moves_a_value:
                return -1
            text = self._journal.read_text() if self._journal else ""
            name = sent.path.rpartition("/")[2]
            if not any('"event":"begin"' in line and f'/{name}"' in line for line in text.splitlines()):
                self.tell(f"{sent.method} {sent.path} was sent before it was in the journal")
            self.writes, number = self.writes + 1, self.writes
            return number

    def tell(self, problem: str) -> None:
        with self.problems.open("a") as file:
            file.write(f"{problem}\n")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def lose_answer() -> None:
    """As if the connection broke after the request was carried out."""
    raise urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))


def fill_disk(journal: Journal) -> None:
    """A few bytes are left. Python ignores SIGXFSZ, so the write ends short, then fails."""
    size = journal.path.stat().st_size + 10
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def meddle(client: Client, sent: Sent) -> None:
    """Somebody else writes the same object at this very moment: the field that is repaired, or another one."""
    found, live = client.request("GET", sent.path)
    if found == 404:
        collection = sent.path.rpartition("/")[0]
        note = {"metadata": {**sent.body["metadata"], "annotations": {"note": MINE}}}
        made = {**sent.body, **note, **({"data": {"a": MINE}} if sent.body["kind"] == "ConfigMap" else {})}
        _checked(*client.request("POST", f"{collection}?fieldManager={MINE}", made))
        return
    is_same = live["kind"] == "ConfigMap" and "data" in live and sum(map(ord, sent.path)) % 2
    change = {"data": {"a": MINE}} if is_same else {"metadata": {"annotations": {"note": MINE}}}
    path = f"{sent.path}?fieldManager={MINE}"
    _checked(*client.request("PATCH", path, change, content_type="application/merge-patch+json"))


def revert(client: Client, sent: Sent, before: Any) -> None:
    """A controller puts the object back to what it was before the repair, at once."""
    found, live = client.request("GET", sent.path)
    if before is None:
        _checked(*client.request("DELETE", sent.path))
        return
    metadata = {k: v for k, v in before["metadata"].items() if k not in ("resourceVersion", "uid", "managedFields")}
    body = before | {"metadata": metadata}
    if found == 404:
        _checked(*client.request("POST", f"{sent.path.rpartition('/')[0]}?fieldManager={MINE}", body))
        return
    metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
    _checked(*client.request("PUT", f"{sent.path}?fieldManager={MINE}", body))


def _checked(status: int, answer: Any) -> None:
    if status >= 300:
        raise RuntimeError(f"the fault could not be injected: {status} {answer}")
