"""Whose an undeclared object is: only what a source itself deployed may be deleted in its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from gitops_audit.deployer.tracking import trackers
from gitops_audit.drift.attribution import Managers
from gitops_audit.kube.managed_fields import entries
from gitops_audit.model.resource import JsonObject, ResourceKey
from gitops_audit.model.subject import Subject
from gitops_audit.remediate.ownership import deployer_entry
from gitops_audit.remediate.state import LastRun, Part
from gitops_audit.remediate.survey import Survey


class Owners:
    """The sources by the marks on their live objects, by who writes these, and by what good runs saw them declare."""

    def __init__(self, survey: Survey, last: LastRun | None) -> None:
        self._survey = survey
        self._known: Mapping[Part, frozenset[str]] = last.known if last else {}

    def source_of(self, key: ResourceKey, live: JsonObject) -> str:
        """The one source that an object is of; empty where there is none, or more than one could be.

        Marks are copied with the objects they stand on. So one of the source's deployers must have written it too.
        """
        marks = trackers(live.get("metadata") or {})
        found = {source for mark in marks for source in self._marked.get((key.cluster, mark), ())}
        if not marks:
            known = ((source, ids) for (cluster, source), ids in self._known.items() if cluster == key.cluster)
            found = {source for source, ids in known if str(key) in ids}
        if len(found) != 1:
            return ""
        source = found.pop()
        writers = {entry.manager for entry in entries(live) if not entry.subresource}
        deployers = self._deployers.get((key.cluster, source), set())
        return "" if deployers and writers.isdisjoint(deployers) else source

    @cached_property
    def _marked(self) -> Mapping[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for resource, live in self._declared():
            for mark in trackers(live.get("metadata") or {}):
                found.setdefault((resource.key.cluster, mark), set()).add(resource.source)
        return found

    @cached_property
    def _deployers(self) -> Mapping[Part, set[str]]:
        drift = self._survey.settings.drift
        managers = Managers(drift.appliers, drift.interactive)
        found: dict[Part, set[str]] = {}
        for resource, live in self._declared():
            if (entry := deployer_entry(live, resource.body, managers)) is not None:
                found.setdefault((resource.key.cluster, resource.source), set()).add(entry.manager)
        return found

    def _declared(self) -> Iterator[tuple[Subject, JsonObject]]:
        for verdict in self._survey.verdicts:
            if live := self._survey.live(verdict.subject):
                yield verdict.subject, live
