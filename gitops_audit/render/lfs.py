"""Files that Git LFS keeps elsewhere: the repository holds a pointer, which no tool can render."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gitops_audit.deployer.stand_in import LFS_POINTER
from gitops_audit.model.resource import FileProblem
from gitops_audit.regular_file import open_regular

NOT_FETCHED = (
    "the file is a Git LFS pointer, its content is not in the repository: keep manifests out of LFS, "
    "or leave the file out with `exclude`"
)
_RENDERED_FROM = (
    "the file is a Git LFS pointer, its content is not in the repository, so nothing can be rendered from it: keep "
    "what is rendered out of LFS"
)


def lfs_problems(tree: Path, paths: Iterable[str]) -> tuple[FileProblem, ...]:
    """The files among `paths`, below `tree`, that are pointers."""
    return tuple(FileProblem(path, 1, _RENDERED_FROM) for path in sorted(paths) if _is_pointer(tree / path))


def _is_pointer(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return file.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False
