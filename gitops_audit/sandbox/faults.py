"""Faults on demand: what networks and busy API servers do to a client."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Literal

from gitops_audit.sandbox.request import Request, Response, answer
from gitops_audit.sandbox.status import ApiError

FaultKind = Literal["status", "reset", "slow", "truncate", "expire"]


@dataclass(slots=True)
class Fault:
    """One fault and how often it is still to happen (`times` None: always); `hits` counts."""

    kind: FaultKind
    match: re.Pattern[str]
    times: int | None = None
    skip: int = 0
    status: int = 500
    retry_after_s: int | None = None
    delay_s: float = 0.0
    message: str = "injected by a fault of the sandbox"
    hits: int = 0

    def response(self) -> Response:
        """The answer of a fault of kind `status`: a Status object, with Retry-After where asked for."""
        details = None if self.retry_after_s is None else {"retryAfterSeconds": self.retry_after_s}
        response = answer(ApiError(self.status, self.message, details=details).status(), self.status)
        if self.retry_after_s is None:
            return response
        return Response(response.code, response.body, headers={"Retry-After": str(self.retry_after_s)})


class Faults:
    """The faults of one server. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        match: str,
        kind: FaultKind = "status",
        *,
        times: int | None = None,
        skip: int = 0,
        status: int = 500,
        retry_after_s: int | None = None,
        delay_s: float = 0.0,
        message: str = "injected by a fault of the sandbox",
    ) -> Fault:
        """Makes requests fail whose `METHOD /path?query` matches the regular expression anywhere.

        `status` answers with that code, `reset` cuts the connection without an answer, `slow` waits `delay_s` and then
        answers rightly, `truncate` sends half of the answer, `expire` lets the continue token of a list be too old.
        The first `skip` matching requests are spared; after `times` hits the fault is over.
        """
        fault = Fault(kind, re.compile(match), times, skip, status, retry_after_s, delay_s, message)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, request: Request, line: str) -> Fault | None:
        """The fault that hits this request, now used up by one."""
        with self._lock:
            return next((fault for fault in self._faults if _hits(fault, request, line)), None)


def _hits(fault: Fault, request: Request, line: str) -> bool:
    if fault.times == 0 or fault.match.search(line) is None:
        return False
    if fault.kind == "expire" and "continue" not in request.query:
        return False
    if fault.skip > 0:
        fault.skip -= 1
        return False
    fault.times = None if fault.times is None else fault.times - 1
    fault.hits += 1
    return True
