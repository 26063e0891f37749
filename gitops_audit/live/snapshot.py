"""Opens a recording of a cluster: a snapshot file of this tool, or whatever `kubectl get -o yaml|json` wrote."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from gitops_audit.errors import ClusterError, Location
from gitops_audit.live.discovery import Discovery
from gitops_audit.live.json_text import parsed
from gitops_audit.live.problem import BAD_RECORDING, not_served
from gitops_audit.live.recorded import Place, RecordedCluster, not_recorded
from gitops_audit.live.recording import API_VERSION, KIND
from gitops_audit.live.workers import without_garbage_collection
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.regular_file import open_named

MAX_BYTES = 1 << 30
_MAX_RATIO = 400  # recordings shrink to a twentieth; a bomb to a thousandth
_FREE_BYTES = 64 << 20
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"

_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def open_recording(name: str, path: Path, redactor: Redactor) -> RecordedCluster:
    """The recorded cluster. Raises ClusterError where the path is not there or holds no recording.

    A snapshot brings the key of its digests along: use the `redactor` of what is returned for the declared side.
    """
    try:
        if path.is_dir() or not _is_gzip(path):
            from gitops_audit.live.dump import open_dump

            return open_dump(name, path, redactor)
        document = _document(path, _decompressed(path))
    except OSError as error:
        hint = "check `snapshot:` of the cluster, or --snapshot"
        raise _unreadable(Path(error.filename or path), error.strerror or "it cannot be read", hint) from None
    return _recorded(name, path, document, redactor)


class SnapshotCoverage:
    """What was listed as a whole, and what was asked for one by one."""

    def __init__(self, document: JsonObject, discovery: Discovery) -> None:
        """Raises KeyError, TypeError or ValueError where the document is malformed."""
        self._discovery = discovery
        self._complete = {(group, kind, namespace) for group, kind, namespace in document["complete"]}
        self._absent = {tuple(row) for row in document["absent"]}
        self._problems = {tuple(row[:5]): Problem(str(row[5]), str(row[6])) for row in document["problems"]}
        # kinds of which single objects could not be kept
        self._with_unkept = {(group, kind) for group, _, kind, _, name in self._problems if name}

    def problem(self, version: str, place: Place) -> Problem | None:
        group, kind, namespace, name = place
        if found := self._problems.get((group, version, *place[1:])):
            return found
        if (group, version, kind, namespace, name) in self._absent or self._is_listed(group, kind, namespace):
            return None
        for where in ((namespace, ""), ("", "")):
            if found := self._problems.get((group, version, kind, *where)):
                return found
        return not_recorded(f"{kind} is", "record it too: `gitops-audit snapshot FILE`")

    def unserved(self, group: str, version: str, kind: str) -> Problem | None:
        if self._discovery.resource(group, version, kind) or self._discovery.failed(group, version):
            return None
        served = tuple(api.api_version for api in self._discovery.versions(group, kind))
        return not_served(group, version, kind, served)

    def is_complete(self, group: str, kind: str, namespace: str) -> bool:
        return self._is_listed(group, kind, namespace) and (group, kind) not in self._with_unkept

    def _is_listed(self, group: str, kind: str, namespace: str) -> bool:
        return (group, kind, "") in self._complete or (group, kind, namespace) in self._complete


def _is_gzip(path: Path) -> bool:
    with open_named(path, MAX_BYTES) as file:
        return file.read(2) == _GZIP


def _decompressed(path: Path) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        with open_named(path, MAX_BYTES) as packed, gzip.GzipFile(fileobj=packed) as file:
            limit = min(MAX_BYTES, max(_FREE_BYTES, packed.seek(0, os.SEEK_END) * _MAX_RATIO))
            packed.seek(0)
            while chunk := file.read(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > limit:
                    raise _unreadable(
                        path,
                        f"it unpacks to more than {limit >> 20} MiB (limit: unpacked recording)",
                        "that is no recording",
                    )
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _unreadable(path, "it is cut off or damaged", "record it again: `gitops-audit snapshot`") from None
    return b"".join(chunks)


def _document(path: Path, data: bytes) -> JsonObject:
    hint = "record it again: `gitops-audit snapshot`"
    try:
        with without_garbage_collection():
            document = parsed(data)
    except ValueError:
        raise _unreadable(path, "it holds no JSON", hint) from None
    found = (document.get("apiVersion"), document.get("kind")) if isinstance(document, dict) else (None, None)
    if found == (API_VERSION, KIND):
        return dict(document)
    if found[1] == KIND:
        raise _unreadable(path, f"its version is {str(found[0])!r}, this gitops-audit reads {API_VERSION!r}", hint)
    raise _unreadable(path, f"it is no {KIND} of {API_VERSION}", hint)


def _recorded(name: str, path: Path, document: JsonObject, redactor: Redactor) -> RecordedCluster:
    try:
        discovery = Discovery.from_json(document["discovery"])
        own = redactor.of_key(_key(document["key"]))
        return RecordedCluster(
            name,
            str(path),
            str(document["version"]),
            discovery,
            _schemas(document["schemas"]),
            map(own.of_recording().redact, _objects(document["objects"])),
            SnapshotCoverage(document, discovery),
            own,
            _moment(document.get("recordedAt")),
        )
    except _MALFORMED:
        raise _unreadable(path, "its parts do not fit together", "record it again: `gitops-audit snapshot`") from None


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _schemas(rows: Any) -> dict[tuple[str, str], JsonObject]:
    if not all(isinstance(schema, dict) for _, _, schema in rows):
        raise TypeError("a schema that is no object")
    return {(group, version): schema for group, version, schema in rows}


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if not 16 <= len(key) <= 64:
        raise ValueError("a key of the wrong length")
    return key


def _objects(value: Any) -> Iterable[JsonObject]:
    if not isinstance(value, list) or not all(isinstance(body, dict) for body in value):
        raise TypeError("objects are no list of objects")
    return value


def _unreadable(path: Path, what: str, hint: str) -> ClusterError:
    return ClusterError(
        f"the recording {path} cannot be used: {what}", code=BAD_RECORDING, where=Location(str(path)), hint=hint
    )
