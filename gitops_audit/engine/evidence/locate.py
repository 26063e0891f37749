"""Adds to findings where they stand in Git: the line of the field, the last commit of the file.

Only resources with findings are looked up, and each source's history is walked once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.errors import AuditError
from gitops_audit.manifest.file import field_lines, load
from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import Finding
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import Commit, JsonObject, Origin
from gitops_audit.model.verdict import Verdict

Lines = Mapping[str, int]
_Place = tuple[str, Origin]


class Locator:
    """Looks up lines and commits of one run's sources; files are read again only when a finding needs them."""

    def __init__(self, sources: Iterable[ReadSource]) -> None:
        self._sources = {s.config.name: s for s in sources}
        self._notes: dict[str, None] = {}

    def located(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The same verdicts; those with findings know their lines and their commit."""
        found = [v for v in verdicts if v.findings]
        commits, lines = self._commits(found), self._lines(found)
        located = {id(v): _located(v, commits, lines.get(_place(v), {})) for v in found}
        return [located.get(id(v), v) for v in verdicts]

    def notes(self) -> Iterator[str]:
        yield from self._notes

    def _commits(self, verdicts: Iterable[Verdict]) -> dict[tuple[str, str], Commit]:
        return {
            (source.config.name, path): commit
            for source, paths in self._files(v for v in verdicts if v.has_findings)
            for path, commit in self._last(source, paths).items()
        }

    def _last(self, source: ReadSource, paths: Collection[str]) -> Mapping[str, Commit]:
        """The last commits of files; a history that cannot be read is a note, for what was found is true without it."""
        try:
            return source.commits(paths)
        except AuditError as error:
            self._notes[f"source {source.config.name}: the last commits of its files are not known: {error.told}"] = (
                None
            )
            return {}

    def _lines(self, verdicts: Sequence[Verdict]) -> dict[_Place, Lines]:
        """The lines of each object's fields, from one reading of each file; none for what stands in no file."""
        written = [v for v in verdicts if v.subject.origin.index >= 0 and _has_fields(v)]
        places: dict[tuple[str, str], list[Origin]] = {}
        for source_name, origin in map(_place, written):
            places.setdefault((source_name, origin.path), []).append(origin)
        bodies = {_place(v): v.subject.body for v in written}
        return {
            (source.config.name, origin): _true_lines(source, text, origin, bodies[source.config.name, origin])
            for source, paths in self._files(written)
            for path, text in source.texts(paths)
            for origin in places[source.config.name, path]
        }

    def _files(self, verdicts: Iterable[Verdict]) -> Iterator[tuple[ReadSource, Collection[str]]]:
        """The files that declare the resources of these verdicts, by source."""
        paths: dict[str, set[str]] = {}
        for verdict in verdicts:
            if verdict.subject.origin.path:
                paths.setdefault(verdict.subject.source, set()).add(verdict.subject.origin.path)
        yield from ((self._sources[name], wanted) for name, wanted in paths.items() if name in self._sources)


def _has_fields(verdict: Verdict) -> bool:
    """Whether a line is to be looked up: an object that could not be read has no field to tell of."""
    return any(finding.pointer and not finding.line for finding in verdict.findings)


def _true_lines(source: ReadSource, text: bytes, origin: Origin, declared: JsonObject) -> Lines:
    """The lines of an object's fields. Of what kustomize built only of those whose file says what was declared.

    Overlays change values, and a line that says something else helps nobody.
    """
    lines = field_lines(text, origin.line)
    if not lines or source.kind != "kustomize":
        return lines
    written = next((m.body for m in load(text, origin.path).manifests if m.origin == origin), {})
    return {pointer: line for pointer, line in lines.items() if _says(written, declared, pointer_tokens(pointer))}


def _says(written: Any, declared: Any, tokens: Sequence[str]) -> bool:
    """Whether a field has the same value in both; what stands in a list is known by the name of its element."""
    for token in tokens:
        if isinstance(written, list) and isinstance(declared, list):
            index = int(token)
            if not (index < len(written) and index < len(declared) and _is_same(written[index], declared[index])):
                return False
            written, declared = written[index], declared[index]
        elif isinstance(written, dict) and isinstance(declared, dict) and token in written and token in declared:
            written, declared = written[token], declared[token]
        else:
            return False
    return bool(written == declared)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return bool(one.get("name") == other.get("name"))
    return type(one) is type(other)


def _place(verdict: Verdict) -> _Place:
    return verdict.subject.source, verdict.subject.origin


def _located(verdict: Verdict, commits: Mapping[tuple[str, str], Commit], lines: Lines) -> Verdict:
    subject = verdict.subject
    findings = tuple(_on_line(finding, lines, subject.origin) for finding in verdict.findings)
    return replace(verdict, commit=commits.get((subject.source, subject.origin.path)), findings=findings)


def _on_line(finding: Finding, lines: Lines, origin: Origin) -> Finding:
    """What only the cluster has stands on no line; a field that Git has stands at least on that of its object."""
    if finding.line or finding.on == "live":
        return finding
    if finding.check == DRIFT:
        is_in_git = finding.change is not None and finding.rule not in ("added", "stale")
        return replace(finding, line=nearest(lines, finding.pointer)) if is_in_git else finding
    return replace(finding, line=nearest(lines, finding.pointer) or origin.line)


def nearest(lines: Lines, pointer: str) -> int:
    """The line of the field, else of its closest parent that has one, else 0."""
    written = _as_written(lines, pointer)
    while written:
        if written in lines:
            return lines[written]
        written = written.rpartition("/")[0]
    return 0


def _as_written(lines: Lines, pointer: str) -> str:
    """A Secret's `data` may be written as `stringData`."""
    other = pointer.replace("/data/", "/stringData/", 1) if pointer.startswith("/data/") else pointer
    return other if pointer not in lines and other in lines else pointer
