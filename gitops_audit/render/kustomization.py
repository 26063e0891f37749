"""What a kustomization refers to, checked before kustomize sees it: everything in the repository, nothing remote."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from gitops_audit.config.settings import ChartRef, KustomizeOptions
from gitops_audit.manifest import file as manifest
from gitops_audit.manifest.limits import EXCESSIVE_ALIASES
from gitops_audit.manifest.lines import document_lines
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import FileProblem
from gitops_audit.render.go_fields import Value
from gitops_audit.render.mirror import PLACE
from gitops_audit.render.references import Fault, Kind, Reference, inline_documents, of_kustomization, of_plugin
from gitops_audit.render.registry import CHART_FILE, KUSTOMIZATION_FILES
from gitops_audit.render.remote import Remote
from gitops_audit.render.tool import UNRENDERED

# What kustomize takes for a URL or a repository wherever it stands, even where a file has the same name.
_REMOTE = re.compile(
    r"\s*(?:[a-z][a-z0-9+.-]*:/|//|git::|gh:|[\w.+-]+@[\w.-]+[:/]|(?:www\.)?github\.com[:/])", re.IGNORECASE
)
# What some versions take for one, and others for a path.
_LIKE_REMOTE = re.compile(r"[\w-]+(?:\.[\w-]+)+[/:].*(?://|\?|\.git)", re.IGNORECASE)
_IS_REMOTE = (
    "this is remote, and the audit renders without network: keep a copy in the repository and refer to that, "
    "or name a copy in `network: {mirrors: {URL: FOLDER}}`, or let it be fetched with `network: {allow: [HOST]}`"
)
_LEAVES = "this path leads out of the repository: put what it names into it"
_MISSING = "this path does not exist in the repository"
_NEEDS_HELM = (
    "`helmCharts` needs helm, which the audit lets kustomize run only where the source says "
    "`kustomize: {helmCharts: true}`; or commit the chart's output, or make the chart a source of `type: helm`"
)
_RESTRICTED = (
    "this file lies outside of the kustomization's folder, and kustomize reads it only without its load restrictor: "
    "where the deployer builds so (Flux always does), say `kustomize: {loadRestrictor: none}` at the source"
)
_NO_CHART = (
    "there is no chart in {}, and the audit renders without network: keep it there, or name a copy of its "
    "repository in `network: {{mirrors: {{URL: FOLDER}}}}`, or let it be fetched with `network: {{allow: [HOST]}}`"
)
_MADE_PLUGIN = (
    "the kustomization here changes the configurations of plugins that it makes, so what they name cannot be "
    "checked: write them out"
)
# What may give an object another name.
_RENAMING = ("namePrefix", "nameSuffix", "transformers", "replacements", "vars")
_NAME_CHANGE = re.compile(rb"allowNameChange", re.IGNORECASE)
# What changes or makes objects, so that a configuration would not be what stands in its file.
_CHANGING = (
    *("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "vars", "transformers", "generators"),
    *("configMapGenerator", "secretGenerator", "components", "configurations", "helmCharts"),
)


def kustomization_file(directory: Path) -> Path | None:
    """The kustomization of a directory."""
    return next((directory / name for name in KUSTOMIZATION_FILES if (directory / name).is_file()), None)


@dataclass(frozen=True, slots=True)
class Reach:
    """The directories that a kustomization takes files from, and what keeps it from being rendered.

    Paths in the problems count from the root; without problems kustomize stays in the repository. `has_charts`: helm is
    needed too. `reads_kustomization`: one is read as plain data, so none may be changed. `files` are the files that are
    named, by their paths in the repository; `is_renaming`: objects may get other names than they have there.
    """

    directories: frozenset[Path]
    problems: tuple[FileProblem, ...]
    has_charts: bool = False
    reads_kustomization: bool = False
    files: frozenset[str] = frozenset()
    is_renaming: bool = False


def reach(root: Path, directory: Path, options: KustomizeOptions | None = None, remote: Remote | None = None) -> Reach:
    """What the kustomization in `directory` refers to, with all it refers to in turn, below `root`.

    With `remote`, copies of what is remote are put below the root, and the kustomizations are rewritten to name them.
    Raises SourceError for a mirror that cannot be read.
    """
    walk = _Walk(root.resolve(), options or KustomizeOptions(), remote)
    walk.visit(directory.resolve())
    if not walk.problems:
        for file, texts in walk.copied.items():
            _rewrite(file, texts)
    directories = {at.place if at.place.is_dir() else at.place.parent for at in walk.seen}
    named = (at.place for at in walk.seen if at.place.is_file())
    files = {walk.shown(file) for file in named if PLACE not in file.relative_to(walk.root).parts}
    files |= {walk.shown(found) for place in directories if (found := kustomization_file(place))}
    return Reach(
        frozenset(directories),
        tuple(walk.problems),
        walk.has_charts,
        walk.reads_kustomization,
        frozenset(files),
        walk.is_renaming,
    )


class _At(NamedTuple):
    """A place, what it is read as, and the folder of the kustomization by which its own paths count."""

    place: Path
    kind: Kind
    base: Path


@dataclass(slots=True)
class _Walk:
    root: Path
    options: KustomizeOptions
    remote: Remote | None = None
    copied: dict[Path, dict[str, tuple[str, str]]] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)
    seen: set[_At] = field(default_factory=set)
    has_charts: bool = False
    reads_kustomization: bool = False
    is_renaming: bool = False

    def visit(self, directory: Path) -> None:
        """Checks one kustomization and follows it; an explicit stack, for bases may be nested deeply."""
        waiting = [_At(directory, Kind.tree, directory)]
        while waiting:
            at = waiting.pop()
            if at in self.seen:
                continue
            self.seen.add(at)
            file = kustomization_file(at.place)
            if file is not None and at.kind is not Kind.chart:
                waiting += self.follow(at, file)
            elif at.place.is_file():
                self.problems += self.excess(at.place)
                waiting += self.configured(at) if at.kind is Kind.plugin else ()

    def excess(self, file: Path) -> Iterator[FileProblem]:
        """Aliases that kustomize would follow until there is no memory left."""
        data = file.read_bytes()
        if b"&" in data and b"*" in data:
            found = manifest.documents(data, self.shown(file))[1]
            yield from (problem for problem in found if problem.message.startswith(EXCESSIVE_ALIASES))

    def follow(self, at: _At, file: Path) -> Iterator[_At]:
        """The places that a kustomization names; those of a plugin folder hold configurations of plugins."""
        data, path = file.read_bytes(), self.shown(file)
        documents, problems = manifest.documents(data, path)
        self.problems += problems
        value = documents[0][1] if documents else None
        is_plugin = at.kind is Kind.plugin
        self.is_renaming |= any(Value("", value).has(name) for name in _RENAMING) or bool(_NAME_CHANGE.search(data))
        if is_plugin and any(Value("", value).has(name) for name in _CHANGING):
            self.problems.append(FileProblem(path, 1, _MADE_PLUGIN, UNRENDERED))
        for place, kind in self.places(at.place, path, data, of_kustomization(value)):
            if is_plugin and kind is Kind.tree:
                yield _At(place, Kind.plugin, at.base)
            else:
                yield _At(place, kind, at.place if kind is Kind.plugin else place)

    def configured(self, at: _At) -> Iterator[_At]:
        """The places that the plugins of a file name."""
        data, path = at.place.read_bytes(), self.shown(at.place)
        documents, problems = manifest.documents(data, path)
        self.problems += problems
        for _, value in documents:
            for place, kind in self.places(at.base, path, data, _of_plugins(value)):
                yield _At(place, kind, at.base)

    def places(
        self, directory: Path, path: str, data: bytes, found: Iterable[Reference | Fault]
    ) -> Iterator[tuple[Path, Kind]]:
        lines: dict[str, int] = {}
        waiting = list(found)
        while waiting:
            entry = waiting.pop(0)
            target = entry.message if isinstance(entry, Fault) else self.target(directory, entry)
            if isinstance(target, Path) and isinstance(entry, Reference):
                yield target, entry.kind
            elif isinstance(target, list):
                waiting += [place for value in target for place in _of_plugins(value, entry.pointer)]
            elif isinstance(target, str):
                lines = lines or document_lines(data)
                self.problems.append(FileProblem(path, _line(lines, entry.pointer), target, UNRENDERED))

    def target(self, directory: Path, entry: Reference) -> Path | str | list[Any] | None:
        """What an entry means, or why it is refused; configurations that stand in it; None for an inline patch."""
        if entry.kind is Kind.chart:
            return self.chart(directory, entry)
        inline = inline_documents(entry.text) if entry.kind in (Kind.plugin, Kind.patch) else []
        place = _place(directory, entry.text)
        if inline and (place is None or "\n" in entry.text or place.is_relative_to(self.root)):
            return inline if entry.kind is Kind.plugin else None
        if _REMOTE.match(entry.text):
            return self.copy(directory, entry) or _IS_REMOTE
        if place is None or not place.is_relative_to(self.root):
            return _IS_REMOTE if _LIKE_REMOTE.match(entry.text) else _LEAVES
        if not place.exists():
            copied = self.copy(directory, entry)
            if copied is not None:
                return copied
            return _IS_REMOTE if _LIKE_REMOTE.match(entry.text) else _MISSING
        is_restricted = self.options.load_restrictor == "rootOnly" and not place.is_dir()
        if is_restricted and not place.is_relative_to(directory):
            return _RESTRICTED
        if place.is_dir() and entry.kind in (Kind.tree, Kind.plugin) and kustomization_file(place) is None:
            return "this directory has no kustomization.yaml"
        self.reads_kustomization |= place.name in KUSTOMIZATION_FILES
        return place

    def copy(self, directory: Path, entry: Reference) -> Path | str | None:
        """A copy of what is remote, noted to be named instead, or why there is none; None where nobody said how.

        Plugins name their own places.
        """
        file = kustomization_file(directory)
        if self.remote is None or file is None or entry.is_of_plugin:
            return None
        place = self.remote.base(directory, entry.text)
        if isinstance(place, Path):
            near = os.path.relpath(place, directory)
            self.copied.setdefault(file, {})[entry.pointer] = (entry.text, near)
        return place

    def chart(self, directory: Path, entry: Reference) -> Path | str:
        """The folder of a chart that is there: kustomize fetches what is not."""
        self.has_charts = True
        if not self.options.helm_charts:
            return _NEEDS_HELM
        place = _place(directory, entry.text)
        if place is None or not place.is_relative_to(self.root):
            return _LEAVES
        if not (place / CHART_FILE).is_file() and (lacking := self.fetch(entry, place)):
            return lacking
        return place

    def fetch(self, entry: Reference, place: Path) -> str:
        """Puts a chart of a repository where kustomize looks for it; gives why it cannot be had."""
        names = ("repo", "name", "version")
        texts = [next((v.value for v in entry.chart.texts(name)), "") for name in names] if entry.chart else [""]
        if self.remote is None or not texts[0]:
            return _NO_CHART.format(self.shown(place))
        lacking = self.remote.chart(ChartRef(*texts), place)
        return lacking and f"there is no chart in {self.shown(place)}: {lacking}"

    def shown(self, place: Path) -> str:
        return place.relative_to(self.root).as_posix()


def _of_plugins(value: Any, pointer: str = "") -> Iterator[Reference | Fault]:
    """A document may hold one configuration, or a list of them. With a pointer it stands within a text there."""
    top = Value("", value)
    listed = value if isinstance(value, list) else [item.value for item in top.items("items")]
    for item in listed or [value]:
        for found in of_plugin(item):
            if isinstance(found, Fault):
                yield Fault(pointer or found.pointer, found.message)
            else:
                yield Reference(pointer or found.pointer, found.text, found.kind, is_of_plugin=True)


def _rewrite(file: Path, texts: dict[str, tuple[str, str]]) -> None:
    """Names the copies in a kustomization; the file is replaced, for it may be a link to another tree's."""
    value = manifest.documents(file.read_bytes(), "")[0][0][1]
    for pointer, (text, near) in texts.items():
        *way, last = pointer_tokens(pointer)
        parent: Any = value
        for token in way:
            parent = parent[int(token) if isinstance(parent, list) else token]
        key: Any = int(last) if isinstance(parent, list) else last
        parent[key] = parent[key].replace(text, near)
    written = file.with_name(f"{file.name}.new")
    written.write_text(json.dumps(value), encoding="utf-8")
    written.replace(file)


def _line(lines: dict[str, int], pointer: str) -> int:
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def _place(directory: Path, text: str) -> Path | None:
    """Where a text leads, as Go has it: `..` is taken away before links are followed. None where it leads nowhere."""
    try:
        place = Path(os.path.realpath(os.path.normpath(os.path.join(directory, text))))
        place.exists()
    except (OSError, ValueError):
        return None
    return place


def join(directory: str, path: str) -> str:
    """`path` as seen from `directory`, without `.` and `..`; both count from the root of the repository."""
    parts: list[str] = []
    for part in PurePosixPath(directory, path).parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)
