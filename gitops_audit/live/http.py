"""Requests to one API server: JSON in, JSON out, retried within bounds, every failure a ClusterError with a code."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
import urllib3
from urllib3 import exceptions as transport

from gitops_audit.errors import ClusterError
from gitops_audit.live import json_text, problem
from gitops_audit.live.answer import received
from gitops_audit.live.cluster import Stats
from gitops_audit.live.failure import explained, is_passing, is_unreached
from gitops_audit.live.limits import CONNECT_TIMEOUT_S, SILENCE_TIMEOUT_S
from gitops_audit.live.problem import ApiError
from gitops_audit.live.retry import RETRIED_STATUSES, RetryPolicy
from gitops_audit.model.resource import JsonObject
from gitops_audit.version import __version__

USER_AGENT = f"gitops-audit/{__version__}"

_LOST_FOR_S = 10.0


class Transport(Protocol):
    """What client.Session offers; a test may offer it too."""

    server: str

    @property
    def generation(self) -> int: ...

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, timeouts: Any) -> Any: ...

    def renew(self, generation: int) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Timeouts:
    connect_s: float = CONNECT_TIMEOUT_S
    read_s: float = SILENCE_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class _Failure:
    error: ClusterError
    may_retry: bool
    retry_after: str | None = None


class HttpClient:
    """One server. Safe for threads. Sleeping, the clock and chance are parameters, so that tests need none of them."""

    def __init__(
        self,
        cluster: str,
        session: Transport,
        *,
        retry: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cluster = cluster
        self.clock = clock
        self._session = session
        self._retry = retry or RetryPolicy()
        timeouts = timeouts or Timeouts()
        self._timeouts = urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.read_s)
        self._sleep = sleep
        self._lock = threading.Lock()
        self._stats = Stats()
        self._has_answered = False
        self._lost: tuple[ClusterError, float] | None = None

    def __repr__(self) -> str:
        return f"HttpClient({self.cluster}, {self.server})"

    @property
    def server(self) -> str:
        return self._session.server

    @property
    def stats(self) -> Stats:
        return self._stats

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, accept: str = "application/json") -> JsonObject:
        """The JSON object at a path. Raises ApiError for an answer that is an error, ClusterError for none at all."""
        return _json(self, self.get_bytes(path, query, accept=accept))

    def get_bytes(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = "application/json"
    ) -> bytes:
        """The same, not parsed."""
        return self._request("GET", _url(path, query), {"accept": accept}, None)

    def send(
        self, method: str, path: str, body: JsonObject, query: Mapping[str, str] | None = None, *, content_type: str
    ) -> JsonObject:
        """Sends a body. Only for what may be sent twice: a failed sending is repeated as a GET is."""
        headers = {"accept": "application/json", "content-type": content_type}
        return _json(self, self._request(method, _url(path, query), headers, orjson.dumps(body)))

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        headers = {**headers, "accept-encoding": "gzip", "user-agent": USER_AGENT}
        started = self.clock()
        self._refuse_if_lost(started)
        attempt = 1
        while isinstance(outcome := self._exchange(method, path, headers, body), _Failure):
            self._wait(outcome, attempt, started)
            attempt += 1
        return outcome

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes | _Failure:
        """One sending, or two where the first shows that the credentials have expired."""
        generation = self._session.generation
        outcome = self._send_once(method, path, headers, body)
        if isinstance(outcome, _Failure) and outcome.error.code == problem.UNAUTHENTICATED:
            self._session.renew(generation)
            outcome = self._send_once(method, path, headers, body)
        return outcome

    def _send_once(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes | _Failure:
        try:
            response = self._session.send(method, path, headers, body, self._timeouts)
            data = self._received(response)
        except transport.HTTPError as error:
            code, what, hint = explained(error)
            failure = ClusterError(f"cluster {self.cluster}: {self.server} {what}", code=code, hint=hint)
            return _Failure(failure, may_retry=self._may_resend(error))
        if response.status < 300:
            return data
        may_retry = response.status in RETRIED_STATUSES
        return _Failure(self._refused(response, data), may_retry, response.headers.get("retry-after"))

    def _wait(self, failure: _Failure, attempt: int, started: float) -> None:
        """Waits before the next sending, or raises what made this one fail."""
        jitter = random.random()  # noqa: S311 - spreads clients, decides nothing
        elapsed = self.clock() - started
        delay = self._retry.delay_s(attempt, elapsed, failure.retry_after, jitter) if failure.may_retry else None
        if delay is None:
            if failure.error.code == problem.UNREACHABLE:
                self._lost = failure.error, self.clock()
            raise failure.error
        self._count(retries=1)
        self._sleep(delay)

    def _may_resend(self, error: transport.HTTPError) -> bool:
        """Who never answered is told at once; who answered before gets another chance."""
        return is_passing(error) if self._has_answered else is_passing(error) and not is_unreached(error)

    def _refuse_if_lost(self, now: float) -> None:
        """A server that was lost after all retries is not tried anew by every request that is still to come."""
        if self._lost is not None and now - self._lost[1] < _LOST_FOR_S:
            error = self._lost[0]
            raise ClusterError(error.message, code=error.code, hint=error.hint)

    def _received(self, response: Any) -> bytes:
        data = received(response, f"cluster {self.cluster}: {self.server}", self.clock)
        self._has_answered, self._lost = True, None
        self._count(requests=1, size=len(data))
        return data

    def _count(self, *, requests: int = 0, size: int = 0, retries: int = 0) -> None:
        with self._lock:
            was = self._stats
            self._stats = Stats(was.requests + requests, was.bytes + size, was.retries + retries)

    def _refused(self, response: Any, data: bytes) -> ApiError:
        status = int(response.status)
        reason, message = _status_object(data)
        content_type = str(response.headers.get("content-type", "")).partition(";")[0]
        message = message or f"HTTP {status}{f' ({content_type})' if content_type else ''}"
        code, hint = _meaning(status, is_kubernetes=bool(reason))
        return ApiError(
            f"cluster {self.cluster}: {self.server} answered: {message}",
            code=code,
            hint=hint,
            status=status,
            reason=reason,
        )


def _json(client: HttpClient, data: bytes) -> JsonObject:
    try:
        value = json_text.parsed(data)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    raise ApiError(
        f"cluster {client.cluster}: {client.server} did not answer with a JSON object",
        code=problem.UNEXPECTED,
        hint="something that is no Kubernetes API server answers there: a proxy, a login page?",
    )


def _url(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def segment(text: str) -> str:
    """A name as one segment of a path; safe only for what `is_path_segment` accepts."""
    return quote(text, safe="")


def is_path_segment(text: str) -> bool:
    """Whether the API server takes this as a name in a path (apimachinery: IsValidPathSegmentName)."""
    return bool(text) and text not in (".", "..") and "/" not in text and "%" not in text


def _status_object(data: bytes) -> tuple[str, str]:
    """The reason and the message of a Kubernetes Status, empty where the body is none. Bodies of others are not shown:
    a proxy's page may hold anything."""
    try:
        status = orjson.loads(data)
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(status, dict) or status.get("kind") != "Status":
        return "", ""
    return str(status.get("reason") or "Unknown"), str(status.get("message") or "")[:1000]


def _meaning(status: int, *, is_kubernetes: bool) -> tuple[str, str]:
    if status == 401:
        return problem.UNAUTHENTICATED, "the credentials are not accepted: log in again, or check the token's expiry"
    if status == 403:
        return problem.FORBIDDEN, "see docs/reference/rbac.md for what an audit needs"
    if status == 407:
        return problem.PROXY, "the proxy asks for credentials: put them into the proxy's URL"
    if status in RETRIED_STATUSES:
        return problem.BUSY, "the server is overloaded or failing: try again later"
    if is_kubernetes:
        return problem.UNEXPECTED, ""
    return problem.UNEXPECTED, "something that is no Kubernetes API server answers there: a proxy, a login page?"
