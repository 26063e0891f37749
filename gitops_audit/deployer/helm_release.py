"""What Helm writes down of a release: a Secret for each revision, with the chart, the values and what was rendered.

Source: helm.sh/helm `pkg/storage/driver/secrets.go` and `util.go`: labels `owner`, `name`, `version` and `status`; the
record is JSON, packed by gzip, in base64, and base64 once more as all data of Secrets is.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey, mapping

_NAME = re.compile(r"sh\.helm\.release\.v1\.(.{1,200})\.v(\d{1,9})")
_GONE = frozenset({"uninstalled", "superseded"})
MAX_UNPACKED_BYTES = 32 << 20
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Release:
    """One revision of a release. `namespace` is where Helm keeps it."""

    namespace: str
    name: str
    revision: int
    status: str = ""

    @property
    def tracker(self) -> str:
        """How its objects are marked (deployer/tracking.py)."""
        return f"Helm: {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was deployed: the chart, and the manifest of all its objects. Both may hold values that are secret."""

    chart: str
    manifest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeployedRelease:
    """The last revision of a release; `objects` are as its chart gave them, without Secrets."""

    name: str
    revision: int
    chart: str
    objects: tuple[JsonObject, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"revision {self.revision} of the Helm release {self.name} ({self.chart})"


def release_of(key: ResourceKey, metadata: JsonObject) -> Release | None:
    """The revision that a Secret records; None for any other object."""
    labels = mapping(metadata.get("labels"))
    found = _NAME.fullmatch(key.name) if (key.group, key.kind) == ("", "Secret") else None
    if found is None or labels.get("owner") != "helm":
        return None
    return Release(key.namespace, found[1], int(found[2]), str(labels.get("status") or ""))


def release_of_source(config: SourceConfig) -> Release:
    """The release that a source has, if it is a chart."""
    options = config.helm
    return Release(options.namespace or config.namespace or "default", options.release_name or config.name, 0)


def latest(releases: Iterable[tuple[ResourceKey, Release]]) -> dict[ResourceKey, Release]:
    """Of each release that is there the last revision, by its Secret."""
    last: dict[str, tuple[ResourceKey, Release]] = {}
    for key, release in releases:
        known = last.get(release.tracker)
        if known is None or release.revision > known[1].revision:
            last[release.tracker] = key, release
    return {key: release for key, release in last.values() if release.status not in _GONE}


def declared_releases(declared: Iterable[Declared]) -> frozenset[str]:
    """The trackers of the releases that declared objects make: HelmReleases of Flux, HelmCharts of k3s and RKE2."""
    return frozenset(tracker for resource in declared for tracker in _made(resource))


def _made(resource: Declared) -> Iterable[str]:
    key, spec = resource.key, mapping(resource.body.get("spec"))
    if (key.group, key.kind) == ("helm.toolkit.fluxcd.io", "HelmRelease"):
        target = str(spec.get("targetNamespace") or "")
        name = str(spec.get("releaseName") or (f"{target}-{key.name}" if target else key.name))
        yield Release(str(spec.get("storageNamespace") or key.namespace), name, 0).tracker
    elif (key.group, key.kind) == ("helm.cattle.io", "HelmChart"):
        yield Release(str(spec.get("targetNamespace") or key.namespace), key.name, 0).tracker


def recorded(data: str) -> Recorded:
    """What the `release` of a Secret's data says. Raises ValueError, which quotes nothing of it."""
    try:
        packed = base64.b64decode(base64.b64decode(data, validate=True), validate=True)
        unpacking = zlib.decompressobj(_GZIP)
        text = unpacking.decompress(packed, MAX_UNPACKED_BYTES) if packed[:2] == b"\x1f\x8b" else packed
        value = json.loads(text) if not unpacking.unconsumed_tail else None
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise ValueError("it is no record of Helm, or a damaged one") from None
    if not isinstance(value, dict) or not isinstance(value.get("manifest"), str):
        raise ValueError("it is no record of Helm, or too large a one")
    metadata = mapping(mapping(value.get("chart")).get("metadata"))
    return Recorded(" ".join(str(metadata.get(name) or "") for name in ("name", "version")).strip(), value["manifest"])
