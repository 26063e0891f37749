from __future__ import annotations

from datetime import date

import pytest

from gitops_audit.config.settings import ExceptionRule
from gitops_audit.errors import Location, PolicyError
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import PolicyOutcome, PolicyResult
from gitops_audit.model.resource import ResourceKey
from gitops_audit.policy.exceptions import Exceptions

KEY = ResourceKey("prod", "apps", "Deployment", "shop-eu", "legacy")
TODAY = date(2026, 6, 30)
POLICIES = {"require-limits", "require-probes"}


def _rule(policy: str = "require-limits", match: Match | None = None, expires: str = "2026-12-31") -> ExceptionRule:
    return ExceptionRule(policy, match or Match(), "old chart", "team-web", expires, Location("gitops-audit.yaml", 9))


def _result(outcome: PolicyOutcome = "fail", policy: str = "require-limits") -> PolicyResult:
    return PolicyResult(policy, "limits", outcome)


def test_a_failure_is_waived_with_reason_owner_and_expiry() -> None:
    waived = Exceptions([_rule()], TODAY, POLICIES).apply(_result(), KEY, {})
    assert waived.result == "fail"
    assert waived.exception is not None
    assert (waived.exception.reason, waived.exception.owner, waived.exception.expires, waived.exception.rule) == (
        "old chart",
        "team-web",
        "2026-12-31",
        "gitops-audit.yaml:9",
    )


@pytest.mark.parametrize("outcome", ["pass", "error", "skip"])
def test_only_failures_and_warnings_are_waived(outcome: PolicyOutcome) -> None:
    assert Exceptions([_rule()], TODAY, POLICIES).apply(_result(outcome), KEY, {}).exception is None


@pytest.mark.parametrize(
    ("match", "is_waived"),
    [
        (Match(kind="Deployment", group="apps", namespace="shop-*", name="leg?cy"), True),
        (Match(labels=(("tier", "web"),)), True),
        (Match(kind="deployment"), False),
        (Match(group=""), False),
        (Match(namespace="shop"), False),
        (Match(name="other"), False),
        (Match(labels=(("tier", "db"),)), False),
        (Match(labels=(("zone", ""),)), False),
    ],
)
def test_every_part_of_a_match_must_hold(match: Match, is_waived: bool) -> None:
    result = Exceptions([_rule(match=match)], TODAY, POLICIES).apply(_result(), KEY, {"tier": "web"})
    assert (result.exception is not None) == is_waived


@pytest.mark.parametrize(("policy", "is_waived"), [("require-*", True), ("require-probes", False)])
def test_an_exception_is_for_the_policies_it_names(policy: str, is_waived: bool) -> None:
    result = Exceptions([_rule(policy)], TODAY, POLICIES).apply(_result(), KEY, {})
    assert (result.exception is not None) == is_waived


@pytest.mark.parametrize(("today", "is_waived"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)])
def test_an_exception_holds_until_the_end_of_the_day_it_expires(today: date, is_waived: bool) -> None:
    result = Exceptions([_rule()], today, POLICIES).apply(_result(), KEY, {})
    assert (result.exception is not None) == is_waived


def test_an_expired_exception_is_told_with_what_counts_again() -> None:
    exceptions = Exceptions([_rule(expires="2026-01-01")], TODAY, POLICIES)
    exceptions.apply(_result(), KEY, {})
    assert list(exceptions.notes()) == [
        "gitops-audit.yaml:9: the exception of team-web for policy require-limits expired on 2026-01-01: "
        "1 violation counts again"
    ]


def test_an_expired_exception_without_violations_is_told_too() -> None:
    (note,) = Exceptions([_rule(expires="2026-01-01")], TODAY, POLICIES).notes()
    assert note.endswith("expired on 2026-01-01: remove it")


def test_an_exception_that_waived_nothing_is_told_and_one_of_use_is_not() -> None:
    exceptions = Exceptions([_rule(), _rule("require-probes")], TODAY, POLICIES)
    exceptions.apply(_result(), KEY, {})
    (note,) = exceptions.notes()
    assert "require-probes waived nothing" in note


def test_an_expired_exception_does_not_hide_a_valid_one() -> None:
    exceptions = Exceptions([_rule(expires="2026-01-01"), _rule()], TODAY, POLICIES)
    assert exceptions.apply(_result(), KEY, {}).exception is not None


def test_an_exception_for_a_policy_that_is_not_loaded_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(PolicyError, match="not loaded") as error:
        Exceptions([_rule("require-limit")], TODAY, POLICIES)
    assert (error.value.code, error.value.hint) == ("GA451", "did you mean 'require-limits'?")
    assert error.value.where == Location("gitops-audit.yaml", 9)


def test_a_day_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(PolicyError, match="is not a day"):
        Exceptions([_rule(expires="2026-02-30")], TODAY, POLICIES)
