"""Whose an undeclared object is: only what a source itself deployed may be deleted in its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_audit.deployer.tracking import trackers
from gitops_audit.model.resource import JsonObject, ResourceKey
from gitops_audit.remediate.state import LastRun, Part
from gitops_audit.remediate.survey import Survey


class Owners:
    """The sources by the marks on their live objects, and by what good runs saw them declare."""

    def __init__(self, survey: Survey, last: LastRun | None) -> None:
        self._marks: dict[tuple[str, str], set[str]] = {}
        self._known: Mapping[Part, frozenset[str]] = last.known if last else {}
        for cluster, source, mark in _marks(survey):
            self._marks.setdefault((cluster, mark), set()).add(source)

    def source_of(self, key: ResourceKey, live: JsonObject) -> str:
        """The one source that an object is of; empty where there is none, or more than one could be."""
        marks = trackers(live.get("metadata") or {})
        found = {source for mark in marks for source in self._marks.get((key.cluster, mark), ())}
        if not marks:
            known = ((source, ids) for (cluster, source), ids in self._known.items() if cluster == key.cluster)
            found = {source for source, ids in known if str(key) in ids}
        return found.pop() if len(found) == 1 else ""


def _marks(survey: Survey) -> Iterator[tuple[str, str, str]]:
    for verdict in survey.verdicts:
        live = survey.live(verdict.resource)
        for mark in trackers(live.get("metadata") or {}) if live else ():
            yield verdict.resource.key.cluster, verdict.resource.source, mark
