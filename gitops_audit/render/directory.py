"""A directory of manifests: all YAML and JSON files below it, in hidden directories too, as `kubectl apply -R` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from gitops_audit.config.settings import DirectoryOptions, SourceConfig
from gitops_audit.deployer.argocd.glob import is_like
from gitops_audit.deployer.stand_in import LFS_POINTER
from gitops_audit.model.resource import FileProblem, Rendered
from gitops_audit.render import jsonnet, stand_ins
from gitops_audit.render.belonging import Belonging, without_templates
from gitops_audit.render.given import ALONE, Given
from gitops_audit.render.globs import matcher
from gitops_audit.render.lfs import NOT_FETCHED
from gitops_audit.render.merge import merged
from gitops_audit.render.nested import Nested
from gitops_audit.render.registry import CHART_FILE, KUSTOMIZATION_FILES
from gitops_audit.render.sops import Sops
from gitops_audit.render.tool import workspace
from gitops_audit.source import Blob, Checkout
from gitops_audit.source.unread import DIRECTORIES, DIRECTORY_LINK

_SKIPPED = b"+argocd:skip-file-rendering"
_SUFFIXES = (".yaml", ".yml", ".json")
_CAPITALS = (
    "not read: kubectl and Argo CD take .yaml, .yml and .json in small letters only, so nothing deploys this file; "
    "rename it, or leave it out with `exclude`"
)
# Files that tools read. Where one of them holds objects all the same (Flux has a kind Kustomization), they count.
_OF_TOOLS = {
    **dict.fromkeys(KUSTOMIZATION_FILES, "kustomize's configuration: a source of its own with this path renders it"),
    CHART_FILE: "the description of a Helm chart: a source of its own with this path renders it",
    "values.yaml": "the values of a Helm chart",
}


def render(config: SourceConfig, checkout: Checkout, given: Given = ALONE) -> Rendered:
    """The objects of all manifests under the source's path, in the order of their paths. Raises SourceError."""
    prefix = f"{checkout.path}/" if checkout.path else ""
    is_excluded = matcher(config.exclude)
    options = config.directory

    def is_left_out(path: str) -> bool:
        below = path.removeprefix(prefix)
        return is_excluded(below) or (options is not None and not _takes(options, below))

    suffixes = ("",) if options is not None and options.any_suffix else _SUFFIXES

    def is_wanted(path: str) -> bool:
        return path.lower().endswith(suffixes) and not path.endswith(jsonnet.SUFFIX) and not is_left_out(path)

    def is_loss(problem: FileProblem) -> bool:
        """Whether manifests may be missing; what is wrong with other files is no concern of an audit."""
        return is_wanted(problem.path) or (problem.code in DIRECTORIES and not is_left_out(problem.path))

    belonging = Belonging.of(checkout)
    unread = Rendered(problems=tuple(filter(is_loss, checkout.problems)), ignored=tuple(checkout.skipped))
    unread = replace(unread, notes=tuple(_links(checkout)))
    read = partial(_read, belonging, given.sops)
    if options is not None:
        read = partial(_read_by_argocd, belonging, given.sops, options)
    found = merged([unread, *(read(blob) for blob in checkout.blobs(is_wanted))])
    if options is not None:
        programs = [path for path in checkout.files() if path.endswith(jsonnet.SUFFIX) and not is_left_out(path)]
        found = merged([found, _evaluated(programs, checkout, options, given)])
    told = frozenset(problem.path for problem in found.problems)
    return merged([found, Nested(checkout, is_left_out, told, belonging.parts).unread()])


def _evaluated(files: Sequence[str], checkout: Checkout, options: DirectoryOptions, given: Given) -> Rendered:
    if not files:
        return Rendered()
    with workspace(checkout, given.exports) as place:
        return jsonnet.evaluated(place, files, checkout.path, options.jsonnet)


def _takes(options: DirectoryOptions, path: str) -> bool:
    """Whether Argo CD reads a file of a directory, given by its path in it."""
    if not options.recurse and "/" in path:
        return False
    if options.exclude and is_like(options.exclude, path):
        return False
    return not options.include or is_like(options.include, path)


def _links(checkout: Checkout) -> Iterator[str]:
    paths = [path for path, reason in checkout.skipped if reason == DIRECTORY_LINK]
    if paths:
        others = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
        yield (
            f"{paths[0]}{others} links to a directory, which is not followed, as kubectl and Argo CD do not: "
            "what lies behind it needs a source of its own"
        )


def _unread(path: str, found: Rendered) -> Rendered:
    """A file whose name ends in capitals: where it holds objects, nobody deploys them."""
    lines = [*(m.origin.line for m in found.manifests), *(p.line for p in found.problems)]
    if not lines:
        return Rendered(ignored=((path, _CAPITALS),))
    return Rendered(problems=(FileProblem(path, min(lines), _CAPITALS),))


def _read_by_argocd(belonging: Belonging, sops: Sops | None, options: DirectoryOptions, blob: Blob) -> Rendered:
    """As any, but without files that carry its mark, and, of those without a suffix of manifests, what is no object."""
    if _SKIPPED in blob.data:
        return Rendered(ignored=((blob.path, f"{_SKIPPED.decode()} is in it, so that Argo CD leaves it out"),))
    if not options.any_suffix or blob.path.endswith(_SUFFIXES):
        return _read(belonging, sops, blob)
    if not all(mark in blob.data for mark in (b"apiVersion", b"kind", b"metadata")):
        return Rendered(ignored=((blob.path, "it holds no object"),))
    return belonging.judged(blob.path, stand_ins.load(blob.data, blob.path, sops=sops))


def _read(belonging: Belonging, sops: Sops | None, blob: Blob) -> Rendered:
    if blob.data.startswith(LFS_POINTER):
        return Rendered(problems=(FileProblem(blob.path, 1, NOT_FETCHED),))
    found = belonging.judged(blob.path, stand_ins.load(blob.data, blob.path, sops=sops))
    if not blob.path.endswith(_SUFFIXES):
        return _unread(blob.path, found)
    if b"{{" in blob.data:
        found = without_templates(found, blob.path)
    reason = _OF_TOOLS.get(blob.path.rpartition("/")[2])
    is_other = found.manifests or found.problems or reason is None
    return found if is_other else Rendered(ignored=((blob.path, str(reason)),))
