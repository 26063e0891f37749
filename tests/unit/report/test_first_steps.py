from __future__ import annotations

from dataclasses import replace

from gitops_audit.model.finding import Severity
from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.first_steps import first_steps
from tests.reported import finished, of_everything, resource, scaled


def told(result: AuditResult) -> list[tuple[str, int]]:
    return [(step.what, len(step.resources)) for step in first_steps(result)]


def test_what_could_not_be_evaluated_comes_first_and_then_the_worst() -> None:
    steps = first_steps(of_everything())
    ranks = [(not step.is_error, -step.severity) for step in steps]
    assert ranks == sorted(ranks)
    assert [step.is_error for step in steps[:3]] == [True, True, False]


def test_what_one_tool_did_to_many_objects_of_a_kind_is_one_step() -> None:
    (step,) = first_steps(finished([scaled(f"app-{n}") for n in range(100)]))
    assert (step.what, len(step.resources)) == ("Deployment changed by kubectl-edit", 100)
    assert step.named_fields == ["spec.replicas"]
    assert step.filters == {
        "status": "failed",
        "check": "drift",
        "rule": "changed",
        "kind": "Deployment.apps",
        "manager": "kubectl-edit",
    }


def test_a_step_is_as_bad_as_its_worst_finding() -> None:
    (step,) = first_steps(finished([scaled("a", Severity.low), scaled("b", Severity.critical)]))
    assert step.severity is Severity.critical


def test_the_larger_of_two_equally_bad_groups_comes_first() -> None:
    by_hand = [scaled(name) for name in "abc"]
    service = resource("d")
    other = replace(scaled("d"), subject=replace(service, key=service.key._replace(kind="Service", group="")))
    assert told(finished([other, *by_hand])) == [
        ("Deployment changed by kubectl-edit", 3),
        ("Service changed by kubectl-edit", 1),
    ]


def test_what_passes_or_is_waived_is_no_step() -> None:
    assert first_steps(finished([replace(scaled("a"), outcome="passed")])) == []


def test_a_source_of_which_nothing_was_evaluated_is_a_step() -> None:
    skipped = Verdict.of(resource("a"), "skipped", skip_reason="no schema", unchecked="no schema")
    (step,) = first_steps(finished([skipped]))
    assert step.is_error
    assert step.filters == {"cluster": "prod", "source": "shop"}


def test_a_step_says_who_is_hit_where_and_by_what() -> None:
    (one,) = first_steps(finished([scaled("a")]))
    (many,) = first_steps(finished([scaled("a"), scaled("b", cluster="other")]))
    assert one.sentence(names_clusters=False) == "shop/a: Deployment changed by kubectl-edit (spec.replicas)"
    assert many.sentence(names_clusters=True) == (
        "2 resources on 2 clusters: Deployment changed by kubectl-edit (spec.replicas)"
    )
