"""Records a cluster into one file: objects, what was complete, discovery and schemas. Secrets are digests in it.

The key of the digests is in the file, so that declared values can be compared with it: whoever has the file can test
guesses against it, which is why only its owner may read it (docs/reference/snapshots.md).
"""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.json_text import Unpackable, packed
from gitops_audit.live.listing import read_whole
from gitops_audit.live.liveset import Identity
from gitops_audit.live.plan import Target
from gitops_audit.live.problem import ApiError
from gitops_audit.live.server import CONCURRENCY, ServerCluster
from gitops_audit.live.workers import Step, run
from gitops_audit.model.finding import Problem
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.version import __version__

API_VERSION, KIND = "gitops-audit/v1", "Snapshot"

# What changes by the second, is written by the cluster itself, and that nobody declares.
_TRANSIENT = frozenset(
    {
        ("", "Event"),
        ("", "ComponentStatus"),
        ("", "Endpoints"),
        ("events.k8s.io", "Event"),
        ("coordination.k8s.io", "Lease"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("metrics.k8s.io", "NodeMetrics"),
        ("metrics.k8s.io", "PodMetrics"),
    }
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording holds. `problems` are the kinds and objects that could not be read; they are in the file too."""

    path: Path
    objects: int
    problems: tuple[Problem, ...]


def record_wanted(cluster: ServerCluster, path: Path, wanted: Collection[Declared]) -> Recorded:
    """Records what an audit of these resources needs. Raises ClusterError where the file cannot be written."""
    live = cluster.read(wanted)
    with _written(path, cluster) as recording:
        recording.add([packed(body) for body in live.objects()])
        recording.absent += [_row(key) for key in live.absent()]
        recording.problems += [[*_row(key), found.code, found.message] for key, found in live.problems()]
        recording.group_versions |= {(r.key.group, r.version) for r in wanted}
    return recording.result(path)


def record_all(cluster: ServerCluster, path: Path, namespaces: Collection[str] = ()) -> Recorded:
    """Records every kind that can be listed, at every version it is served at; `namespaces` empty for all of them.

    Manifests may declare any of the versions, and only the server converts. Left out are Events, Leases and the like.
    Raises ClusterError where the file cannot be written.
    """
    with _written(path, cluster) as recording:
        run(_list_steps(cluster, recording, namespaces), CONCURRENCY)
    return recording.result(path)


def _list_steps(cluster: ServerCluster, recording: _Recording, namespaces: Collection[str]) -> Iterator[Step]:
    for api in cluster.discovery:
        if "list" in api.verbs and (api.group, api.kind) not in _TRANSIENT:
            for namespace in namespaces if api.namespaced and namespaces else ("",):
                yield partial(_record_list, cluster, recording, api, namespace)


def _record_list(cluster: ServerCluster, recording: _Recording, api: ApiResource, namespace: str) -> Iterable[Step]:
    found: list[tuple[Target, bytes | Problem]] = []

    def read() -> None:
        found[:] = cluster.scan_packed(api, namespace)

    try:
        read_whole(read)
    except ClusterError as error:
        recording.fail(api, namespace, error)
    else:
        recording.add_list(api, namespace, found)
    return ()


class _Recording:
    """Objects go to the file as they come; the rest follows when all are there."""

    def __init__(self, file: BinaryIO, cluster: ServerCluster) -> None:
        self.complete: list[list[str]] = []
        self.absent: list[list[str]] = []
        self.problems: list[list[str]] = []
        self.group_versions: set[tuple[str, str]] = set()
        self._file = file
        self._cluster = cluster
        self._lock = threading.Lock()
        self._objects = 0
        self._file.write(_header_text(cluster.name, self._header())[:-1] + b',"objects":[')

    def _header(self) -> JsonObject:
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "cluster": self._cluster.name,
            "server": self._cluster.server,
            "version": self._cluster.version,
            "recordedAt": datetime.now(UTC).isoformat(timespec="seconds"),
            "tool": {"version": __version__},
            "key": self._cluster.redactor.key.hex(),
            "discovery": self._cluster.discovery.to_json(),
        }

    def add(self, objects: Collection[bytes]) -> None:
        with self._lock:
            for body in objects:
                self._file.write(b",\n" if self._objects else b"\n")
                self._file.write(body)
                self._objects += 1

    def add_list(self, api: ApiResource, namespace: str, objects: Collection[tuple[Target, bytes | Problem]]) -> None:
        """All objects of a kind. One that cannot be kept is a problem of its own, and is never taken for absent."""
        self.add([body for _, body in objects if isinstance(body, bytes)])
        self.problems += [_refused(api, *target, body) for target, body in objects if isinstance(body, Problem)]
        self.complete.append([api.group, api.kind, namespace])
        if objects:
            self.group_versions.add((api.group, api.version))

    def fail(self, api: ApiResource, namespace: str, error: ClusterError) -> None:
        is_forbidden = isinstance(error, ApiError) and error.status == 403
        found = problem.forbidden(api, namespace) if is_forbidden else problem.from_error(error)
        self.problems.append([api.group, api.version, api.kind, namespace, "", found.code, found.message])

    def finish(self) -> None:
        self._file.write(b'],"schemas":[')
        self._write_schemas()
        self._file.write(b"]")
        for key in ("complete", "absent", "problems"):
            self._file.write(b',"%s":%s' % (key.encode(), orjson.dumps(getattr(self, key))))
        self._file.write(b"}\n")

    def _write_schemas(self) -> None:
        separator = b"\n"
        for group, version in sorted(self.group_versions):
            document = self._cluster.documents(group, version)
            if document is None:
                continue
            try:
                self._file.write(separator + packed([group, version, document]))
            except Unpackable as error:
                reason = f"the schemas of {group or 'the core group'}/{version} cannot be recorded: {error}"
                self.problems.append([group, version, "", "", "", problem.SCHEMA_UNREAD, reason])
            else:
                separator = b",\n"

    def result(self, path: Path) -> Recorded:
        return Recorded(path, self._objects, tuple(dict.fromkeys(Problem(*row[-2:]) for row in self.problems)))


@contextmanager
def _written(path: Path, cluster: ServerCluster) -> Iterator[_Recording]:
    """A file that appears whole, readable by its owner alone, or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(descriptor, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            recording = _Recording(_as_binary(file), cluster)
            yield recording
            recording.finish()
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _as_binary(file: Any) -> BinaryIO:
    binary: BinaryIO = file
    return binary


def _unwritable(path: Path, error: OSError) -> ClusterError:
    return ClusterError(f"the recording {path} cannot be written: {error.strerror}", code=problem.BAD_RECORDING)


def _header_text(cluster: str, header: JsonObject) -> bytes:
    try:
        return packed(header)
    except Unpackable as error:
        raise ClusterError(
            f"cluster {cluster} cannot be recorded: its version or discovery is no JSON, {error}",
            code=problem.UNEXPECTED,
        ) from None


def _refused(api: ApiResource, namespace: str, name: str, found: Problem) -> list[str]:
    # What cannot be kept may be the name.
    namespace, name = (word.encode("utf-8", "backslashreplace").decode() for word in (namespace, name))
    where = f"{api.full_name} {f'{namespace}/' if namespace else ''}{name}"
    return [api.group, api.version, api.kind, namespace, name, found.code, f"{where}: {found.message}"]


def _row(key: Identity) -> list[str]:
    resource, version = key
    return [resource.group, version, resource.kind, resource.namespace, resource.name]
