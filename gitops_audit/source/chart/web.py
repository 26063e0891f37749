"""Requests to the hosts that `network` allows: bounded in size and time, redirects followed to such hosts alone."""

from __future__ import annotations

import base64
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3 import exceptions as transport

from gitops_audit.config.repository import without_user_info
from gitops_audit.errors import SourceError
from gitops_audit.late_headers import HeadersTooSlow, bound
from gitops_audit.model.printable import printable
from gitops_audit.source.chart import limits
from gitops_audit.source.chart.credentials import Credentials
from gitops_audit.version import __version__

NOT_ALLOWED, NOT_FETCHED = "GA264", "GA265"
_PORTS = {"https": 443, "http": 80}
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status below 300, or 401 or 404, which a caller may know how to go on from."""

    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: bytes = field(repr=False)


class Web:
    """Asks the allowed hosts. Safe for threads; the clock is a parameter for the tests."""

    def __init__(
        self, allowed: frozenset[str], credentials: Credentials, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed, self._credentials, self._clock = allowed, credentials, clock
        self._direct = self._manager(urllib3.PoolManager(**_options()))
        self._proxies: dict[str, urllib3.PoolManager] = {}

    def close(self) -> None:
        for manager in (self._direct, *self._proxies.values()):
            manager.clear()

    def get(
        self, url: str, *, max_bytes: int, headers: Mapping[str, str] = MappingProxyType({}), authorization: str = ""
    ) -> Answer:
        """What stands at a URL, redirects followed. Raises SourceError.

        `authorization` goes to the host of the URL alone; without it that is what the URL or the configuration says.
        """
        first = self._checked(url)
        authorization = authorization or _of_url(url) or self._credentials.basic(first)
        place = first
        for _ in range(limits.MAX_REDIRECTS + 1):
            own = authorization if place.netloc == first.netloc and _is_private(place) else ""
            answer = self._once(place, {**headers, **({"authorization": own} if own else {})}, max_bytes)
            if answer.status not in _REDIRECTS:
                return self._judged(answer)
            place = self._redirected(place, answer.headers.get("location", ""))
        raise _failed(place, f"redirects more than {limits.MAX_REDIRECTS} times")

    def _checked(self, url: str) -> SplitResult:
        """The URL without its user. Raises SourceError where its host is not allowed."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise SourceError(f"{without_user_info(url)} is no valid URL", code=NOT_ALLOWED) from None
        if parts.scheme not in _PORTS or not host:
            message = f"{printable(without_user_info(url))} is refused: only https and http are fetched"
            raise SourceError(message, code=NOT_ALLOWED)
        netloc = f"[{host}]" if ":" in host else host
        netloc += f":{port}" if port not in (None, _PORTS[parts.scheme]) else ""
        if netloc not in self._allowed:
            message = f"{printable(without_user_info(url))} is not fetched: `network` does not allow the host {netloc}"
            hint = f"add it (`network: {{allow: [{netloc}]}}`), or name a copy in `network.mirrors`"
            raise SourceError(message, code=NOT_ALLOWED, hint=hint)
        return SplitResult(parts.scheme, netloc, parts.path or "/", parts.query, "")

    def _redirected(self, place: SplitResult, location: str) -> SplitResult:
        try:
            found = self._checked(joined(urlunsplit(place), location))
        except SourceError as error:
            raise SourceError(
                f"{_shown(place)} redirects elsewhere: {error.message}", code=error.code, hint=error.hint
            ) from None
        if place.scheme == "https" and found.scheme != "https":
            raise _failed(place, f"redirects to {_shown(found)}, which is not encrypted")
        return found

    def _once(self, place: SplitResult, headers: Mapping[str, str], max_bytes: int) -> Answer:
        url = urlunsplit(place)
        sent = {"user-agent": f"gitops-audit/{__version__}", "accept-encoding": "gzip", **headers}
        try:
            response = self._manager_for(place).request(
                "GET", url, headers=sent, redirect=False, retries=False, preload_content=False, decode_content=False
            )
            data = self._received(place, response, max_bytes)
        except transport.HTTPError as error:
            raise _failed(place, _explained(error)) from None
        found = {key.lower(): value for key, value in response.headers.items()}
        return Answer(url, int(response.status), found, data)

    def _received(self, place: SplitResult, response: Any, max_bytes: int) -> bytes:
        try:
            data = b"".join(self._pieces(place, response, max_bytes))
        except BaseException:
            response.close()  # what is still to come is not wanted
            raise
        response.release_conn()
        return data

    def _pieces(self, place: SplitResult, response: Any, max_bytes: int) -> Iterator[bytes]:
        started, size = self._clock(), 0
        while piece := response.read1(_CHUNK, decode_content=True):
            size += len(piece)
            yield piece
            if size > max_bytes:
                raise _failed(place, f"sends more than {max_bytes >> 20} MiB (limit: chart download)")
            elapsed = self._clock() - started
            if elapsed > limits.ANSWER_TIMEOUT_S + size / limits.LEAST_BYTES_PER_S:
                raise _failed(place, f"sends too slowly: {size} bytes in {elapsed:.0f} s (limit: chart download time)")

    def _judged(self, answer: Answer) -> Answer:
        if answer.status < 300 or answer.status in (401, 404):
            return answer
        hint = "check the credentials (`network.credentials`)" if answer.status == 403 else ""
        raise _failed(urlsplit(answer.url), f"answers with HTTP {answer.status}", hint)

    def _manager_for(self, place: SplitResult) -> urllib3.PoolManager:
        proxy = getproxies().get(place.scheme)
        if not proxy or proxy_bypass(place.hostname or ""):
            return self._direct
        if proxy not in self._proxies:
            parts = urlsplit(proxy)
            user = f"{parts.username}:{parts.password or ''}" if parts.username else ""
            headers = urllib3.make_headers(proxy_basic_auth=user) if user else None
            bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
            self._proxies[proxy] = self._manager(urllib3.ProxyManager(bare, proxy_headers=headers, **_options()))
        return self._proxies[proxy]

    @staticmethod
    def _manager(manager: urllib3.PoolManager) -> urllib3.PoolManager:
        bound(manager)
        return manager


