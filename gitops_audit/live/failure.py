"""What a failed connection means to a person: urllib3's own messages name objects and addresses in memory."""

from __future__ import annotations

import ssl

from urllib3 import exceptions as transport

from gitops_audit.late_headers import HeadersTooSlow
from gitops_audit.live import problem
from gitops_audit.live.limits import CONNECT_TIMEOUT_S

_HINT = "is the address right, the cluster up, a VPN needed? `kubectl cluster-info` asks the same server"


def is_passing(error: transport.HTTPError) -> bool:
    """Whether the same request may succeed a moment later; a wrong CA, proxy or address needs a person."""
    if isinstance(error, transport.SSLError):
        return _is_cut(error)
    return not isinstance(error, transport.ProxyError | transport.LocationValueError | transport.InvalidHeader)


def is_unreached(error: transport.HTTPError) -> bool:
    """Whether not even a connection came about."""
    return isinstance(error, transport.ConnectTimeoutError)


def explained(error: transport.HTTPError) -> tuple[str, str, str]:
    """The code, what the server did (a predicate to its address), and a hint."""
    if isinstance(error, transport.SSLError) and not _is_cut(error):
        hint = "check `certificate-authority` (or `tls-server-name`) of the cluster in the kubeconfig"
        return problem.TLS, f"cannot be trusted: {_tls_reason(error)}", hint
    if isinstance(error, transport.ProxyError):
        hint = "check `proxy-url` in the kubeconfig, HTTPS_PROXY and NO_PROXY"
        return problem.PROXY, "cannot be reached through the proxy", hint
    if isinstance(error, transport.LocationValueError):
        return problem.CREDENTIALS, "has no address", "check `server` of the cluster in the kubeconfig"
    return problem.UNREACHABLE, _unreachable(error), _HINT


def _unreachable(error: transport.HTTPError) -> str:
    if isinstance(error, transport.NameResolutionError):
        return "cannot be reached: its name is not known"
    if isinstance(error, transport.NewConnectionError):
        return f"cannot be reached: {str(error).rpartition('] ')[2].lower() or 'no connection'}"
    if isinstance(error, transport.ConnectTimeoutError):
        return f"does not take a connection within {CONNECT_TIMEOUT_S:.0f} s (limit: connection)"
    if isinstance(error, transport.TimeoutError):
        limit = "answer headers" if isinstance(error.__cause__, HeadersTooSlow) else "silence"
        return f"does not answer in time (limit: {limit})"
    return "broke the connection off"


def _is_cut(error: transport.SSLError) -> bool:
    return bool(error.args) and isinstance(error.args[0], ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _tls_reason(error: transport.SSLError) -> str:
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "the TLS handshake failed"
    return str(reason).replace("_", " ").lower()
