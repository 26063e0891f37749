"""Files below a directory source that are no objects: templates of a chart, and patches of a kustomization.

Only helm and kustomize know what becomes of them, so the directory needs another source, or must leave them out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import FileProblem, Manifest, Rendered
from gitops_audit.render.references import Kind, Reference, of_kustomization
from gitops_audit.render.registry import CHART_FILE, KUSTOMIZATION_FILES
from gitops_audit.source import Checkout

_PARTS = (Kind.file, Kind.patch, Kind.plugin)


@dataclass(frozen=True, slots=True)
class Belonging:
    """The charts of a repository by their folders, and what kustomizations change others by: path to folder."""

    charts: frozenset[str]
    parts: dict[str, str]

    @classmethod
    def of(cls, checkout: Checkout) -> Belonging:
        """What belongs to charts and kustomizations at the source's path and below it."""
        charts, kustomizations = set[str](), list[str]()
        for path in checkout.files():
            folder, _, name = path.rpartition("/")
            if name == CHART_FILE:
                charts.add(folder)
            elif name in KUSTOMIZATION_FILES:
                kustomizations.append(path)
        return cls(frozenset(charts), dict(part for path in kustomizations for part in _parts(checkout, path)))

    def judged(self, path: str, found: Rendered) -> Rendered:
        """What was read of a file, if it is one of objects; else what it is and what to do."""
        chart = self._chart_of_template(path)
        if chart is not None and (found.manifests or found.problems):
            line = found.problems[0].line if found.problems else found.manifests[0].origin.line
            return Rendered(problems=(FileProblem(path, line, manifest.TEMPLATE),))
        folder = self.parts.get(path)
        if folder is None:
            return found
        words = (
            f"it is no object: {folder or 'the root'} is a kustomization, give it a source of its own, and leave "
            f"{'its folder' if folder else 'this file'} out with `exclude`"
        )
        if found.manifests:
            return Rendered(problems=(FileProblem(path, found.manifests[0].origin.line, words),))
        return Rendered(problems=found.problems, ignored=((path, words),)) if found.ignored else found

    def _chart_of_template(self, path: str) -> str | None:
        """The innermost chart whose template a file is."""
        folders = path.split("/")[:-1]
        for end in (index for index in reversed(range(len(folders))) if folders[index] == "templates"):
            if (chart := "/".join(folders[:end])) in self.charts:
                return chart
        return None


def is_template(found: Manifest) -> bool:
    """Whether what names an object is to be filled in by a template."""
    metadata = found.body.get("metadata") or {}
    names = (found.body["apiVersion"], found.body["kind"], metadata.get("name"), metadata.get("namespace"))
    return any(isinstance(name, str) and "{{" in name for name in names)


def without_templates(found: Rendered, path: str) -> Rendered:
    """The objects of a file, each one whose name is still a template as a problem."""
    templates = [m for m in found.manifests if is_template(m)]
    if not templates:
        return found
    problems = tuple(FileProblem(path, m.origin.line, manifest.TEMPLATE) for m in templates)
    kept = tuple(m for m in found.manifests if m not in templates)
    return Rendered(kept, (*found.problems, *problems), found.ignored)


def _parts(checkout: Checkout, path: str) -> Iterator[tuple[str, str]]:
    folder = path.rpartition("/")[0]
    try:
        documents, _ = manifest.documents(checkout.read(path), path)
    except SourceError:
        return
    references = of_kustomization(documents[0][1]) if documents else ()
    for place in _places(references):
        yield os.path.normpath(os.path.join(folder, place)), folder


def _places(references: Iterable[object]) -> Iterator[str]:
    for found in references:
        if isinstance(found, Reference) and found.kind in _PARTS and "\n" not in found.text:
            yield found.text