def _options() -> dict[str, Any]:
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
    timeout = urllib3.Timeout(connect=limits.CONNECT_TIMEOUT_S, read=limits.SILENCE_TIMEOUT_S)
    return {"ssl_context": context, "timeout": timeout}


def joined(base: str, place: str) -> str:
    """Where a place leads that a server names; what is no URL stays as it is, and is refused then."""
    try:
        return urljoin(base, place)
    except ValueError:
        return place


def _of_url(url: str) -> str:
    """The header for the user and password that stand in a URL."""
    parts = urlsplit(url)
    if not parts.username and not parts.password:
        return ""
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _is_private(place: SplitResult) -> bool:
    """Whether nobody on the way reads what is sent: credentials go nowhere else."""
    return place.scheme == "https" or place.hostname in _LOOPBACK


def not_found(answer: Answer, what: str) -> SourceError:
    """The error for an answer of 401 or 404 that a caller cannot go on from."""
    reason = "wants credentials" if answer.status == 401 else f"has no {what}"
    hint = "set `network.credentials` or `network.registryConfig`" if answer.status == 401 else "check URL and name"
    return _failed(urlsplit(answer.url), reason, hint)


def _failed(place: SplitResult, reason: str, hint: str = "") -> SourceError:
    return SourceError(f"{_shown(place)} {reason}", code=NOT_FETCHED, hint=hint or "check the URL and the network")


def _shown(place: SplitResult) -> str:
    return printable(without_user_info(urlunsplit(place)))


def _explained(error: transport.HTTPError) -> str:
    """What happened, as a predicate to the URL; urllib3's own words name objects in memory."""
    if isinstance(error, transport.SSLError):
        return "cannot be trusted: its certificate is not accepted"
    if isinstance(error, transport.ProxyError):
        return "cannot be reached through the proxy"
    if isinstance(error, transport.ConnectTimeoutError | transport.NewConnectionError):
        return "cannot be reached"
    if isinstance(error, transport.TimeoutError) or isinstance(error.__cause__, HeadersTooSlow):
        return "does not answer in time"
    return "broke the connection off, or sent what is no HTTP"
