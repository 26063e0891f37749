"""Sends the metrics of a run to a Prometheus Pushgateway, for runs that end before anybody scrapes them."""

from __future__ import annotations

import base64
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from gitops_audit.errors import AuditError, ConfigError, ReportError
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult
from gitops_audit.report import metrics

TIMEOUT_S = 15
NOT_PUSHED = "GA606"
NO_URL = "GA607"
_GROUP = "/metrics/job/gitops-audit"


def checked(url: str) -> str:
    """The URL as it was given. Raises ConfigError (GA607) for what is none of HTTP."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or not url.isprintable() or " " in url:
        hint = "give the address of a Pushgateway, as http://pushgateway.example:9091"
        raise ConfigError(f"metrics cannot be pushed to {_shown(url)}: it is no HTTP address", code=NO_URL, hint=hint)
    return url


def push(result: AuditResult, url: str) -> AuditError | None:
    """Sends the metrics; gives what went wrong.

    By POST, which replaces the metrics that are sent and keeps the others: the time of the last success stays while
    runs fail. The group is `job/gitops-audit`, unless the path of the URL names one.
    """
    try:
        with _opener().open(_request(url, metrics.write(result)), timeout=TIMEOUT_S):
            return None
    except HTTPError as error:
        with error:
            return _failed(url, f"it answers {error.code}: {printable(error.read(300).decode(errors='replace'))}")
    except URLError as error:
        return _failed(url, printable(str(error.reason)))
    except (OSError, HTTPException, ValueError) as error:
        return _failed(url, printable(str(error)) or type(error).__name__)


def _request(url: str, body: bytes) -> Request:
    """User and password of the URL go into a header: they are no part of a request's address."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    host = parts.netloc.rpartition("@")[2]
    target = urlunsplit((parts.scheme, host, path if "/metrics/job" in path else path + _GROUP, parts.query, ""))
    request = Request(target, body, {"Content-Type": "text/plain; version=0.0.4"}, method="POST")  # noqa: S310 - checked
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    return request


class _NoRedirect(HTTPRedirectHandler):
    """A gateway does not move: the password would go to whatever it names."""

    def redirect_request(self, *_: object) -> None:
        return None


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirect)


def _failed(url: str, reason: str) -> AuditError:
    hint = "the audit itself was made, and its other reports were written"
    return ReportError(f"the metrics could not be pushed to {_shown(url)}: {reason}", code=NOT_PUSHED, hint=hint)


def _shown(url: str) -> str:
    """Without user and password."""
    head, mark, tail = url.partition("://")
    return printable(f"{head}{mark}{tail.rpartition('@')[2]}")
