"""The last screen of an audit: what to do first, sources by clusters, counts; as much as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.result import AuditResult, ClusterInfo
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text
from gitops_audit.report.closing import Closing
from gitops_audit.report.screen import Screen
from gitops_audit.report.text import Line
from tests.reported import INFO, finished, of_everything, resource, scaled

LOG = Screen()
COUNTS = (Line("9 resources: 9 failed"),)
DOWN = Problem("GA302", "cluster prod: it cannot be reached\nis it up?")


def told(result: AuditResult, screen: Screen = LOG, **asked: Any) -> Sequence[str]:
    return list(Closing(result, screen, counts=COUNTS, **asked).lines())


def down(count: int, **place: str) -> list[Verdict]:
    return [Verdict.of(resource(f"d{n}", **place), "error", errors=(DOWN,)) for n in range(count)]


def gone(count: int) -> list[Verdict]:
    return [Verdict.of(resource(f"g{n}"), "failed", Drift("missing", cause="cluster")) for n in range(count)]


def fleet(sources: int, *, notes: int = 0) -> AuditResult:
    """Many sources on two clusters, with something of everything."""
    verdicts = [scaled(f"s{n}", cluster=f"c{n % 2}", source=f"source-{n}") for n in range(sources)]
    verdicts += [*gone(30), *down(5), *of_everything().verdicts]
    return finished(verdicts, notes=[f"a note of many words that say number {n} of very many" for n in range(notes)])


def test_few_findings_speak_for_themselves() -> None:
    assert told(finished([scaled(name) for name in "abc"])) == ["cluster prod: Kubernetes v1.36", COUNTS[0].text]


def test_many_findings_are_led_by_what_to_do_first_the_worst_first() -> None:
    result = finished([*(scaled(f"s{n}") for n in range(9)), *gone(2), *down(1)])
    assert told(result)[:8] == [
        "what to do first:",
        "  error    shop/d0 could not be evaluated: GA302: cluster prod: it cannot be reached",
        "           is it up?",
        "  high     2 resources: Deployment missing",
        f"           {text.MISSING_NEXT['cluster']}",
        "  medium   9 resources: Deployment changed by kubectl-edit (spec.replicas)",
        "           commit it to Git, or bring back what Git declares: `gitops-audit remediate plan`",
        "",
    ]


def test_an_error_of_many_resources_is_told_here_with_what_to_do_however_few_findings_there_are() -> None:
    assert told(finished(down(3)))[:4] == [
        "what to do first:",
        "  error    3 resources could not be evaluated: cluster prod: it cannot be reached [GA302]",
        "           is it up?",
        "           Deployment.apps/shop/d0, Deployment.apps/shop/d1 and 1 more",
    ]


def test_what_to_do_about_an_error_is_told_once_where_it_stands_above() -> None:
    assert "           is it up?" not in told(finished(down(3)), is_told=True)


def test_what_to_do_is_told_once_for_groups_that_ask_for_the_same() -> None:
    service = resource("service")
    other = replace(scaled("x"), subject=replace(service, key=service.key._replace(kind="Service", group="")))
    lines = told(finished([*(scaled(f"s{n}") for n in range(9)), other]))
    assert sum("remediate plan" in line for line in lines) == 1


def test_sources_by_clusters_are_a_table_with_the_worst_first() -> None:
    verdicts = [
        scaled("a", source="web"),
        Verdict.of(resource("b", source="ok"), "passed", Drift("in-sync")),
        *down(2, cluster="far", source="web"),
    ]
    lines = told(finished(verdicts))
    start = lines.index("source  cluster  passed  failed  error  medium")
    assert lines[start + 1 : start + 4] == [
        "web     far           -       -      2       -",
        "web     prod          -       1      -       1",
        "ok      prod          1       -      -       -",
    ]


def test_one_source_on_one_cluster_needs_no_table() -> None:
    assert not any(line.startswith("source ") for line in told(finished([scaled("a")])))
    assert any(line.startswith("source ") for line in told(fleet(3)))
    assert not any(line.startswith("source ") for line in told(fleet(3), is_brief=True))


@pytest.mark.parametrize("width", [80, 120, 300])
@pytest.mark.parametrize("height", [24, 40, 60])
def test_it_fits_the_screen_and_says_what_is_left_out(width: int, height: int) -> None:
    screen = Screen(width, height)
    lines = told(fleet(100, notes=30), screen)
    assert screen.rows(lines) < height
    assert lines[0] == "what to do first:"
    assert lines[-1] == COUNTS[0].text
    assert any("more, " in line and "with findings (-v shows all)" in line for line in lines)
    assert any(line.endswith("notes (-v shows all)") for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 12), (60, 16), (40, 15), (40, 24), (30, 15)])
def test_a_small_screen_gets_the_first_step_and_the_counts(width: int, height: int) -> None:
    screen = Screen(width, height)
    lines = told(fleet(100, notes=30), screen, facts=["source shop: a repository"] * 9)
    assert screen.rows(lines) < height
    assert lines[0] == "what to do first:"
    assert any("more groups (-v shows all)" in line for line in lines)
    assert lines[-1] == COUNTS[0].text


def test_a_log_holds_no_line_breaks_within_a_sentence() -> None:
    note = "word " * 100
    assert f"note: {note}".rstrip() in [line.rstrip() for line in told(finished([], notes=[note]))]


def test_verbose_leaves_nothing_out() -> None:
    lines = told(fleet(100, notes=30), Screen(80, 24), is_verbose=True)
    assert not any("-v shows all" in line for line in lines)
    assert sum("source-" in line for line in lines) == 100


def test_clusters_that_tell_the_same_share_a_line() -> None:
    clusters = (ClusterInfo("a", "v1.36"), ClusterInfo("b", "v1.36"), ClusterInfo("c", "", is_read=False))
    assert told(finished([], info=replace(INFO, clusters=clusters)))[:2] == [
        "clusters a, b: Kubernetes v1.36",
        "cluster c: not read",
    ]


def test_colours_change_nothing_but_colours() -> None:
    plain, painted = told(fleet(3)), told(fleet(3), Screen(has_colour=True))
    assert plain != painted
    assert [Screen().unpainted(line) for line in painted] == list(plain)
