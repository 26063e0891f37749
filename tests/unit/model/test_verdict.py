from __future__ import annotations

import pytest

from gitops_audit.model.finding import Change, Drift, PolicyResult, Problem, Severity, Waiver
from gitops_audit.model.resource import Declared, Invalid, Origin, ResourceKey
from gitops_audit.model.verdict import Outcome, Threshold, Verdict

RESOURCE = Declared(ResourceKey("c", "apps", "Deployment", "shop", "web"), "s", "v1", {}, Origin("web.yaml", 1))
CHANGE = Change("changed", "/spec/replicas", "spec.replicas", 3, 5, severity=Severity.medium)
WAIVER = Waiver("known")


def verdict(**facts: object) -> Verdict:
    return Verdict.of(RESOURCE, "passed", **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "threshold", "outcome"),
    [
        ({}, Threshold(), "passed"),
        ({"drift": Drift("in-sync")}, Threshold(), "passed"),
        ({"drift": Drift("modified", (CHANGE,))}, Threshold(), "failed"),
        ({"drift": Drift("modified", (CHANGE,))}, Threshold(Severity.high), "passed"),
        ({"drift": Drift("missing")}, Threshold(Severity.high), "failed"),
        ({"drift": Drift("missing")}, Threshold(Severity.critical), "passed"),
        ({"drift": Drift("unknown")}, Threshold(Severity.critical), "error"),
        ({"errors": (Problem("GA300", "down"),)}, Threshold(Severity.critical), "error"),
        ({"invalid": (Invalid("", "broken"),)}, Threshold(), "failed"),
        ({"policies": (PolicyResult("p", "r", "fail"),)}, Threshold(), "failed"),
        ({"policies": (PolicyResult("p", "r", "fail", exception=WAIVER),)}, Threshold(), "passed"),
        ({"policies": (PolicyResult("p", "r", "error"),)}, Threshold(Severity.critical), "error"),
        ({"policies": (PolicyResult("p", "r", "warn", Severity.critical),)}, Threshold(), "passed"),
        ({"skip_reason": "a hook"}, Threshold(), "skipped"),
        ({"skip_reason": "a hook", "policies": (PolicyResult("p", "r", "pass"),)}, Threshold(), "skipped"),
        ({"skip_reason": "a hook", "policies": (PolicyResult("p", "r", "fail"),)}, Threshold(), "failed"),
        ({"skip_reason": "a hook", "errors": (Problem("GA1", "x"),)}, Threshold(), "error"),
    ],
)
def test_the_outcome_follows_from_the_facts(facts: dict[str, object], threshold: Threshold, outcome: Outcome) -> None:
    assert verdict(**facts).judged(threshold).outcome == outcome


def test_a_change_that_a_rule_ignores_does_not_fail() -> None:
    ignored = Change("changed", "/a", "a", ignored=WAIVER)
    assert verdict(drift=Drift("modified", (ignored,))).judged(Threshold()).outcome == "passed"


def test_a_pending_change_can_be_let_through() -> None:
    pending = Change("changed", "/a", "a", cause="git")
    drifted = verdict(drift=Drift("modified", (pending,)))
    assert drifted.judged(Threshold(is_pending_failure=False)).outcome == "passed"
    assert drifted.judged(Threshold()).outcome == "failed"


def test_findings_below_the_threshold_are_still_findings() -> None:
    drifted = verdict(drift=Drift("modified", (CHANGE,))).judged(Threshold(Severity.critical))
    assert drifted.outcome == "passed"
    assert drifted.has_findings
