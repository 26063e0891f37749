"""Copies of what is remote: `network.mirrors` names folders that hold them, so that nothing is fetched (DESIGN 8).

A remote base `https://git.example.com/team/base//kustomize?ref=v1` with the mirror `https://git.example.com/team/base:
mirror/base` is the folder mirror/base/kustomize. A mirror whose URL has a `?ref=` is for that alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import NetworkConfig
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.render.registry import CHART_FILE

NO_MIRROR = "GA263"
# The folder, in an exported tree, where copies lie.
PLACE = ".gitops-audit"
_SCHEME = re.compile(r"(?:git::)?(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?", re.IGNORECASE)
_REF = re.compile(r"[?&](?:ref|version)=([^&]*)")


@dataclass(frozen=True, slots=True)
class _Url:
    """Host and path without scheme and user, for the same repository has several URLs."""

    path: str
    ref: str

    @classmethod
    def parse(cls, text: str) -> _Url:
        before, mark, query = text.strip().partition("?")
        rest = before[len(_SCHEME.match(before)[0]) :]  # type: ignore[index]
        host, separator, path = re.sub(r"^([\w.-]+):(?!\d+/)", r"\1/", rest).partition("/")
        ref = _REF.search(mark + query)
        return cls(f"{host.lower()}{separator}{path}", ref[1] if ref else "")

    def below(self, text: str) -> str | None:
        """What a URL names below this one, empty for the same; None where it is another one."""
        other = _Url.parse(text)
        if self.ref and self.ref != other.ref:
            return None
        start = self.path.rstrip("/").removesuffix(".git")
        if not other.path.startswith(start):
            return None
        rest = other.path[len(start) :].removeprefix(".git")
        return rest.strip("/") if not rest or rest.startswith("/") else None


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
        """Puts the chart of a repository at `target`; False where no mirror has it at that version."""
        for _, folder, rest in self._found(repository):
            for found in (folder / rest / name, folder / rest / f"{name}-{version}"):
                if _version(found) == version or (not version and (found / CHART_FILE).is_file()):
                    _copied(found, target)
                    return True
            package = folder / rest / f"{name}-{version}.tgz"
            if package.is_file():
                _unpacked(package, target)
                return True
        return False

    def _found(self, text: str) -> Iterator[tuple[str, Path, str]]:
        """(URL, folder, what is asked for below it), the most exact mirror first."""
        for url, folder in sorted(self.network.mirrors, key=lambda mirror: -len(mirror[0])):
            rest = _Url.parse(url).below(text)
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


def _unpacked(package: Path, target: Path) -> None:
    """A chart's package holds one folder; nothing in it may lead out of that."""
    if target.exists():
        return
    try:
        with tarfile.open(package) as archive:
            archive.extractall(target.parent, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise _unusable(package, error) from None


def _unusable(place: Path, error: Exception) -> SourceError:
    reason = getattr(error, "strerror", None) or str(error)
    message = f"the mirror {place} cannot be read: {reason}"
    return SourceError(message, code=NO_MIRROR, hint="correct `network.mirrors`, or the folder")


def _version(chart: Path) -> str | None:
    """The version that a chart says it has; None where there is no chart."""
    try:
        documents, _ = manifest.documents((chart / CHART_FILE).read_bytes(), CHART_FILE)
    except OSError:
        return None
    value: Any = documents[0][1] if documents else None
    return str(value.get("version", "")) if isinstance(value, dict) else None
