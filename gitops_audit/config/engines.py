"""Finds what Argo CD and Flux are told in a repository: where to follow them from, and what they deploy.

What they deploy is a source of theirs already, so that nothing else is guessed below it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from gitops_audit.regular_file import start_of

EngineName = Literal["argocd", "flux"]

_MAX_BYTES = 1 << 20
_MAX_PLACE, _MAX_DEPTH = 500, 40
_MARKS = re.compile(
    rb"^\s*-?\s*apiVersion:\s*['\"]?(argoproj\.io|(?:kustomize\.toolkit|helm\.toolkit|source\.extensions)\.fluxcd\.io)/",
    re.MULTILINE,
)
_KINDS = re.compile(
    rb"^\s*-?\s*kind:\s*['\"]?(Application|ApplicationSet|Kustomization|HelmRelease|ArtifactGenerator)['\"]?\s*$",
    re.MULTILINE,
)
# In a template, which is no YAML yet: what looks like a path of a source.
_PATH = re.compile(rb"^\s+(?:-\s+)?path:\s*['\"]?([A-Za-z0-9._/-]+)['\"]?\s*$", re.MULTILINE)
# In place of the key, where every text may name a folder.
_ANY = "*"
_BOOTSTRAP = "gotk-sync.yaml"


@dataclass(frozen=True, slots=True)
class Told:
    """A file that tells an engine something: `places` are the folders that it deploys from.

    `is_leaf`: it has no Kustomization, but what some Kustomization deploys, as a rule.
    """

    engine: EngineName
    folder: str
    places: tuple[str, ...]
    is_bootstrap: bool = False
    is_leaf: bool = False


def told(root: Path, file: Path, chart: str | None) -> Told | None:
    """What a file tells an engine; None for any other. `chart` is the folder of the chart whose template it is."""
    data = start_of(file, _MAX_BYTES)
    kinds = set(_KINDS.findall(data))
    if not (mark := _MARKS.search(data)) or not kinds:
        return None
    folder = chart if chart is not None else _relative(root, file.parent)
    engine: EngineName = "argocd" if mark[1] == b"argoproj.io" else "flux"
    texts = [*_places(data), *(_values(root / chart) if chart is not None else ())]
    places = {os.path.normpath(text).lstrip("/") for text in texts if text}
    known = tuple(sorted(p for p in places if p != "." and not p.startswith("..") and (root / p).is_dir()))
    return Told(engine, folder, known, file.name == _BOOTSTRAP, kinds <= {b"HelmRelease", b"ArtifactGenerator"})


def roots(found: Iterable[Told], used: Collection[str]) -> dict[EngineName, list[str]]:
    """The folders to follow each engine from: those of its bootstrap, else those that it does not itself deploy.

    `used` are the folders that kustomizations take in: who follows them from there sees half of what is built.
    """
    by_engine: dict[EngineName, list[Told]] = {}
    for one in found:
        by_engine.setdefault(one.engine, []).append(one)
    return {engine: sorted(_roots(own, used)) for engine, own in by_engine.items()}


def covered(found: Iterable[Told], followed: Mapping[EngineName, Iterable[str]]) -> set[str]:
    """The folders that the engines deploy, and those that they are followed from."""
    deployed = {place for one in found for place in one.places}
    return (deployed | {path for paths in followed.values() for path in paths}) - {""}


def _roots(found: list[Told], used: Collection[str]) -> set[str]:
    bootstraps = {place for one in found if one.is_bootstrap for place in one.places}
    if bootstraps:
        return bootstraps
    leading = [one for one in found if not one.is_leaf] or found
    folders = {one.folder for one in leading if one.folder not in used}
    top = {f for f in folders if not _is_deployed(f, [o for o in leading if o.folder != f])} or folders
    return {f for f in top if not any(f != other and f.startswith(f"{other}/") for other in top)}


def _is_deployed(folder: str, others: Iterable[Told]) -> bool:
    return any(folder == place or folder.startswith(f"{place}/") for one in others for place in one.places)


def _places(data: bytes) -> Iterator[str]:
    """What may name a folder: values of `path`, and other texts with a slash, up to their first wildcard."""
    try:
        documents = list(yaml.load_all(data, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        yield from (match.decode("utf-8", "replace") for match in _PATH.findall(data))
        return
    for text in _texts(documents, ""):
        # An ArtifactGenerator names a repository first: `@monorepo/apps/**`.
        place = text.partition("/")[2] if text.startswith("@") else text
        yield place.partition("*")[0]


def _values(chart: Path) -> Iterator[str]:
    """Every text of a chart's values: its templates make paths of them."""
    for file in sorted(chart.glob("values*.yaml")):
        try:
            documents = list(yaml.load_all(start_of(file, _MAX_BYTES), Loader=yaml.CSafeLoader))
        except (yaml.YAMLError, ValueError, RecursionError):
            continue
        yield from _texts(documents, _ANY)


def _texts(value: Any, key: str, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str) and (key in ("path", _ANY) or "/" in value):
        yield from (value,) if len(value) < _MAX_PLACE and "\0" not in value else ()
    if depth < _MAX_DEPTH:
        listed = ((key, item) for item in value) if isinstance(value, list) else ()
        for name, found in value.items() if isinstance(value, dict) else listed:
            yield from _texts(found, _ANY if key == _ANY else str(name), depth + 1)


def _relative(root: Path, directory: Path) -> str:
    return "" if directory == root else directory.relative_to(root).as_posix()
