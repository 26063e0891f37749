"""What a chart needs of other charts: helm renders only what lies in its `charts/`, so what lacks is put there.

Taken are the versions of the lock file (`Chart.lock`, `requirements.lock`), as `helm dependency build` does it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import ChartRef
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import mapping
from gitops_audit.regular_file import open_regular
from gitops_audit.render.registry import CHART_FILE

NO_DEPENDENCY = "GA268"
_MAX_BYTES = 1 << 20
_MAX_LEVELS = 10
_LOCAL = "file://"


class LackingError(SourceError):
    """A chart that another one needs cannot be had."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One chart that another one needs: where from, and which version of it."""

    name: str
    version: str
    repository: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.version)))


Place = Callable[[ChartRef, Path], object]
"""Puts a chart of a repository into an empty folder. Raises SourceError."""


def described(chart: Path) -> dict[str, Any]:
    """What the Chart.yaml of a folder says; nothing where there is none."""
    return _read(chart / CHART_FILE)


def missing(chart: Path) -> list[Dependency]:
    """The dependencies of the chart in a folder that are not in its `charts/`."""
    present = set(_present(chart / "charts"))
    return [found for found in _needed(chart) if found.name not in present]


@dataclass(frozen=True, slots=True)
class Completion:
    """Puts what charts lack into their `charts/`; a chart of a folder (`file://`) has to lie below `tree`."""

    tree: Path
    place: Place

    def complete(self, chart: Path, origin: Path, level: int = 0) -> None:
        """Completes a chart; `origin` is where it lies in the repository, for paths count from there.

        Raises LackingError with the name of what cannot be had.
        """
        for number, found in enumerate(missing(chart)):
            target = chart / "charts" / f".fetched-{number}"
            try:
                folder = self._placed(found, origin, target, level)
            except SourceError as error:
                message = f"the chart needs {found}, which is not in its charts/: {error.message}"
                hint = "; or ".join(filter(None, ("run `helm dependency build` and commit charts/", error.hint)))
                raise LackingError(printable(message), code=error.code, hint=hint) from None
            folder.rename(chart / "charts" / f"fetched-{number}")
            shutil.rmtree(target)

    def _placed(self, found: Dependency, origin: Path, target: Path, level: int) -> Path:
        if found.repository.startswith(_LOCAL):
            return self._copied(found, origin, target, level)
        if "://" not in found.repository:
            words = f"its repository is {found.repository!r}" if found.repository else "it names no repository"
            raise SourceError(words, code=NO_DEPENDENCY, hint="name its URL in Chart.yaml")
        self.place(ChartRef(found.repository, found.name, found.version), target)
        return next(child for child in target.iterdir() if child.is_dir())

    def _copied(self, found: Dependency, origin: Path, target: Path, level: int) -> Path:
        source = Path(os.path.realpath(origin / found.repository.removeprefix(_LOCAL)))
        if not source.is_relative_to(self.tree.resolve()) or not (source / CHART_FILE).is_file():
            words = f"there is no chart in {found.repository} of the repository"
            raise SourceError(words, code=NO_DEPENDENCY, hint="correct `repository` in Chart.yaml")
        if level >= _MAX_LEVELS or origin.resolve().is_relative_to(source):
            raise SourceError("charts of folders need each other without end", code=NO_DEPENDENCY)
        copied = Path(shutil.copytree(source, target / "chart", symlinks=True))
        self.complete(copied, source, level + 1)
        return copied


def _needed(chart: Path) -> Iterator[Dependency]:
    for name, lock in ((CHART_FILE, "Chart.lock"), ("requirements.yaml", "requirements.lock")):
        locked = {str(d.get("name")): str(d.get("version") or "") for d in _listed(chart / lock)}
        for entry in _listed(chart / name):
            needed, repository = str(entry.get("name") or ""), str(entry.get("repository") or "")
            if needed:
                yield Dependency(needed, locked.get(needed) or str(entry.get("version") or ""), repository)


def _present(folder: Path) -> Iterator[str]:
    """The names of the charts in a `charts/`: those of folders stand in them, those of packages in the file's name."""
    if not folder.is_dir():
        return
    for child in folder.iterdir():
        if child.is_dir():
            yield str(_read(child / CHART_FILE).get("name") or child.name)
        elif child.suffix == ".tgz":
            parts = child.stem.split("-")
            yield from ("-".join(parts[:end]) for end in range(1, len(parts) + 1))


def _listed(file: Path) -> list[dict[str, Any]]:
    found = _read(file).get("dependencies")
    return [mapping(entry) for entry in found] if isinstance(found, list) else []


def _read(file: Path) -> dict[str, Any]:
    try:
        with open_regular(file) as opened:
            documents, _ = manifest.documents(opened.read(_MAX_BYTES), file.name)
    except OSError:
        return {}
    return mapping(documents[0][1]) if documents else {}
