"""The OpenAPI v3 documents of a cluster, one per group and version, fetched when they are asked for (KEP-2896).

Their addresses carry a hash of the content, so a copy on disk never goes stale; 2 to 10 MB need not come every run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import orjson

from gitops_audit.errors import ClusterError
from gitops_audit.live.http import HttpClient
from gitops_audit.live.limits import MAX_ANSWER_BYTES
from gitops_audit.model.resource import JsonObject
from gitops_audit.regular_file import open_regular

_INDEX = "/openapi/v3"


class OpenApiDocuments:
    """Safe for threads. What cannot be read is None, and `reason` says why: comparison then knows no types."""

    def __init__(self, client: HttpClient, cache: Path | None = None) -> None:
        self.reason = ""
        self._client = client
        self._cache = cache
        self._lock = threading.Lock()
        self._index: dict[str, str] | ClusterError | None = None  # the error is kept: it holds for every document
        self._failures: dict[tuple[str, str], str] = {}
        self._documents: dict[tuple[str, str], JsonObject | None] = {}

    def __call__(self, group: str, version: str) -> JsonObject | None:
        """The document of a group and version; None where the cluster has none or does not show it."""
        key = group, version
        if key not in self._documents:
            # Two threads may fetch the same document at once: that is rare, and cheaper than to wait for each other.
            self._documents[key] = self._fetch(group, version)
        return self._documents[key]

    def _fetch(self, group: str, version: str) -> JsonObject | None:
        try:
            address = self._addresses().get(f"apis/{group}/{version}" if group else f"api/{version}")
            return self._read(address) if address else None
        except ClusterError as error:
            self.reason = self._failures[group, version] = error.message
            return None

    def failure(self, group: str, version: str) -> str:
        """Why the document of a group and version could not be read; empty where it was, or where there is none."""
        self(group, version)
        return self._failures.get((group, version), "")

    def _addresses(self) -> dict[str, str]:
        with self._lock:
            if isinstance(self._index, ClusterError):
                raise self._index
            if self._index is None:
                try:
                    self._index = self._read_index()
                except ClusterError as error:
                    self._index = error
                    raise
            return self._index

    def _read_index(self) -> dict[str, str]:
        paths = self._client.get(_INDEX).get("paths")
        if not isinstance(paths, dict):
            raise ClusterError(f"cluster {self._client.cluster}: {_INDEX} is no index of schemas")
        return {k: _address(v) for k, v in paths.items()}

    def _read(self, address: str) -> JsonObject | None:
        copy = self._cache / _file_name(self._client.server, address) if self._cache and "hash=" in address else None
        if copy is not None and (known := _cached(copy)) is not None:
            return known
        data = self._client.get_bytes(address)
        document = _object(data)
        if document is None or not document.keys() & {"openapi", "components"}:
            raise ClusterError(f"cluster {self._client.cluster}: {address.partition('?')[0]} is no OpenAPI document")
        if copy is not None:
            _keep(copy, data)
        return document


def cache_directory() -> Path:
    """Where copies are kept, by the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "gitops-audit" / "openapi"


def _address(entry: Any) -> str:
    """Only a path on the same server: an index may not send the credentials elsewhere."""
    address = str(entry.get("serverRelativeURL", "")) if isinstance(entry, dict) else ""
    return address if address.startswith("/") and not address.startswith("//") else ""


def _file_name(server: str, address: str) -> str:
    """By server too, so that one cluster cannot plant another one's schemas."""
    return hashlib.sha256(f"{server}\n{address}".encode()).hexdigest() + ".json"


def _cached(copy: Path) -> JsonObject | None:
    try:
        with open_regular(copy) as file:
            return _object(file.read(MAX_ANSWER_BYTES))
    except OSError:
        return None


def _object(data: bytes) -> JsonObject | None:
    with contextlib.suppress(orjson.JSONDecodeError):
        value = orjson.loads(data)
        return value if isinstance(value, dict) else None
    return None


def _keep(copy: Path, data: bytes) -> None:
    """Whole or not at all, for this user alone; a full or read-only disk costs only speed."""
    with contextlib.suppress(OSError):
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, copy)
