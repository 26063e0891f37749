"""Whether a source is the same on all its clusters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_audit.engine.consistency import Consistency
from gitops_audit.model.finding import Change, Drift, Problem, Waiver
from gitops_audit.model.verdict import Verdict
from tests.reported import resource


def on(cluster: str, *changes: Change, name: str = "web", status: str = "") -> Verdict:
    drift = Drift("missing" if status else "modified" if changes else "in-sync", changes, confirmed=True)
    return Verdict.of(resource(name, cluster=cluster), "failed" if changes or status else "passed", drift)


def scaled(live: int, declared: int = 3) -> Change:
    return Change("changed", "/spec/replicas", "spec.replicas", declared, live)


def notes(*verdicts: Verdict) -> list[str]:
    found = Consistency(v.subject for v in verdicts)
    for verdict in verdicts:
        found.add(verdict)
    return list(found.notes())


def test_what_differs_on_one_cluster_alone_is_named() -> None:
    assert notes(on("eu", scaled(5)), on("us"), on("us", name="api"), on("eu", name="api")) == [
        "source shop is not the same on all its clusters: 1 of 2 objects differs: "
        "Deployment.apps/shop/web (spec.replicas on eu)"
    ]
    (missing,) = notes(on("eu"), on("us", status="missing"))
    assert missing.endswith("Deployment.apps/shop/web (missing on us)")


EQUAL = {
    "in sync everywhere": (on("eu"), on("us")),
    "the same difference everywhere": (on("eu", scaled(5)), on("us", scaled(5))),
    "declared otherwise on purpose, and behind on both": (on("eu", scaled(1, 3)), on("us", scaled(2, 6))),
    "declared for one cluster alone": (on("eu", scaled(5)), on("us", name="api")),
    "accepted on one": (
        on("eu", replace(scaled(5), ignored=Waiver("the autoscaler owns it"))),
        on("us"),
    ),
    "not known on one": (
        on("eu", scaled(5)),
        Verdict.of(resource("web", cluster="us"), "error", errors=(Problem("GA300", "down"),)),
    ),
}


@pytest.mark.parametrize("case", EQUAL)
def test_nothing_is_said_where_clusters_do_not_differ_in_what_should_be_equal(case: str) -> None:
    assert notes(*EQUAL[case]) == []


def test_other_values_of_one_field_are_a_difference() -> None:
    (note,) = notes(on("eu", scaled(5)), on("us", scaled(7)))
    assert note.endswith("(spec.replicas on eu; spec.replicas on us)")


def test_many_objects_are_counted_and_few_are_named() -> None:
    verdicts = [on(c, *([scaled(5)] if c == "eu" else []), name=f"app-{n}") for n in range(20) for c in ("eu", "us")]
    (note,) = notes(*verdicts)
    assert "20 of 20 objects differ" in note
    assert note.endswith("and 15 more")
