"""A directory of manifests: every YAML and JSON file below it, hidden directories too, as `kubectl apply -R -f` reads."""

from __future__ import annotations

from collections.abc import Callable

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import FileProblem, Rendered
from gitops_audit.render import manifest
from gitops_audit.render.globs import matcher
from gitops_audit.render.merge import merged
from gitops_audit.source import Blob, Checkout

_SUFFIXES = (".yaml", ".yml", ".json")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_NOT_FETCHED = (
    "the file is a Git LFS pointer, its content is not in the repository: keep manifests out of LFS, "
    "or leave the file out with `exclude`"
)


def render(config: SourceConfig, checkout: Checkout) -> Rendered:
    """The objects of all manifests under the source's path, in the order of their paths. Raises SourceError."""
    is_wanted = _is_wanted(config, checkout)
    read = [_read(blob) for blob in sorted(checkout.blobs(is_wanted), key=lambda blob: blob.path)]
    problems = tuple(problem for problem in checkout.problems if not _is_other_file(problem.path, is_wanted))
    return merged([Rendered(problems=problems, ignored=tuple(checkout.skipped)), *read])


def _is_wanted(config: SourceConfig, checkout: Checkout) -> Callable[[str], bool]:
    is_excluded = matcher(config.exclude)
    prefix = f"{checkout.path}/" if checkout.path else ""

    def is_wanted(path: str) -> bool:
        return path.endswith(_SUFFIXES) and not is_excluded(path.removeprefix(prefix))

    return is_wanted


def _is_other_file(path: str, is_wanted: Callable[[str], bool]) -> bool:
    """Whether what could not be read would not have been read anyway; directories (submodules) might hold manifests."""
    name = path.rpartition("/")[2]
    return not is_wanted(path if "." in name else f"{path}/any.yaml")


def _read(blob: Blob) -> Rendered:
    if blob.data.startswith(_LFS_POINTER):
        return Rendered(problems=(FileProblem(blob.path, 1, _NOT_FETCHED),))
    return manifest.load(blob.data, blob.path)
