"""The cause by what Git declared at the last deployment, where no engine keeps a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gitops_audit.engine.case import Case
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.engine.evidence.history_cause import HistoryCauses
from gitops_audit.errors import AuditError
from gitops_audit.live import Cluster
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.source.unread import NO_PATH
from tests.unit.engine.doubles import FakeCluster, comparer, config_map, modified

WRITTEN = "2026-03-01T10:00:00Z"
BY_FLUX = {
    "manager": "kustomize-controller",
    "operation": "Apply",
    "apiVersion": "v1",
    "time": WRITTEN,
    "fieldsType": "FieldsV1",
    "fieldsV1": {"f:data": {"f:a": {}}},
}


@dataclass
class History(EarlierSources):
    """The commits of one source, and what each declared of the ConfigMap `settings`: a value, or why it is unread."""

    commits: dict[str, str | AuditError] | None

    def kind(self, name: str) -> str:
        return "directory"

    def versions(self, name: str, since: int, until: int) -> tuple[str, ...] | None:
        return None if self.commits is None else tuple(self.commits)

    def bodies(
        self, name: str, commit: str, resources: Sequence[Declared], cluster: Cluster
    ) -> dict[ResourceKey, JsonObject]:
        value = (self.commits or {})[commit]
        if isinstance(value, AuditError):
            raise value
        return {resource.key: config_map(data={"a": value}) for resource in resources}


def deployed() -> Case:
    case = modified()
    assert case.live is not None
    return replace(case, live={**case.live, "metadata": {**case.live["metadata"], "managedFields": [BY_FLUX]}})


def settled(commits: dict[str, str | AuditError] | None) -> tuple[str, tuple[str, ...]]:
    causes = HistoryCauses(FakeCluster(), History(commits), comparer())
    [case] = causes.settled([deployed()])
    return case.found.changes[0].cause, tuple(causes.notes())


@pytest.mark.parametrize(
    ("commits", "cause"),
    [
        ({"c1": "2"}, "git"),
        ({"c1": "1"}, "cluster"),
        ({"c1": "1", "c2": "2"}, "unknown"),
        (None, "unknown"),
        ({}, "unknown"),
    ],
    ids=["Git moved", "the cluster moved", "one of two", "no history", "no commit"],
)
def test_what_was_deployed_tells_who_moved(commits: Any, cause: str) -> None:
    assert settled(commits) == (cause, ())


def test_too_many_commits_are_a_note() -> None:
    _, notes = settled({f"c{number}": "2" for number in range(13)})
    assert notes == (
        "cluster prod: causes are told without the history of source shop: 13 commits came within an hour",
    )


def test_a_commit_that_cannot_be_read_is_a_note() -> None:
    cause, notes = settled({"c1": AuditError("the commit is gone", code="GA203")})
    assert cause == "unknown"
    assert notes == ("cluster prod: causes are told without the history of source shop: the commit is gone",)


def test_a_commit_before_the_source_was_there_declares_nothing() -> None:
    assert settled({"c1": AuditError("no such path", code=NO_PATH)}) == ("unknown", ())
