"""Adds to findings where they stand in Git: the line of the field, the last commit of the file.

Only resources with findings are looked up, and each source's history is walked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gitops_audit.engine.sources import ReadSource
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import Commit, Origin
from gitops_audit.model.verdict import Verdict
from gitops_audit.render.manifest import field_lines


class Locator:
    """Looks up lines and commits of one run's sources; files are read again only when a finding needs them."""

    def __init__(self) -> None:
        self._sources: dict[str, ReadSource] = {}
        self._lines: dict[tuple[str, Origin], Mapping[str, int]] = {}

    def add(self, sources: Iterable[ReadSource]) -> None:
        self._sources |= {s.config.name: s for s in sources}

    def located(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The same verdicts; those with findings know their lines and their commit."""
        commits = self._commits(v for v in verdicts if v.has_findings)
        return [self._locate(v, commits) if v.has_findings else v for v in verdicts]

    def _commits(self, verdicts: Iterable[Verdict]) -> dict[tuple[str, str], Commit]:
        paths: dict[str, set[str]] = {}
        for verdict in verdicts:
            if verdict.resource.origin.path:
                paths.setdefault(verdict.resource.source, set()).add(verdict.resource.origin.path)
        return {
            (name, path): commit
            for name, wanted in paths.items()
            if name in self._sources
            for path, commit in self._sources[name].commits(wanted).items()
        }

    def _locate(self, verdict: Verdict, commits: Mapping[tuple[str, str], Commit]) -> Verdict:
        resource = verdict.resource
        lines = self._field_lines(resource.source, resource.origin)
        return replace(
            verdict,
            commit=commits.get((resource.source, resource.origin.path)),
            drift=_drift_lines(verdict.drift, lines),
        )

    def line(self, source: str, origin: Origin, pointer: str) -> int:
        """The line of a field, or of the closest parent that is written down; the object's own line at last."""
        return nearest(self._field_lines(source, origin), pointer) or origin.line

    def _field_lines(self, source: str, origin: Origin) -> Mapping[str, int]:
        key = (source, origin)
        if key not in self._lines:
            read = self._sources.get(source)
            text = read.text(origin.path) if read and origin.path else b""
            self._lines[key] = field_lines(text, origin.index) if text else {}
        return self._lines[key]


def nearest(lines: Mapping[str, int], pointer: str) -> int:
    """The line of the field, else of its closest parent that has one, else 0."""
    written = _as_written(lines, pointer)
    while written:
        if written in lines:
            return lines[written]
        written = written.rpartition("/")[0]
    return 0


def _as_written(lines: Mapping[str, int], pointer: str) -> str:
    """A Secret's `data` may be written as `stringData`."""
    other = pointer.replace("/data/", "/stringData/", 1) if pointer.startswith("/data/") else pointer
    return other if pointer not in lines and other in lines else pointer


def _drift_lines(drift: Drift | None, lines: Mapping[str, int]) -> Drift | None:
    if drift is None or not drift.changes or not lines:
        return drift
    return replace(drift, changes=tuple(_with_line(change, lines) for change in drift.changes))


def _with_line(change: Change, lines: Mapping[str, int]) -> Change:
    """A field that only the cluster has stands on no line."""
    if change.type in ("added", "stale"):
        return change
    return replace(change, line=change.line or nearest(lines, change.pointer))
