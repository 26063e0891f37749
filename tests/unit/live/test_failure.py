from __future__ import annotations

import ssl

import pytest
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as transport
from urllib3.connection import HTTPConnection

from gitops_audit.live import problem
from gitops_audit.live.failure import explained, is_passing, is_unreached

POOL = HTTPConnectionPool("host")
CONNECTION = HTTPConnection("host")
UNTRUSTED = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
UNTRUSTED.verify_message = "self-signed certificate"


@pytest.mark.parametrize(
    ("error", "code", "words", "passes", "unreached"),
    [
        (transport.SSLError(UNTRUSTED), problem.TLS, "self-signed certificate", False, False),
        (transport.SSLError(ssl.SSLEOFError(8, "EOF")), problem.UNREACHABLE, "broke the connection off", True, False),
        (transport.SSLError(), problem.TLS, "handshake", False, False),
        (transport.ProxyError("x", OSError()), problem.PROXY, "through the proxy", False, False),
        (transport.LocationParseError("x"), problem.CREDENTIALS, "no address", False, False),
        (transport.ReadTimeoutError(POOL, "/x", "slow"), problem.UNREACHABLE, "in time", True, False),
        (transport.ConnectTimeoutError(), problem.UNREACHABLE, "within 10 s", True, True),
        (transport.NewConnectionError(CONNECTION, "[Errno 111] Connection refused"), "GA302", "refused", True, True),
        (transport.NameResolutionError("h", CONNECTION, OSError()), "GA302", "name is not known", True, True),  # type: ignore[arg-type]
        (transport.ProtocolError("cut"), problem.UNREACHABLE, "broke the connection off", True, False),
        (transport.IncompleteRead(1, 2), problem.UNREACHABLE, "broke the connection off", True, False),
        (transport.DecodeError("gzip"), problem.UNREACHABLE, "broke the connection off", True, False),
    ],
)
def test_a_failure_is_told_in_words_of_the_field(
    error: transport.HTTPError, code: str, words: str, passes: bool, unreached: bool
) -> None:
    found, message, hint = explained(error)
    assert (found, is_passing(error), is_unreached(error)) == (code, passes, unreached)
    assert words in message
    assert hint
    assert "0x" not in message
