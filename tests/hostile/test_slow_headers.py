"""A server that sends the headers of its answer byte by byte, without end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import urllib3

from gitops_audit.late_headers import bound
from gitops_audit.live.failure import explained


@pytest.fixture
def trickling() -> Iterator[str]:
    """The URL of a server whose headers never end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=[listening, over], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(listening: socket.socket, over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listening.accept()
            with client, contextlib.suppress(OSError):
                client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.01):
                    client.sendall(b"a")


def test_the_connection_is_cut(trickling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.late_headers.HEADERS_TIMEOUT_S", 0.2)
    with urllib3.PoolManager() as manager:
        bound(manager)
        with pytest.raises(urllib3.exceptions.HTTPError) as caught:
            manager.request("GET", trickling, retries=False)
    assert explained(caught.value)[:2] == ("GA302", "does not answer in time (limit: answer headers)")
