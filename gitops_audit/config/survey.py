"""Looks through a repository for what may be a source: kustomizations, charts and directories of manifests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from gitops_audit.config import engines
from gitops_audit.config.engines import EngineName
from gitops_audit.config.environment import environment_of
from gitops_audit.config.settings import SourceType
from gitops_audit.regular_file import start_of

_KUSTOMIZATIONS = frozenset(("kustomization.yaml", "kustomization.yml", "Kustomization"))
_SKIPPED = frozenset(("node_modules", "vendor", "venv", "__pycache__", "dist", "target"))
_TRIALS = frozenset(("testdata", "tests", "test", "fixtures", "example", "examples", "samples", "templates"))
_SHARED = frozenset(("base", "bases", "components"))
# Folders that hold one thing each in the usual layouts: they are split, all others are one source.
_CONTAINERS = frozenset(
    ("apps", "applications", "clusters", "environments", "envs", "infrastructure", "namespaces", "services", "teams")
)
_MANIFEST = re.compile(rb"^apiVersion:.*?^kind:|^kind:.*?^apiVersion:", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"^\s*-\s*['\"]?(\.\.?/[^\s'\"#]*)", re.MULTILINE)
_VALUES = re.compile(r"values[-._].+\.ya?ml|.+[-._]values\.ya?ml")
_COMPONENT = re.compile(r"^kind:\s*['\"]?Component\b", re.MULTILINE)
_LIBRARY = re.compile(rb"^type:\s*['\"]?library\b", re.MULTILINE)
LIBRARY = "a library chart makes no objects of its own"
_NAMING = frozenset(("resources", "bases", "components"))
_HEAD_BYTES = 16_384
_MAX_DIRECTORIES = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """A directory, relative to the repository's root (empty for the root), that would make a source.

    `exclude` are globs for what other sources in it own, and for what is no part of it, each for one of the `reasons`.
    `left_out` says why it would make none after all. `values` are further files of values of a chart. `engine`: the
    source follows it from there. `namespace` is where objects belong that name none, and `home` why that, or why none.
    """

    path: str
    type: SourceType
    exclude: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    left_out: str = ""
    values: tuple[str, ...] = ()
    engine: EngineName | None = None
    namespace: str = ""
    home: str = ""


def survey(root: Path, folder: Path) -> tuple[list[Found], list[str]]:
    """The sources that suggest themselves under `folder`, sorted; none reads what another one reads. And the folders of
    tests, examples and templates that hold what else would be one.

    Bases and components that other kustomizations use are no sources of their own, nor is what Argo CD or Flux deploys:
    a source that follows them comes first.
    """
    kustomizations: dict[str, set[str]] = {}
    charts: set[str] = set()
    plain: set[str] = set()
    trials: set[str] = set()
    passed: set[str] = set()
    libraries: set[str] = set()
    values: dict[str, tuple[str, ...]] = {}
    told: list[engines.Told] = []
    for directory, names in _directories(folder):
        path = "" if directory == root else directory.relative_to(root).as_posix()
        told += _told(root, directory, names, charts)
        if trial := _trial(root, folder, directory):
            trials.add(path)
            if any(n == "Chart.yaml" or n in _KUSTOMIZATIONS or _is_manifest(directory / n) for n in names):
                passed.add(trial)
        elif "Chart.yaml" in names:
            charts.add(path)
            if _LIBRARY.search(start_of(directory / "Chart.yaml", _HEAD_BYTES)):
                libraries.add(path)
            values[path] = tuple(n for n in names if _VALUES.fullmatch(n))
        elif kustomization := next((directory / n for n in names if n in _KUSTOMIZATIONS), None):
            kustomizations[path] = _used(root, path, kustomization)
        elif any(_is_manifest(directory / name) for name in names):
            plain.add(path)
    followed = engines.roots(told, set[str]().union(*kustomizations.values()))
    deployed = engines.covered(told, followed)
    others = [f for f in _sorted(kustomizations, charts, plain, deployed) if not _is_within(f.path, deployed)]
    told_there = charts | deployed | {f.path for f in others if f.type == "directory"}
    return [
        *(Found(path, "auto", engine=engine) for engine, paths in followed.items() for path in paths),
        *(replace(f, left_out=LIBRARY) if f.path in libraries else _completed(f, trials, values) for f in others),
    ], sorted(path for path in passed if not _is_within(path, told_there))


def _trial(root: Path, folder: Path, directory: Path) -> str:
    """The outermost folder of tests, examples or templates that a directory is or lies in; empty where it does not."""
    parts = directory.relative_to(folder).parts
    depth = next((depth for depth, part in enumerate(parts, 1) if part in _TRIALS), 0)
    return folder.joinpath(*parts[:depth]).relative_to(root).as_posix() if depth else ""


def _told(root: Path, directory: Path, names: list[str], charts: set[str]) -> Iterator[engines.Told]:
    """What the files of a directory tell Argo CD or Flux; those of a chart are told by the chart."""
    path = "" if directory == root else directory.relative_to(root).as_posix()
    parts = directory.relative_to(root).parts
    chart = next((c for c in sorted(charts, key=len) if _is_within(path, {c})), None)
    if not _TRIALS.isdisjoint(parts) and (chart is None or "templates" not in parts):
        return
    for name in names:
        if name.endswith((".yaml", ".yml")) and (one := engines.told(root, directory / name, chart)) is not None:
            yield one


def _completed(found: Found, trials: set[str], values: dict[str, tuple[str, ...]]) -> Found:
    """A chart with its files of values, a directory without the tests and examples in it."""
    if found.type == "helm":
        return replace(found, values=values.get(found.path, ()))
    prefix = f"{found.path}/" if found.path else ""
    inside = {p.removeprefix(prefix) for p in trials if p.startswith(prefix)} if found.type == "directory" else set()
    names = sorted({part for path in inside for part in path.split("/") if part in _TRIALS})
    exclude = (*found.exclude, *(f"**/{name}/**" for name in names))
    told = (*("a source of its own" for _ in found.exclude), *("tests, examples or templates" for _ in names))
    return replace(found, exclude=exclude, reasons=told)


def _sorted(kustomizations: dict[str, set[str]], charts: set[str], plain: set[str], deployed: set[str]) -> list[Found]:
    """`deployed` are folders that belong to an engine."""
    used = set[str]().union(*kustomizations.values())
    overlays = {p for p in kustomizations if p not in used and p.rpartition("/")[2] not in _SHARED}
    found = [Found(path, "helm") for path in charts if not _is_within(path, charts - {path})]
    found += [Found(path, "kustomize") for path in overlays if not _is_within(path, charts)]
    found += _plain_sources(plain - {""}, charts | set(kustomizations) | used | deployed)
    if not found and not deployed and "" in plain:
        return [Found("", "directory")]
    return sorted(found, key=lambda f: f.path)


def _plain_sources(plain: set[str], owned: set[str]) -> list[Found]:
    """Directories of manifests, grouped where nothing in the group belongs to a kustomization or chart."""
    free = {path for path in plain if not _is_within(path, owned)}
    grouped = {_group(p) if not _below(_group(p), owned) else p for p in free}
    outermost = [p for p in grouped if not _is_within(p, grouped - {p})]
    return [Found(p, "directory", tuple(f"**/{o[len(p) + 1 :]}/**" for o in _below(p, owned))) for p in outermost]


def _below(directory: str, others: set[str]) -> list[str]:
    """The outermost of the others that lie in a directory, sorted."""
    inside = {other for other in others if other.startswith(f"{directory}/")}
    return sorted(path for path in inside if not _is_within(path, inside - {path}))


def _group(path: str) -> str:
    """`apps/web/db` is part of `apps/web`, `deploy/db` of `deploy`; `apps/web/prod` is one environment."""
    parts = path.split("/")
    if environment := environment_of(path):
        return "/".join(parts[: parts.index(environment) + 1])
    return "/".join(parts[: 2 if parts[0] in _CONTAINERS else 1])


def _is_within(path: str, directories: set[str]) -> bool:
    """Whether a path is one of the directories or lies below one."""
    if "" in directories or path in directories:
        return True
    return any(path.startswith(f"{directory}/") for directory in directories)


def _directories(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    for count, (directory, names, files) in enumerate(os.walk(folder)):
        if count >= _MAX_DIRECTORIES:
            return
        names[:] = sorted(n for n in names if n.isprintable() and not n.startswith(".") and n not in _SKIPPED)
        yield Path(directory), sorted(files)


def _used(root: Path, path: str, kustomization: Path) -> set[str]:
    """What a kustomization refers to, as far as it lies in the repository; itself too where it is a component."""
    text = start_of(kustomization, _HEAD_BYTES).decode("utf-8", "replace")
    places = (os.path.normpath(os.path.join(path, reference)) for reference in _references(text))
    used = {place for place in places if not place.startswith("..") and (root / place).is_dir()}
    return used | {path} if _COMPONENT.search(text) else used


def _references(text: str) -> list[str]:
    """What a kustomization names, in whatever form of YAML; where it is none, what looks like a path in a list."""
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return _REFERENCE.findall(text)
    lists = (v for k, v in value.items() if str(k).lower() in _NAMING) if isinstance(value, dict) else ()
    return [item for found in lists if isinstance(found, list) for item in found if isinstance(item, str)]


def _is_manifest(path: Path) -> bool:
    if path.suffix not in (".yaml", ".yml") or path.name.startswith("."):
        return False
    head = start_of(path, _HEAD_BYTES)
    return b"{{" not in head and _MANIFEST.search(head) is not None
