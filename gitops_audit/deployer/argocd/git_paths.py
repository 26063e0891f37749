"""The folders and files of a repository that the patterns of a git generator take.

Source: argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Git, Generators-Git-File-Globbing.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.argocd.parameters import SetError
from gitops_audit.kube.glob import is_like

MAX_COMPARED = 2_000_000
Entry = tuple[str, bool]
"""A pattern, and whether what it takes is excluded."""
_WILDCARD = re.compile(r"[*?\[\\]")


@dataclass(slots=True)
class GitPaths:
    """Of one set; `left` is how many comparisons of a path with a pattern it may still ask for."""

    names: Callable[[SourceConfig], Iterable[str]]
    left: int = MAX_COMPARED
    _files: dict[SourceConfig, list[str]] = field(default_factory=dict)
    _folders: dict[SourceConfig, list[str]] = field(default_factory=dict)

    def directories(self, repository: SourceConfig, entries: Sequence[Entry]) -> list[str]:
        """The directories that a pattern takes, in which `*` takes one name; none that begins with a dot."""
        if repository not in self._folders:
            self._folders[repository] = _visible_folders(self._all(repository))
        return self._wanted(self._folders[repository], entries, _takes_folder)

    def files(self, repository: SourceConfig, entries: Sequence[Entry]) -> list[str]:
        """The files that a pattern takes as Git takes it: a `*` takes slashes, and a folder all that is below it."""
        return self._wanted(self._all(repository), entries, _takes)

    def _all(self, repository: SourceConfig) -> list[str]:
        if repository not in self._files:
            self._files[repository] = sorted(self.names(repository))
        return self._files[repository]

    def _wanted(self, names: Sequence[str], entries: Sequence[Entry], takes: Callable[[str, str], bool]) -> list[str]:
        """What is excluded wins, in whatever order it stands."""
        found: dict[bool, set[str]] = {False: set(), True: set()}
        for pattern, is_excluded in entries:
            plain = pattern.strip("/")
            candidates = _beginning_with(names, _WILDCARD.split(plain, maxsplit=1)[0])
            self._spend(len(candidates) + 1)
            found[is_excluded].update(name for name in candidates if takes(plain, name))
        return sorted(found[False] - found[True])

    def _spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            limit = f"{MAX_COMPARED:,} comparisons of a path with a pattern (limit: patterns of a set)"
            raise SetError(f"its git generators come to more than {limit}")


def _visible_folders(names: Iterable[str]) -> list[str]:
    known: set[str] = set()
    for name in names:
        folder = posixpath.dirname(name)
        while folder and folder not in known:
            known.add(folder)
            folder = posixpath.dirname(folder)
    return [d for d in sorted(known) if not any(part.startswith(".") for part in d.split("/"))]


def _beginning_with(names: Sequence[str], prefix: str) -> Sequence[str]:
    """Of sorted names."""
    start = bisect_left(names, prefix)
    return names[start : bisect_left(names, f"{prefix}\U0010ffff", lo=start)]


def _takes(pattern: str, name: str) -> bool:
    return name == pattern or name.startswith(f"{pattern}/") or is_like(pattern.replace("[^", "[!"), name)


def _takes_folder(pattern: str, folder: str) -> bool:
    if pattern.count("/") != folder.count("/"):
        return False
    steps = zip(pattern.replace("[^", "[!").split("/"), folder.split("/"), strict=True)
    return all(is_like(step, name) for step, name in steps)
