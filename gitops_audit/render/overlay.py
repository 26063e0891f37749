"""What a deployer itself lays over the kustomization at a source's path, in a copy of the repository.

Flux and Argo CD do not put a kustomization above it: they edit it. A single value of theirs replaces the one that
stands there (`namespace`, `namePrefix`), lists are appended (`patches`, `components`), maps are merged, and images and
replicas by their name. Sources: fluxcd/pkg `kustomize/kustomize_generator.go`; Argo CD runs `kustomize edit`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import KustomizeOptions
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import JsonObject, mapping
from gitops_audit.render.artifact import Artifact
from gitops_audit.render.go_fields import Value
from gitops_audit.render.kustomization import kustomization_file
from gitops_audit.render.registry import KUSTOMIZATION_FILES
from gitops_audit.source.export import Export

TAKEN = "GA293"
_NAMED, _REPLACED = ("images", "replicas"), ("buildMetadata",)
_VERSION = ("newTag", "digest")
# What Flux puts into a kustomization without resources, for kustomize refuses an empty one.
_FOR_ORIGINS = {"buildMetadata": ["originAnnotations"]}
_IDENTITY = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


@dataclass(frozen=True, slots=True)
class LaidOver:
    """A tree of a rendering's own, in which `file` is the kustomization as the deployer builds it.

    `is_made`: the repository has none there.
    """

    tree: Path
    file: Path
    is_made: bool


@contextmanager
def laid_over(export: Export, path: str, options: KustomizeOptions) -> Iterator[LaidOver | None]:
    """None where the path has no kustomization and none is to be made. Raises SourceError, OSError."""
    with export.lent() as tree:
        folder = (tree / path).resolve()
        standing = _standing(tree.resolve(), folder, options)
        if standing is None and not (
            options.is_generated and folder.is_dir() and folder.is_relative_to(tree.resolve())
        ):
            yield None
            return
        file = standing or folder / KUSTOMIZATION_FILES[0]
        written = _kustomization(tree.resolve(), file, options, is_made=standing is None)
        if written is None:
            yield LaidOver(tree, file, is_made=False)
            return
        near = file.relative_to(tree.resolve()).as_posix()
        try:
            _replace(file, json.dumps(written).encode())
            yield LaidOver(tree, file, is_made=standing is None)
        finally:
            export.give_back(tree, near)


def _standing(tree: Path, folder: Path, options: KustomizeOptions) -> Path | None:
    """The kustomization of a folder, where it is in what is built from."""
    file = kustomization_file(folder) if folder.is_relative_to(tree) else None
    return (
        file if file is None or options.ignore is None or not Artifact(tree, options.ignore).is_left_out(file) else None
    )


def merged(base: JsonObject, overlay: JsonObject) -> JsonObject:
    """A kustomization with what the deployer sets; fields are found in whatever case they are written, as Go does."""
    found = dict(base)
    for name, value in overlay.items():
        key = next((known.pointer for known in Value("", base).get(name)), f"/{name}")[1:]
        found[key] = _merged(name, found.get(key), value)
    return found


def _merged(name: str, old: Any, new: Any) -> Any:
    if isinstance(new, dict) and isinstance(old, dict):
        return old | new
    if not isinstance(new, list) or not isinstance(old, list) or name in _REPLACED:
        return new
    if name not in _NAMED:
        return [*old, *new]
    entries = [dict(entry) if isinstance(entry, dict) else entry for entry in old]
    for entry in new:
        same = [
            e for e in entries if isinstance(e, dict) and isinstance(entry, dict) and e.get("name") == entry["name"]
        ]
        if same:
            _renew(same[0], entry)
        else:
            entries.append(entry)
    return entries


def _renew(entry: JsonObject, new: JsonObject) -> None:
    """A tag and a digest say the same: either of them takes the other's place."""
    if any(new.get(field) for field in _VERSION):
        for field in _VERSION:
            entry.pop(field, None)
    entry.update({key: value for key, value in new.items() if value not in (None, "")})


def _kustomization(tree: Path, file: Path, options: KustomizeOptions, *, is_made: bool) -> JsonObject | None:
    """What is to be built; None for a file that is no kustomization: kustomize's own words about it are the best."""
    overlay: JsonObject = json.loads(options.overlay) if options.overlay else {}
    if options.skips_missing:
        there = [c for c in overlay.get("components", ()) if (file.parent / str(c)).exists()]
        overlay |= {"components": there} if there else {}
        if not there:
            overlay.pop("components", None)
    if is_made:
        return merged(_IDENTITY | _listed(tree, file.parent, options), overlay)
    documents, _ = manifest.documents(file.read_bytes(), "")
    value = documents[0][1] if documents else {}
    if not isinstance(value, dict):
        return None
    _refuse_taken(value, overlay, options.unforced)
    asks = _FOR_ORIGINS if options.is_generated and not any(Value("", value).item_texts("resources")) else {}
    return merged(value | asks, overlay)


def _refuse_taken(base: JsonObject, overlay: JsonObject, unforced: Sequence[str]) -> None:
    """Raises SourceError, as `kustomize edit add` fails, for a key that stands in the kustomization already."""
    for field in unforced:
        pairs = overlay[field][0]["pairs"] if field == "labels" else overlay[field]
        standing = [base.get("commonLabels" if field == "labels" else field)]
        if field != "commonAnnotations":
            labels = base.get("labels")
            standing += [mapping(entry).get("pairs") for entry in (labels if isinstance(labels, list) else ())]
        taken = next((key for key in pairs if any(key in mapping(known) for known in standing)), None)
        if taken is not None:
            force = "forceCommonAnnotations" if field == "commonAnnotations" else "forceCommonLabels"
            message = f"the Application sets {field} {taken!r}, which the kustomization has already"
            raise SourceError(printable(message), code=TAKEN, hint=f"Argo CD fails on it without `{force}: true`")


def _listed(tree: Path, folder: Path, options: KustomizeOptions) -> JsonObject:
    """All manifests below a folder; of a folder with a kustomization, that."""
    artifact = None if options.ignore is None else Artifact(tree, options.ignore)
    found = [f"./{place.relative_to(folder).as_posix()}" for place in _manifests(folder, artifact)]
    return {"resources": found} if found else {"namespace": "_placeholder"}


def _manifests(folder: Path, artifact: Artifact | None) -> Iterator[Path]:
    for place in sorted(folder.iterdir()):
        if place.is_dir() and not place.is_symlink():
            if any((place / name).is_file() and _holds(artifact, place / name) for name in KUSTOMIZATION_FILES):
                yield place
            else:
                yield from _manifests(place, artifact)
        elif place.suffix in (".yaml", ".yml") and place.is_file() and _holds(artifact, place):
            yield place


def _holds(artifact: Artifact | None, place: Path) -> bool:
    return artifact is None or not artifact.is_left_out(place)


def _replace(file: Path, data: bytes) -> None:
    """The file may be a link to another tree's, so it is replaced, not written to."""
    written = file.with_name(f"{file.name}.new")
    written.write_bytes(data)
    written.replace(file)
