"""Connections whose answers begin in time: a server may send the headers of an answer a byte a minute, for hours.

The timeouts of a socket bound the silence between two bytes, and no more.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# The headers of an answer, from the request on: a server may think for as long as it may be silent.
HEADERS_TIMEOUT_S = 90.0


class HeadersTooSlow(TimeoutError):
    """The headers of an answer took longer than HEADERS_TIMEOUT_S."""


class _Plain(HTTPConnection):
    def getresponse(self) -> Any:
        with _cut_off_late(self.sock):
            return super().getresponse()


class _Encrypted(HTTPSConnection):
    def getresponse(self) -> Any:
        with _cut_off_late(self.sock):
            return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


def bound(manager: urllib3.PoolManager) -> None:
    """Lets every connection that this manager opens from now on end where the headers of an answer take too long."""
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}


@contextlib.contextmanager
def _cut_off_late(connection: Any) -> Iterator[None]:
    """Raises TimeoutError, as a socket does: what was read until the cut may look like an answer."""
    is_late = threading.Event()

    def cut_off() -> None:
        is_late.set()
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(HEADERS_TIMEOUT_S, cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if is_late.is_set():
        raise HeadersTooSlow("the headers of the answer took too long")
