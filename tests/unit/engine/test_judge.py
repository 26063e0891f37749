"""The verdict that a case comes to."""

from __future__ import annotations

import pytest

from gitops_audit.engine import judge
from gitops_audit.engine.case import Case
from gitops_audit.model.finding import Drift, PolicyResult, Problem
from gitops_audit.model.resource import Invalid
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Threshold
from tests.unit.engine.doubles import BROKEN_FILE, declared, modified, undeclared

UNREAD = Problem("GA305", "forbidden")
UNCONFIRMED = Drift("modified", code="GA301", reason="it could not be confirmed")
UNVALIDATED = Problem("GA320", "no schemas")
NO_SCHEMA = "no schema of Widget"


@pytest.mark.parametrize(
    ("problem", "drift", "unvalidated", "code"),
    [
        (UNREAD, UNCONFIRMED, UNVALIDATED, "GA305"),
        (None, UNCONFIRMED, UNVALIDATED, "GA301"),
        (None, Drift("in-sync"), UNVALIDATED, "GA320"),
    ],
)
def test_the_first_error_explains_the_others(
    problem: Problem | None, drift: Drift, unvalidated: Problem, code: str
) -> None:
    verdict = judge.facts(Case(declared(), problem=problem, drift=drift, unvalidated=unvalidated))
    assert [error.rule for error in verdict.unevaluated] == [code]


def test_what_was_found_beside_an_error_stays() -> None:
    fault, result = Invalid("spec.x", "unknown field"), PolicyResult("p", "p", "fail")
    verdict = judge.facts(Case(declared(), problem=UNREAD, invalid=(fault,), policies=(result,)))
    assert [f.check for f in verdict.findings] == ["drift", "schema", "policy"]


def test_what_no_check_could_look_at_is_skipped_with_the_reason() -> None:
    verdict = judge.facts(Case(declared(), unchecked=NO_SCHEMA)).judged(Threshold())
    assert verdict.outcome == "skipped"
    assert verdict.skip_reason == f"nothing could be checked: {NO_SCHEMA}; and no policy is about it"


@pytest.mark.parametrize(
    "case",
    [
        Case(declared(), unchecked=NO_SCHEMA, drift=Drift("in-sync")),
        Case(declared(), unchecked=NO_SCHEMA, policies=(PolicyResult("p", "p", "pass"),)),
        Case(declared()),
    ],
    ids=["compared", "judged by a policy", "validated"],
)
def test_one_answer_of_any_check_is_enough_to_pass(case: Case) -> None:
    assert judge.facts(case).judged(Threshold()).outcome == "passed"


def test_the_reason_of_a_hook_is_not_written_over() -> None:
    assert judge.facts(Case(declared(), unchecked=NO_SCHEMA, skip_reason="a hook")).skip_reason == "a hook"


@pytest.mark.parametrize(
    ("subject", "drift", "problem", "outcome"),
    [(undeclared(), Drift("extra"), None, "failed"), (BROKEN_FILE, None, BROKEN_FILE.error, "error")],
)
def test_what_no_source_declares_has_an_outcome_too(
    subject: Subject, drift: Drift | None, problem: Problem | None, outcome: str
) -> None:
    assert judge.facts(Case(subject, drift=drift, problem=problem)).judged(Threshold()).outcome == outcome


def test_a_case_that_breaks_judging_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(case: Case) -> None:
        raise KeyError("spec")

    monkeypatch.setattr(judge, "_errors", broken)
    verdict = judge.facts(modified())
    assert [error.rule for error in verdict.unevaluated] == ["GA001"]
    assert verdict.judged(Threshold()).outcome == "error"
