"""What a kustomization refers to, checked before kustomize sees it: everything in the repository, nothing remote.

The fields are those of kustomize.config.k8s.io (kubectl.docs.kubernetes.io/references/kustomize/kustomization).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from gitops_audit.model.resource import FileProblem
from gitops_audit.render import manifest
from gitops_audit.render.limits import EXCESSIVE_ALIASES
from gitops_audit.render.lines import document_lines
from gitops_audit.render.registry import KUSTOMIZATION_FILES
from gitops_audit.render.tool import UNRENDERED

# Patches and plugins may stand right in the kustomization.
_INLINE = re.compile(r"\n|:\s|^\s*[{\[]")
# Fields whose entries are files or directories, and fields whose entries are files only.
_TREES = ("resources", "bases", "components", "generators", "transformers", "validators")
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_HELM = ("helmCharts", "helmChartInflationGenerator")
_REMOTE = re.compile(
    r"[a-z][a-z0-9+.-]*://|git::|[\w.-]+@[\w.-]+:|[\w-]+(?:\.[\w-]+)+[/:].*(?://|\?|\.git)|github\.com/"
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One reference: its pointer in the kustomization and its text."""

    pointer: str
    text: str
    is_tree: bool


def kustomization_file(directory: Path) -> Path | None:
    """The kustomization of a directory."""
    return next((directory / name for name in KUSTOMIZATION_FILES if (directory / name).is_file()), None)


@dataclass(frozen=True, slots=True)
class Reach:
    """The directories that a kustomization takes files from, and what keeps it from being rendered.

    Paths in the problems count from the root; without problems kustomize stays in the repository.
    """

    directories: frozenset[Path]
    problems: tuple[FileProblem, ...]


def reach(root: Path, directory: Path) -> Reach:
    """What the kustomization in `directory` refers to, with all it refers to in turn, below `root`."""
    walk = _Walk(root.resolve())
    walk.visit(directory.resolve())
    directories = {place if place.is_dir() else place.parent for place in walk.seen}
    return Reach(frozenset(directories), tuple(walk.problems))


@dataclass(slots=True)
class _Walk:
    root: Path
    problems: list[FileProblem] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def visit(self, directory: Path) -> None:
        """Checks one kustomization and follows it; an explicit stack, for bases may be nested deeply."""
        waiting = [directory]
        while waiting:
            place = waiting.pop()
            if place in self.seen:
                continue
            self.seen.add(place)
            file = kustomization_file(place)
            if file is not None:
                waiting += self.follow(place, file)
            elif place.is_file():
                self.problems += self.excess(place)

    def excess(self, file: Path) -> Iterator[FileProblem]:
        """Aliases that kustomize would follow until there is no memory left."""
        data = file.read_bytes()
        if b"&" in data and b"*" in data:
            found = manifest.documents(data, file.relative_to(self.root).as_posix())[1]
            yield from (problem for problem in found if problem.message.startswith(EXCESSIVE_ALIASES))

    def follow(self, directory: Path, file: Path) -> Iterator[Path]:
        data = file.read_bytes()
        path = file.relative_to(self.root).as_posix()
        documents, problems = manifest.documents(data, path)
        self.problems += problems
        value = documents[0][1] if documents else None
        if not isinstance(value, dict):
            return
        lines = document_lines(data)
        for entry in _entries(value):
            target = self.target(directory, entry)
            if isinstance(target, Path):
                yield target
            else:
                self.problems.append(FileProblem(path, lines.get(entry.pointer, 1), target, UNRENDERED))

    def target(self, directory: Path, entry: _Entry) -> Path | str:
        """What an entry means, or why it is refused."""
        if entry.pointer.split("/")[1] in _HELM:
            return "kustomize would fetch this chart, and the audit renders without network: vendor its output"
        target = Path(directory, entry.text).resolve() if "\0" not in entry.text else self.root.parent
        if not target.is_relative_to(self.root):
            return _remote(entry.text) or "this path leads out of the repository"
        if not target.exists():
            return _remote(entry.text) or "this path does not exist in the repository"
        if target.is_dir() and entry.is_tree and kustomization_file(target) is None:
            return "this directory has no kustomization.yaml"
        return target


def _remote(text: str) -> str:
    if not _REMOTE.match(text):
        return ""
    return "this is remote, and the audit renders without network: keep a copy in the repository and refer to that"


def _entries(value: dict[str, Any]) -> Iterator[_Entry]:
    for name in (*_TREES, *_FILES):
        for index, text in enumerate(_list(value.get(name))):
            if isinstance(text, str) and not _INLINE.search(text):
                yield _Entry(f"/{name}/{index}", text, name in _TREES)
    for name in _WITH_PATH:
        for index, item in enumerate(_list(value.get(name))):
            if isinstance(item, dict) and isinstance(item.get("path"), str):
                yield _Entry(f"/{name}/{index}/path", item["path"], False)
    for name in _GENERATORS:
        for index, item in enumerate(_list(value.get(name))):
            yield from _generator_entries(f"/{name}/{index}", item)
    yield from (_Entry(f"/{name}", "", False) for name in _HELM if value.get(name))
    openapi = value.get("openapi")
    if isinstance(openapi, dict) and isinstance(openapi.get("path"), str):
        yield _Entry("/openapi/path", openapi["path"], False)


def _generator_entries(pointer: str, item: Any) -> Iterator[_Entry]:
    """`files` may be `key=path`; `env` is the old form of `envs`."""
    if not isinstance(item, dict):
        return
    for name in ("files", "envs"):
        for index, text in enumerate(_list(item.get(name))):
            if isinstance(text, str):
                yield _Entry(f"{pointer}/{name}/{index}", text.rpartition("=")[2], False)
    if isinstance(item.get("env"), str):
        yield _Entry(f"{pointer}/env", item["env"], False)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def join(directory: str, path: str) -> str:
    """`path` as seen from `directory`, without `.` and `..`; both count from the root of the repository."""
    parts: list[str] = []
    for part in PurePosixPath(directory, path).parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)
