"""Kustomizations and charts below a directory source: what they make stands in no file, so the directory lacks it.

A kustomization that only lists files which the directory reads itself adds nothing, nor does a chart without templates
and dependencies (`crds/` alone). A kustomization that names, labels or places objects is told in a note: the objects
are audited as they stand. All others are problems: a source of their own renders them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import FileProblem, Rendered, split_api_version
from gitops_audit.render.go_fields import Value
from gitops_audit.render.registry import CHART_FILE, KUSTOMIZATION_FILES
from gitops_audit.source import Checkout

_SUFFIXES = (".yaml", ".yml", ".json")
_TREES = ("resources", "bases")
# Fields that make and change no object by themselves.
_SILENT = (
    *("apiversion", "kind", "metadata", "sortoptions", "generatoroptions", "validators"),
    *("openapi", "crds", "configurations", "helmglobals"),
)
# Fields that change what objects are called and marked with, not what they do.
_MARKS = ("namespace", "nameprefix", "namesuffix", "labels", "commonlabels", "commonannotations", "buildmetadata")
_KUSTOMIZE = (
    "a kustomization {}, and a directory reads only files: give it a source of its own (`type: kustomize`) and leave "
    "its folder out here with `exclude`; `exclude` of this file alone audits the files beside it as they stand"
)
_HELM = (
    "a chart makes its objects from {}, and a directory reads only files: give it a source of its own (`type: helm`) "
    "and leave its folder out here with `exclude`"
)


@dataclass(frozen=True, slots=True)
class Nested:
    """What the kustomizations and charts below a directory are compared with.

    `is_excluded` tells whether the configuration leaves a file out. `told`: files that are a problem already; the
    kustomization or chart they are part of is not told again. `parts`: the files of each kustomization, by its folder.
    """

    checkout: Checkout
    is_excluded: Callable[[str], bool]
    told: Collection[str]
    parts: Mapping[str, str]
    files: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", frozenset(self.checkout.files()))

    def unread(self) -> Rendered:
        """The problems, and one note for all kustomizations whose names and marks the audit does not see."""
        problems: list[FileProblem] = []
        marking: list[str] = []
        for path in self.checkout.files():
            name = path.rpartition("/")[2]
            if self.is_excluded(path) or path in self.told:
                continue
            if name == CHART_FILE:
                problems += self._chart(path)
            elif name in KUSTOMIZATION_FILES:
                problems += self._kustomization(path, marking)
        return Rendered(problems=tuple(problems), notes=tuple(_marked(marking)))

    def _kustomization(self, path: str, marking: list[str]) -> Iterator[FileProblem]:
        documents, problems = _documents(self.checkout, path)
        yield from problems
        folder = path.rpartition("/")[0]
        if any(self.parts.get(told) == folder for told in self.told):
            return
        for line, document in documents:
            if _is_kustomize_s(document):
                top = Value("", document)
                reason = next(self._made(top, folder), "")
                if reason:
                    yield FileProblem(path, line, _KUSTOMIZE.format(reason))
                elif any(top.has(name) for name in _MARKS):
                    marking.append(path)

    def _made(self, top: Value, folder: str) -> Iterator[str]:
        """What the kustomization does beyond listing files of the directory."""
        for key, value in top.value.items():
            if value and key.casefold() not in (*_TREES, *_SILENT, *_MARKS):
                yield f"makes or changes objects (`{key}`)"
        for name in _TREES:
            for text in top.item_texts(name):
                place = os.path.normpath(os.path.join(folder, text.value))
                if not self._is_read(place):
                    yield f"takes objects from elsewhere (`{name}`)"

    def _is_read(self, place: str) -> bool:
        """Whether the directory reads a file itself, or leaves it out on purpose; of a folder, its kustomization."""
        if place in self.files:
            return place.endswith(_SUFFIXES) or self.is_excluded(place)
        prefix = "" if place == "." else f"{place}/"
        return any(prefix + name in self.files for name in KUSTOMIZATION_FILES)

    def _chart(self, path: str) -> Iterator[FileProblem]:
        folder = path.removesuffix(CHART_FILE)
        parts = f"{folder}templates/", f"{folder}charts/"
        if self._is_subchart(folder) or any(told.startswith(parts) for told in self.told):
            return
        documents, _ = _documents(self.checkout, path)
        for line, document in documents[:1]:
            is_chart = isinstance(document, dict) and document.get("type") != "library"
            if is_chart and (source := self._source_of_objects(folder, document)):
                yield FileProblem(path, line, _HELM.format(source))

    def _source_of_objects(self, folder: str, document: Any) -> str:
        """What helm would render; a chart whose templates are left out on purpose is left out as a whole."""
        templates = [p for p in self.checkout.files() if p.startswith(f"{folder}templates/") and _is_rendered(p)]
        if templates:
            return "" if any(map(self.is_excluded, templates)) else "templates"
        below = (f"{folder}charts/", f"{folder}requirements.yaml")
        has_parts = any(p.startswith(below) and not self.is_excluded(p) for p in self.checkout.files())
        return "charts that it depends on" if document.get("dependencies") or has_parts else ""

    def _is_subchart(self, folder: str) -> bool:
        outer, is_below, _ = f"/{folder}".rpartition("/charts/")
        return bool(is_below) and f"{outer}/{CHART_FILE}".removeprefix("/") in self.files


def _marked(paths: list[str]) -> Iterator[str]:
    if paths:
        others = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
        yield (
            f"the kustomization {paths[0]}{others} sets names, namespaces or labels, and a directory reads its files "
            "as they stand: a source of `type: kustomize` renders it"
        )


def _is_rendered(path: str) -> bool:
    name = path.rpartition("/")[2]
    return not name.startswith(("_", ".")) and name != "NOTES.txt"


def _is_kustomize_s(document: Any) -> bool:
    """Whether kustomize builds it: Flux has a kind of that name too, and a component is built where it is used."""
    if not isinstance(document, dict) or document.get("kind") == "Component":
        return False
    api_version = document.get("apiVersion")
    return not api_version or split_api_version(str(api_version))[0] == "kustomize.config.k8s.io"


def _documents(checkout: Checkout, path: str) -> tuple[list[tuple[int, Any]], tuple[FileProblem, ...]]:
    try:
        return manifest.documents(checkout.read(path), path)
    except SourceError:
        return [], ()  # told with the files that cannot be read
