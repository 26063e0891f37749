"""The check of drift: what it compares, and what it says of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitops_audit.config.settings import IgnoreRule
from gitops_audit.drift import Comparer
from gitops_audit.engine.case import Case
from gitops_audit.engine.check.drift import DriftCheck
from gitops_audit.engine.gather.reading import LiveReading
from gitops_audit.errors import AuditError
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import Problem
from gitops_audit.model.resource import Declared, JsonObject
from tests.unit.engine.doubles import (
    BROKEN_FILE,
    DOWN,
    FakeCluster,
    comparer,
    config_map,
    declared,
    reached,
    undeclared,
)
from tests.unit.engine.gather.test_reading import WIDGET, WIDGETS

DECLARED, OTHER = config_map(), config_map(data={"a": "2"})
MOVING: list[JsonObject] = [
    {**config_map(data={"a": "2"}, deletionTimestamp="2026-01-01T00:00:00Z")},
    {**config_map(data={"a": "2"}, generation=3), "status": {"observedGeneration": 2}},
]


def check(*inventory: Declared, again: JsonObject | AuditError | None = None, **config: Any) -> DriftCheck:
    cluster = FakeCluster(again={"shop/settings": again})
    return DriftCheck(comparer(**config), LiveReading(reached(cluster), inventory))


def compared(live: JsonObject | None, resource: Declared | None = None, **given: Any) -> Case:
    return check(**given).checked(Case(resource or declared(), True, live))


@pytest.mark.parametrize(("live", "status"), [(DECLARED, "in-sync"), (OTHER, "modified"), (None, "missing")])
def test_what_was_asked_for_is_compared(live: JsonObject | None, status: str) -> None:
    assert compared(live).found.status == status


@pytest.mark.parametrize(
    ("case", "applies"),
    [
        (Case(declared(), True), True),
        (Case(undeclared()), True),
        (Case(declared(), skip_reason="a hook"), False),
        (Case(declared(), problem=Problem("GA305", "forbidden")), False),
        (Case(BROKEN_FILE), False),
    ],
    ids=["asked", "undeclared", "hook", "unread object", "unread file"],
)
def test_it_applies_to_what_was_asked_for_and_to_what_nobody_declares(case: Case, applies: bool) -> None:
    assert check().applies(case) is applies


def test_an_object_of_a_kind_that_is_not_defined_yet_is_missing_with_the_kind() -> None:
    widget = declared(WIDGET)
    one = check(declared(WIDGETS), widget)
    assert one.applies(Case(widget))
    drift = one.checked(Case(widget)).found
    assert (drift.status, drift.reason) == ("missing", "its CustomResourceDefinition is missing too")


def test_an_undeclared_object_is_extra() -> None:
    assert check().checked(Case(undeclared())).found.status == "extra"


@pytest.mark.parametrize(("labels", "reason"), [({"team": "web"}, "made by hand"), ({}, None)])
def test_a_rule_accepts_an_undeclared_object_by_the_labels_it_carries(labels: dict[str, str], reason: Any) -> None:
    rule = IgnoreRule(Match(labels=(("team", "web"),)), statuses=("extra",), reason="made by hand")
    ignored = check(ignore=(rule,)).checked(Case(undeclared(labels=labels))).found.ignored
    assert (ignored and ignored.reason) == reason


def test_an_object_that_no_comparison_can_read_is_unknown_with_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise TypeError

    monkeypatch.setattr(Comparer, "compare", broken)
    case = compared(OTHER)
    assert case.found.status == "unknown"
    assert "not of the form that Kubernetes gives objects (TypeError at test_drift.py:" in case.found.reason
    assert case.live == OTHER


@pytest.mark.parametrize("moving", MOVING, ids=["being deleted", "being rolled out"])
@pytest.mark.parametrize(
    ("again", "status"), [(DECLARED, "in-sync"), (OTHER, "modified"), (None, "missing"), (DOWN, "unknown")]
)
def test_what_moves_is_read_once_more_before_it_counts(moving: JsonObject, again: Any, status: str) -> None:
    assert compared(moving, again=again).found.status == status


@pytest.mark.parametrize("again", [DECLARED, OTHER, None])
def test_the_next_stages_see_the_object_that_was_compared_last(again: JsonObject | None) -> None:
    assert compared(MOVING[0], again=again).live == again


def test_why_it_could_not_be_read_again_is_told() -> None:
    reason = compared(MOVING[0], again=DOWN).found.reason
    assert reason == "it was changing, and could not be read again: cluster prod does not answer"


@pytest.mark.parametrize("live", [OTHER, {**DECLARED, "status": "odd"}, {**OTHER, "metadata": "odd"}])
def test_what_stands_still_is_not_read_again(live: JsonObject) -> None:
    case = compared(live, again=DOWN)
    assert "could not be read again" not in case.found.reason
    assert case.live == live


@pytest.mark.parametrize(("argocd_skip", "is_told"), [("an Argo CD hook", True), ("", False)])
def test_a_hook_that_is_missing_tells_why_it_counts(argocd_skip: str, is_told: bool) -> None:
    reason = compared(None, declared(argocd_skip=argocd_skip)).found.reason
    assert ("nothing in the cluster shows that Argo CD deploys this source" in reason) is is_told


def test_only_the_drift_and_the_live_object_of_a_case_change() -> None:
    before = Case(declared(), True, OTHER, skip_reason="kept")
    after = check().checked(before)
    assert after == replace(before, drift=after.drift)
