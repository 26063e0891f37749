"""A directory of manifests: all YAML and JSON files below it, in hidden directories too, as `kubectl apply -R` does."""

from __future__ import annotations

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.stand_in import LFS_POINTER
from gitops_audit.model.resource import FileProblem, Rendered
from gitops_audit.render import stand_ins
from gitops_audit.render.belonging import Belonging, without_templates
from gitops_audit.render.given import ALONE, Given
from gitops_audit.render.globs import matcher
from gitops_audit.render.lfs import NOT_FETCHED
from gitops_audit.render.merge import merged
from gitops_audit.render.nested import Nested
from gitops_audit.render.registry import CHART_FILE, KUSTOMIZATION_FILES
from gitops_audit.source import Blob, Checkout
from gitops_audit.source.unread import DIRECTORIES

_SUFFIXES = (".yaml", ".yml", ".json")
# Files that tools read. Where one of them holds objects all the same (Flux has a kind Kustomization), they count.
_OF_TOOLS = {
    **dict.fromkeys(KUSTOMIZATION_FILES, "kustomize's configuration: a source of its own with this path renders it"),
    CHART_FILE: "the description of a Helm chart: a source of its own with this path renders it",
    "values.yaml": "the values of a Helm chart",
}


def render(config: SourceConfig, checkout: Checkout, _: Given = ALONE) -> Rendered:
    """The objects of all manifests under the source's path, in the order of their paths. Raises SourceError."""
    prefix = f"{checkout.path}/" if checkout.path else ""
    is_excluded = matcher(config.exclude)

    def is_left_out(path: str) -> bool:
        return is_excluded(path.removeprefix(prefix))

    def is_wanted(path: str) -> bool:
        return path.endswith(_SUFFIXES) and not is_left_out(path)

    def is_loss(problem: FileProblem) -> bool:
        """Whether manifests may be missing; what is wrong with other files is no concern of an audit."""
        return is_wanted(problem.path) or (problem.code in DIRECTORIES and not is_left_out(problem.path))

    belonging = Belonging.of(checkout)
    unread = Rendered(problems=tuple(filter(is_loss, checkout.problems)), ignored=tuple(checkout.skipped))
    found = merged([unread, *(_read(blob, belonging) for blob in checkout.blobs(is_wanted))])
    told = frozenset(problem.path for problem in found.problems)
    return merged([found, Nested(checkout, is_left_out, told, belonging.parts).unread()])


def _read(blob: Blob, belonging: Belonging) -> Rendered:
    if blob.data.startswith(LFS_POINTER):
        return Rendered(problems=(FileProblem(blob.path, 1, NOT_FETCHED),))
    found = belonging.judged(blob.path, stand_ins.load(blob.data, blob.path))
    if b"{{" in blob.data:
        found = without_templates(found, blob.path)
    reason = _OF_TOOLS.get(blob.path.rpartition("/")[2])
    is_other = found.manifests or found.problems or reason is None
    return found if is_other else Rendered(ignored=((blob.path, str(reason)),))
