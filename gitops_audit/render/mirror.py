"""Copies of what is remote: `network.mirrors` names folders that hold them, so that nothing is fetched (DESIGN 8).

A remote base `https://git.example.com/team/base//kustomize?ref=v1` with the mirror `https://git.example.com/team/base:
mirror/base` is the folder mirror/base/kustomize. A mirror whose URL has a `?ref=` is for that alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gitops_audit.config.settings import ChartRef, NetworkConfig
from gitops_audit.errors import SourceError
from gitops_audit.kube.version_range import loose_version
from gitops_audit.manifest import file as manifest
from gitops_audit.regular_file import open_regular
from gitops_audit.render.registry import CHART_FILE
from gitops_audit.source.chart.limits import MAX_PACKAGE_BYTES
from gitops_audit.source.chart.package import unpack
from gitops_audit.source.chart.reference import chosen
from gitops_audit.source.url_prefix import UrlPrefix

NO_MIRROR = "GA263"
# The folder, in an exported tree, where copies lie.
PLACE = ".gitops-audit"


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Puts copies into one exported tree, where a tool may read them."""

    network: NetworkConfig
    tree: Path

    def base(self, directory: Path, text: str) -> Path | None:
        """The copy of a remote folder, or of a remote file beside the kustomization that names it.

        None where no mirror is for it. Raises SourceError where the mirror cannot be copied.
        """
        for url, folder, rest in self._found(text):
            place = Path(os.path.realpath(folder / rest))
            if not place.is_relative_to(folder.resolve()) or not place.exists():
                continue
            digest = hashlib.sha256(url.encode()).hexdigest()[:16]
            if place.is_file():
                return _copied(place, directory / PLACE / digest / place.name)
            return _copied(folder, self.tree / PLACE / digest) / rest
        return None

    def chart(self, repository: str, name: str, version: str, target: Path) -> bool:
        """Puts the chart of a repository at `target`; False where no mirror has it at that version.

        `version` may be a range, or empty for the latest. Raises SourceError where the chart cannot be copied.
        """
        for _, folder, rest in self._found(repository):
            held = dict(_held(folder / rest, name))
            try:
                wanted = chosen(ChartRef(repository, name, version), held)
            except SourceError:
                continue
            if held[wanted].is_file():
                _unpacked(held[wanted], f"{name} {wanted}", target)
            else:
                _copied(held[wanted], target)
            return True
        return False

    def _found(self, text: str) -> Iterator[tuple[str, Path, str]]:
        """(URL, folder, what is asked for below it), the most exact mirror first."""
        for url, folder in sorted(self.network.mirrors, key=lambda mirror: -len(mirror[0])):
            rest = UrlPrefix.parse(url).below(text)
            if rest is not None and isinstance(folder, Path):
                yield url, folder, rest


def _copied(source: Path, target: Path) -> Path:
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_file():
            shutil.copyfile(source, target)
        else:
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    except OSError as error:
        raise _unusable(source, error) from None
    return target


def _unpacked(package: Path, name: str, target: Path) -> None:
    """A chart's package holds one folder; nothing in it may lead out of that."""
    if target.exists():
        return
    try:
        with open_regular(package) as file:
            data = file.read(MAX_PACKAGE_BYTES)
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent, prefix=".unpacked-") as folder:
            unpack(data, f"the chart {name}", Path(folder)).rename(target)
    except OSError as error:
        raise _unusable(package, error) from None


def _unusable(place: Path, error: Exception) -> SourceError:
    reason = getattr(error, "strerror", None) or str(error)
    message = f"the mirror {place} cannot be read: {reason}"
    return SourceError(message, code=NO_MIRROR, hint="correct `network.mirrors`, or the folder")


def _held(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """The versions of a chart that a folder holds: `NAME/`, `NAME-VERSION/` and `NAME-VERSION.tgz`."""
    try:
        places = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise _unusable(folder, error) from None
    for place in places:
        if place.name == name or place.name.startswith(f"{name}-"):
            version = _version(place) if place.is_dir() else place.name[len(name) + 1 :].removesuffix(".tgz")
            if version is not None and loose_version(version) and (place.is_dir() or place.suffix == ".tgz"):
                yield version, place


def _version(chart: Path) -> str | None:
    """The version that a chart says it has; None where there is no chart."""
    try:
        documents, _ = manifest.documents((chart / CHART_FILE).read_bytes(), CHART_FILE)
    except OSError:
        return None
    value: Any = documents[0][1] if documents else None
    return str(value.get("version", "")) if isinstance(value, dict) else None
