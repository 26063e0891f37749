"""A fingerprint is the same for the same finding, whatever else moves, and another for another place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitops_audit.model.finding import Change, Drift, PolicyResult, Problem
from gitops_audit.model.resource import Commit, Declared, Invalid, Origin, ResourceKey
from gitops_audit.model.verdict import Verdict

KEY = ResourceKey("prod", "apps", "Deployment", "shop", "web")
RESOURCE = Declared(KEY, "storefront", "v1", {}, Origin("web.yaml", 1))
IMAGE = "/spec/template/spec/containers/0/image"
PATH = "spec.template.spec.containers[name=web].image"
CHANGE = Change("changed", IMAGE, PATH, "a:1", "a:2")
FACTS: dict[str, Any] = {
    "drift": Drift("modified", (CHANGE,)),
    "policies": (PolicyResult("limits", "cpu", "fail", path="spec.a", line=3),),
    "invalid": (Invalid("spec.b", "must be a number", 4, "/spec/b"),),
    "errors": (Problem("GA300", "down"),),
}


def found(**facts: Any) -> Verdict:
    return Verdict.of(facts.pop("subject", RESOURCE), "failed", **FACTS | facts)


FOUND = found()


def fingerprints(verdict: Verdict) -> set[str]:
    return {finding.fingerprint for finding in verdict.findings}


def with_change(**facts: object) -> Verdict:
    return found(drift=Drift("modified", (replace(CHANGE, **facts),)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "moved",
    [
        found(policies=(PolicyResult("limits", "cpu", "fail", path="spec.a", line=300),)),
        with_change(live="a:3", declared="a:0"),
        with_change(pointer="/spec/template/spec/containers/7/image"),
        with_change(cause="git"),
        found(commit=Commit("b" * 40, "Ann", "2026-01-01T00:00:00Z", "s")),
        found(subject=replace(RESOURCE, origin=Origin("moved/to.yaml", 77))),
        found(subject=replace(RESOURCE, source="renamed")),
        found(subject=replace(RESOURCE, version="v1beta1")),
        found(invalid=(Invalid("spec.b", "must be a number", 400, "/spec/b"),)),
    ],
)
def test_it_stays_when_lines_values_commits_order_and_files_move(moved: Verdict) -> None:
    assert fingerprints(moved) == fingerprints(FOUND)
    assert len(fingerprints(FOUND)) == 4


@pytest.mark.parametrize(
    "other",
    [
        with_change(path="spec.template.spec.containers[name=sidecar].image"),
        with_change(type="removed"),
        found(policies=(PolicyResult("limits", "memory", "fail", path="spec.a"),)),
        found(policies=(PolicyResult("limits", "cpu", "fail", path="spec.c"),)),
        found(invalid=(Invalid("spec.c", "must be a number"),)),
        found(errors=(Problem("GA301", "forbidden"),)),
    ],
)
def test_another_place_or_rule_has_another(other: Verdict) -> None:
    assert len(fingerprints(other) ^ fingerprints(FOUND)) == 2


@pytest.mark.parametrize("part", ["cluster", "group", "kind", "namespace", "name"])
def test_another_object_has_others_all_through(part: str) -> None:
    other = found(subject=replace(RESOURCE, key=KEY._replace(**{part: "other"})))
    assert not fingerprints(other) & fingerprints(FOUND)


def test_two_faults_of_an_unread_file_are_two_findings() -> None:
    faults = (Invalid("", "a tab as indent", 3), Invalid("", "an alias of itself", 9))
    unread = Verdict.of(replace(RESOURCE, version=""), "failed", invalid=faults)
    assert len(fingerprints(unread)) == 2
