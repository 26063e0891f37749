"""What `kubectl get -o yaml|json` wrote, taken as a recording of a cluster: one file, or a directory of them.

There is no discovery and no schema in it. A kind counts as recorded where at least one object of it is there, and a
namespace where anything of it is there (or the Namespaces were recorded and it is none of them: then it is empty).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from gitops_audit.errors import ClusterError, Location
from gitops_audit.kube.builtin import is_namespaced
from gitops_audit.kube.plural import plural
from gitops_audit.live.discovery import ApiResource, Discovery
from gitops_audit.live.json_text import parsed
from gitops_audit.live.listing import name_of
from gitops_audit.live.problem import BAD_RECORDING
from gitops_audit.live.recorded import Place, RecordedCluster, not_recorded
from gitops_audit.live.workers import without_garbage_collection
from gitops_audit.manifest import file as manifest
from gitops_audit.manifest.file import EMPTY
from gitops_audit.manifest.objects import NO_OBJECT
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject, group_of, mapping, split_api_version
from gitops_audit.regular_file import open_named, open_regular

MAX_BYTES = 1 << 30
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_SIGNS_OF_PARTS = (b"continue", b"remainingItemCount")


def open_dump(name: str, path: Path, redactor: Redactor) -> RecordedCluster:
    """Raises ClusterError where any file is broken: half a recording would look like a smaller cluster."""
    with without_garbage_collection():
        objects = [body for file, data in _contents(path) for body in _objects_of(file, data)]
    if not objects:
        raise _unreadable(path, "there are no Kubernetes objects in it")
    redacted = map(redactor.redact, objects)
    coverage = DumpCoverage(objects)
    return RecordedCluster(
        name, str(path), "", _discovery(objects), {}, redacted, coverage, redactor, _written_at(path)
    )


def _written_at(path: Path) -> datetime | None:
    """When the newest of its files was written: such a recording does not say itself when it was made."""
    files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    try:
        return datetime.fromtimestamp(max((p.stat().st_mtime for p in files), default=0), UTC)
    except (OSError, OverflowError, ValueError):
        return None


class DumpCoverage:
    def __init__(self, objects: Iterable[JsonObject]) -> None:
        self._kinds: set[tuple[str, str]] = set()
        self._seen: set[str] = set()
        self._existing: set[str] = set()
        for body in objects:
            group, kind = _group_kind(body)
            namespace, name = name_of(body)
            self._kinds.add((group, kind))
            self._seen.add(namespace)
            if (group, kind) == ("", "Namespace"):
                self._existing.add(name)

    def problem(self, version: str, place: Place) -> Problem | None:
        group, kind, namespace, _ = place
        if (group, kind) not in self._kinds:
            return not_recorded(f"{kind} is", f"add the output of `kubectl get {_full(group, kind)} -A -o yaml`")
        if namespace and namespace not in self._seen and (not self._existing or namespace in self._existing):
            command = f"kubectl get {_full(group, kind)} -n {namespace} -o yaml"
            return not_recorded(f"namespace {namespace} is", f"add the output of `{command}`")
        return None

    def unserved(self, group: str, version: str, kind: str) -> Problem | None:
        """Not known: the output of kubectl says nothing of the versions that were not asked for."""
        return None

    def is_complete(self, group: str, kind: str, namespace: str) -> bool:
        return self.problem("", (group, kind, namespace, "")) is None


def _contents(path: Path) -> Iterator[tuple[Path, bytes]]:
    """The files of a recording. What only looks like one in a folder is an error: it may stand for a part of it."""
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES and not p.is_dir()):
            with open_regular(file) as stream:
                yield file, _bounded(file, stream)
    else:
        with open_named(path, MAX_BYTES) as stream:
            yield path, _bounded(path, stream)


def _bounded(file: Path, stream: BinaryIO) -> bytes:
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _unreadable(file, f"it has more than {MAX_BYTES >> 20} MiB (limit: recording size)")
    return data


def _objects_of(file: Path, data: bytes) -> Iterator[JsonObject]:
    known = _json_objects(file, data)
    return _manifests(file, data) if known is None else iter(known)


def _json_objects(file: Path, data: bytes) -> list[JsonObject] | None:
    """The quick way for `-o json`; None where the file is something else, which the YAML loader then tells."""
    if data.lstrip()[:1] != b"{":
        return None
    try:
        document = parsed(data)
    except ValueError:
        return None
    _refuse_part_of_list(file, document)
    found = _expanded(document)
    return found if all(_is_object(body) for body in found) else None


def _expanded(document: JsonObject) -> list[Any]:
    items = document.get("items")
    is_list = str(document.get("kind", "")).endswith("List") and isinstance(items, list)
    return list(items) if is_list and isinstance(items, list) else [document]


def _refuse_part_of_list(file: Path, document: Any) -> None:
    """Raises ClusterError for one page of a list: kubectl joins them, `get --raw` and curl do not."""
    metadata = mapping(mapping(document).get("metadata"))
    if "items" in mapping(document) and (metadata.get("continue") or metadata.get("remainingItemCount")):
        raise _unreadable(file, "it holds the first part of a list, and objects come after it (metadata.continue)")


def _is_object(body: Any) -> bool:
    return isinstance(body, dict) and bool(body.get("apiVersion") and body.get("kind")) and name_of(body) != ("", "")


def _manifests(file: Path, data: bytes) -> Iterator[JsonObject]:
    rendered = manifest.load(data, str(file), max_bytes=MAX_BYTES)
    for fault in rendered.problems:
        raise ClusterError(
            f"the recording {fault.path} cannot be used: {fault.message}",
            code=BAD_RECORDING,
            where=Location(fault.path, fault.line),
            hint="write it again with `kubectl get ... -o yaml`",
        )
    for _, reason in rendered.ignored:
        if reason == EMPTY:
            raise _unreadable(file, f"{reason}: the command that wrote it may have failed")
        if reason.endswith(NO_OBJECT):
            raise _unreadable(file, reason)
    if any(sign in data for sign in _SIGNS_OF_PARTS):
        for _, document in manifest.documents(data, str(file))[0]:
            _refuse_part_of_list(file, document)
    return (m.body for m in rendered.manifests)


def _discovery(objects: Iterable[JsonObject]) -> Discovery:
    """The kinds as far as the objects tell; plurals are those of CustomResourceDefinitions, else the usual ones."""
    resources: dict[tuple[str, str, str], ApiResource] = {}
    for body in objects:
        if _group_kind(body) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
            resources |= {(r.group, r.version, r.kind): r for r in _defined(body)}
    for body in objects:
        group, version = split_api_version(str(body["apiVersion"]))
        kind = str(body["kind"])
        api = ApiResource(group, version, kind, plural(kind), bool(name_of(body)[0]), ("get", "list"))
        resources.setdefault((group, version, kind), api)
    return Discovery(resources.values(), guess=lambda group, kind: is_namespaced(group, kind) is not False)


def _defined(definition: JsonObject) -> Iterator[ApiResource]:
    spec = mapping(definition.get("spec"))
    names = mapping(spec.get("names"))
    group, kind, plural = (str(value or "") for value in (spec.get("group"), names.get("kind"), names.get("plural")))
    versions = spec.get("versions")
    for version in versions if isinstance(versions, list) else ():
        name = str(mapping(version).get("name", ""))
        yield ApiResource(group, name, kind, plural, spec.get("scope") != "Cluster", ("get", "list"))


def _group_kind(body: JsonObject) -> tuple[str, str]:
    return group_of(body), str(body.get("kind", ""))


def _full(group: str, kind: str) -> str:
    return f"{plural(kind)}.{group}" if group else plural(kind)


def _unreadable(path: Path, what: str) -> ClusterError:
    hint = "it must be a snapshot of `gitops-audit snapshot`, or the output of `kubectl get ... -o yaml|json`"
    return ClusterError(
        f"the recording {path} cannot be used: {what}", code=BAD_RECORDING, where=Location(str(path)), hint=hint
    )
