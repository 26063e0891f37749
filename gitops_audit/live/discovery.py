"""What a cluster serves: groups, versions, kinds, scopes.

Aggregated discovery (KEP-3352; two requests, Kubernetes 1.26 and later) and, where the server has none, the documents
per group and version. An aggregated API that is down is remembered as failed; it never stops the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gitops_audit.errors import ClusterError
from gitops_audit.live.workers import threads
from gitops_audit.model.resource import JsonObject

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ACCEPT = ",".join([_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), "application/json"])

GroupVersion = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ApiResource:
    """One kind at one version, and where its objects are on the server."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """As kubectl names it: `deployments.apps`, `services`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Discovery:
    """The kinds of one cluster. Within a group they stand in the server's order: preferred version first.

    `guess` (group, kind) stands in for the scope of other kinds where the resources are not all that is served.
    """

    __slots__ = ("_failed", "_guess", "_resources", "_versions")

    def __init__(
        self,
        resources: Iterable[ApiResource],
        failed: Mapping[GroupVersion, str] | None = None,
        guess: Callable[[str, str], bool] | None = None,
    ) -> None:
        self._guess = guess
        self._resources: dict[tuple[str, str, str], ApiResource] = {}
        self._versions: dict[tuple[str, str], list[ApiResource]] = {}
        self._failed = dict(failed or {})
        for api in resources:
            if self._resources.setdefault((api.group, api.version, api.kind), api) is api:
                self._versions.setdefault((api.group, api.kind), []).append(api)

    def __iter__(self) -> Iterator[ApiResource]:
        return iter(self._resources.values())

    @property
    def is_whole(self) -> bool:
        """Whether these are all kinds of the cluster; the output of `kubectl get` tells only of those in it."""
        return self._guess is None

    def resource(self, group: str, version: str, kind: str) -> ApiResource | None:
        return self._resources.get((group, version, kind))

    def plural(self, group: str, version: str, plural: str) -> ApiResource | None:
        found = (r for r in self if (r.group, r.version, r.plural) == (group, version, plural))
        return next(found, None)

    def scope(self, group: str, version: str, kind: str) -> bool | None:
        """True: namespaced, False: cluster-scoped, None: not served. Where the version is down, another one tells."""
        api = self.resource(group, version, kind)
        if api is None and (self._guess or self.failed(group, version)):
            api = next(iter(self.versions(group, kind)), None)
        if api is not None:
            return api.namespaced
        return self._guess(group, kind) if self._guess else None

    def failed(self, group: str, version: str) -> str:
        """Why an API is known to be down, empty where it is not."""
        return self._failed.get((group, version), "")

    def unknown(self) -> Iterator[tuple[str, str]]:
        """The APIs (`group/version`) of which no kind is known because they do not answer, each with the reason."""
        known = {(r.group, r.version) for r in self}
        for (group, version), reason in self._failed.items():
            if (group, version) not in known:
                yield f"{group}/{version}" if group else version, reason

    def versions(self, group: str, kind: str) -> tuple[ApiResource, ...]:
        """A kind at every version it is served at, the preferred one first."""
        return tuple(self._versions.get((group, kind), ()))

    def preferred(self) -> Iterator[ApiResource]:
        """Every kind once, at the version the server prefers."""
        return (versions[0] for versions in self._versions.values())

    def to_json(self) -> JsonObject:
        return {
            "resources": [
                [r.group, r.version, r.kind, r.plural, r.namespaced, list(r.verbs), list(r.subresources)] for r in self
            ],
            "failed": [[group, version, reason] for (group, version), reason in self._failed.items()],
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Discovery:
        """The inverse of `to_json`. Raises ValueError, TypeError or KeyError for anything else."""
        failed = {(group, version): reason for group, version, reason in value["failed"]}
        if not all(isinstance(word, str) for row in value["failed"] for word in row):
            raise TypeError("a reason that is no text")
        return cls([_from_row(row) for row in value["resources"]], failed)


def _from_row(row: list[Any]) -> ApiResource:
    group, version, kind, plural, namespaced, verbs, subresources = row
    words = (group, version, kind, plural, *verbs, *subresources)
    if not isinstance(namespaced, bool) or not all(isinstance(word, str) for word in words):
        raise TypeError("no row of a kind")
    return ApiResource(group, version, kind, plural, namespaced, tuple(verbs), tuple(subresources))


def discover(fetch: Callable[[str], JsonObject], concurrency: int) -> Discovery:
    """Reads discovery through `fetch(path)`, which raises ClusterError. Raises where nothing can be known at all."""
    resources: list[ApiResource] = []
    failed: dict[GroupVersion, str] = {}
    legacy: list[GroupVersion] = []
    with threads(concurrency, "discovery") as pool:
        for document in pool.map(fetch, ("/api", "/apis")):
            if document.get("kind") == "APIGroupDiscoveryList":
                _read_aggregated(document, resources, failed)
            else:
                legacy += _group_versions(document)
        for group_version, answer in zip(legacy, pool.map(lambda gv: _legacy(fetch, gv), legacy), strict=True):
            if isinstance(answer, str):
                failed[group_version] = answer
            else:
                resources += answer
    return Discovery(resources, failed)


def _read_aggregated(document: JsonObject, resources: list[ApiResource], failed: dict[GroupVersion, str]) -> None:
    for group in _dicts(document.get("items")):
        name = _text(_map(group.get("metadata")).get("name"))
        for version in _dicts(group.get("versions")):
            group_version = name, _text(version.get("version"))
            if version.get("freshness") == "Stale":
                failed[group_version] = "its discovery is stale"
            resources += (_aggregated(*group_version, r) for r in _dicts(version.get("resources")) if _has_kind(r))


def _has_kind(resource: JsonObject) -> bool:
    return bool(_text(_map(resource.get("responseKind")).get("kind")))


def _aggregated(group: str, version: str, resource: JsonObject) -> ApiResource:
    return ApiResource(
        group,
        version,
        _text(resource["responseKind"]["kind"]),
        _text(resource.get("resource")),
        resource.get("scope") == "Namespaced",
        _texts(resource.get("verbs")),
        _texts([s.get("subresource") for s in _dicts(resource.get("subresources"))]),
    )


def _group_versions(document: JsonObject) -> Iterator[GroupVersion]:
    """From APIVersions (the legacy group) or APIGroupList, preferred versions first."""
    for version in _texts(document.get("versions")):
        yield "", version
    for group in _dicts(document.get("groups")):
        preferred = _map(group.get("preferredVersion")).get("version")
        versions = [v for found in _dicts(group.get("versions")) if (v := _text(found.get("version")))]
        for version in sorted(versions, key=lambda v: v != preferred):
            if name := _text(group.get("name")):
                yield name, version


def _legacy(fetch: Callable[[str], JsonObject], group_version: GroupVersion) -> list[ApiResource] | str:
    """The kinds of one group and version, or why they could not be read."""
    group, version = group_version
    try:
        document = fetch(f"/apis/{group}/{version}" if group else f"/api/{version}")
    except ClusterError as error:
        return error.message
    found = [r for r in _dicts(document.get("resources")) if _text(r.get("name")) and _text(r.get("kind"))]
    subresources: dict[str, list[str]] = {}
    for plural, _, subresource in (str(r.get("name", "")).partition("/") for r in found):
        if subresource:
            subresources.setdefault(plural, []).append(subresource)
    return [_from_legacy(group, version, r, subresources) for r in found if "/" not in str(r.get("name", ""))]


def _from_legacy(group: str, version: str, resource: JsonObject, subresources: dict[str, list[str]]) -> ApiResource:
    plural = str(resource.get("name", ""))
    return ApiResource(
        group,
        version,
        str(resource.get("kind", "")),
        plural,
        bool(resource.get("namespaced")),
        _texts(resource.get("verbs")),
        tuple(subresources.get(plural, ())),
    )


def _dicts(value: Any) -> list[JsonObject]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _map(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Empty also for half a surrogate: it is the name of nothing, and nothing can hold it."""
    return value if isinstance(value, str) and (value.isascii() or _is_unicode(value)) else ""


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for v in value if (text := _text(v))) if isinstance(value, list) else ()
