"""The check of policies asks with both sides, of declared resources alone."""

from __future__ import annotations

import pytest

from gitops_audit.engine.case import Case
from gitops_audit.engine.check.policies import ClusterPolicies
from gitops_audit.engine.check.policy import PolicyCheck
from gitops_audit.model.finding import PolicyResult
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.subject import Subject
from tests.unit.engine.doubles import BROKEN_FILE, config_map, declared, undeclared

FAILED = PolicyResult("require-owner", "require-owner", "fail")


class Policies(ClusterPolicies):
    """Gives the same results of everything."""

    def __init__(self, *results: PolicyResult) -> None:
        self.results = results
        self.asked: list[tuple[str, JsonObject | None]] = []

    def evaluate(self, resource: Declared, live_body: JsonObject | None) -> tuple[PolicyResult, ...]:
        self.asked.append((resource.id, live_body))
        return self.results


@pytest.mark.parametrize(("subject", "applies"), [(declared(), True), (undeclared(), False), (BROKEN_FILE, False)])
def test_only_what_is_declared_is_judged(subject: Subject, applies: bool) -> None:
    assert PolicyCheck(Policies()).applies(Case(subject)) is applies


@pytest.mark.parametrize("live", [config_map(), None])
def test_both_sides_are_judged(live: JsonObject | None) -> None:
    policies = Policies(FAILED)
    case = PolicyCheck(policies).checked(Case(declared(), True, live))
    assert policies.asked == [(declared().id, live)]
    assert case.policies == (FAILED,)


def test_results_of_other_checks_stay() -> None:
    other = PolicyResult("other", "other", "warn")
    assert PolicyCheck(Policies(FAILED)).checked(Case(declared(), policies=(other,))).policies == (other, FAILED)


def test_a_case_that_no_policy_is_about_stays_the_same_one() -> None:
    case = Case(declared())
    assert PolicyCheck(Policies()).checked(case) is case
