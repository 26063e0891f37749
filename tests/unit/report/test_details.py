"""Which resources a terminal shows in full."""

from __future__ import annotations

from gitops_audit.model.finding import Drift
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import details
from tests.reported import finished, resource, scaled


def test_the_worst_comes_first() -> None:
    verdicts = [scaled("a"), Verdict.of(resource("gone"), "failed", Drift("missing"))]
    assert [v.subject.key.name for v, _ in details.chosen(verdicts, finished(verdicts))] == ["gone", "a"]


def test_more_of_the_same_are_shown_in_a_line_each_and_very_many_are_left_out() -> None:
    verdicts = [scaled(f"s{n}") for n in range(1_000)]
    chosen = list(details.chosen(verdicts, finished(verdicts)))
    assert [is_full for _, is_full in chosen] == [True] * details.EXAMPLES + [False] * details.BRIEF


def test_a_line_says_resource_field_values_who_when_and_where() -> None:
    assert details.brief(scaled("web")).text == (
        "Deployment.apps/shop/web: spec.replicas: 3 -> 5; by kubectl-edit [interactive] (Update), user ann "
        "at 2026-01-01T00:00:00Z; declared at apps/web.yaml:7  (cluster prod, source shop)"
    )
