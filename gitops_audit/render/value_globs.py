"""The wildcards of Argo CD in value files: `*`, `?` and `[...]` in one step of a path, `**` over any number of them.

Files of a folder come before those of the folders in it, by their names. Source: argo-cd.readthedocs.io/en/latest/
user-guide/helm (Glob Patterns in Value Files), github.com/bmatcuk/doublestar, which it names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitops_audit.kube.glob import has_wildcards
from gitops_audit.render.globs import whole


def fixed_part(pattern: str) -> str:
    """The folders before the first wildcard."""
    steps = pattern.split("/")
    return "/".join(steps[: next((n for n, step in enumerate(steps) if has_wildcards(step)), len(steps))])


def paths_below(folder: Path, root: Path) -> Iterator[str]:
    """All files below a folder, by their paths from the root; folders behind links are not walked."""
    for place, _, names in os.walk(folder):
        near = os.path.relpath(place, root)
        yield from (os.path.normpath(f"{near}/{name}") for name in names)


def matching(paths: Iterable[str], pattern: str) -> Iterator[str]:
    """Those that fit a pattern, in the order in which Helm is given them."""
    yield from sorted(filter(whole(pattern), paths), key=_order)


def _order(path: str) -> list[tuple[bool, str]]:
    *folders, name = path.split("/")
    return [*((True, folder) for folder in folders), (False, name)]
