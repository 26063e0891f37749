"""What is done about a verdict: an action, a reason to refuse, or nothing."""

from __future__ import annotations

import pytest

from gitops_audit.model.finding import Change, Drift, Problem, Waiver
from gitops_audit.model.resource import Declared, Origin, ResourceKey, StandIn
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.choose import Draft, choose
from gitops_audit.remediate.document import Scope

KEY = ResourceKey("c", "apps", "Deployment", "shop", "web")
SET = Change("changed", "/spec/replicas", "spec.replicas", cause="cluster")
PENDING = Change("changed", "/spec/paused", "spec.paused", cause="git")
EXTRA_FIELD = Change("added", "/spec/x", "spec.x", cause="cluster")
DROPPED = Change("dropped", "/spec/y", "spec.y")
WAIVED = Change("changed", "/spec/z", "spec.z", ignored=Waiver("x"))
LAST = Scope(to="last-synced")


def verdict(drift: Drift | None, *errors: Problem, stand_ins: tuple[StandIn, ...] = ()) -> Verdict:
    declared = Declared(KEY, "s", "v1", {}, Origin("a.yaml", 1), stand_ins=stand_ins)
    return Verdict.of(declared, "failed", drift=drift, errors=errors)


def test_a_change_is_applied_and_what_is_waived_or_not_kept_is_left() -> None:
    found = choose(verdict(Drift("modified", (SET, WAIVED, DROPPED, EXTRA_FIELD))), Scope())

    assert isinstance(found, Draft)
    assert (found.action, found.changes) == ("apply", (SET, EXTRA_FIELD))


def test_only_added_fields_are_removed() -> None:
    found = choose(verdict(Drift("modified", (EXTRA_FIELD,))), Scope())

    assert isinstance(found, Draft)
    assert found.action == "remove-fields"


def test_to_the_last_sync_nothing_newer_is_deployed() -> None:
    found = choose(verdict(Drift("modified", (SET, PENDING))), LAST)

    assert isinstance(found, Draft)
    assert found.changes == (SET,)
    assert choose(verdict(Drift("modified", (PENDING,))), LAST) is None
    assert choose(verdict(Drift("missing", cause="git")), LAST) is None


REFUSED = [
    (verdict(Drift("unknown", reason="why")), Scope(), "why"),
    (verdict(None, Problem("GA221", "declared twice")), Scope(), "declared twice"),
    (verdict(Drift("modified", (DROPPED,))), Scope(), "the server does not keep spec.y: correct the manifest"),
    (
        verdict(Drift("modified", (SET,), reason="the dry run was refused: field is immutable")),
        Scope(),
        "only --recreate repairs it",
    ),
    (verdict(Drift("missing", cause="unknown")), LAST, "not known whether it was ever deployed"),
    (
        verdict(Drift("missing"), stand_ins=(StandIn("/spec/a", "sops"),)),
        Scope(),
        "Git does not hold all of its values",
    ),
    (
        verdict(Drift("modified", (SET,)), stand_ins=(StandIn("/spec/replicas", "variable"),)),
        Scope(),
        "Git does not hold the value of spec.replicas",
    ),
]


@pytest.mark.parametrize(("found", "scope", "reason"), REFUSED)
def test_what_must_not_be_done_has_a_reason(found: Verdict, scope: Scope, reason: str) -> None:
    chosen = choose(found, scope)

    assert isinstance(chosen, str)
    assert reason in chosen


def test_nothing_is_deleted_unless_it_is_asked_for() -> None:
    assert choose(verdict(Drift("extra")), Scope()) is None
    pruned = choose(verdict(Drift("extra")), Scope(prune=True))

    assert isinstance(pruned, Draft)
    assert pruned.action == "delete"


def test_what_is_in_sync_or_waived_as_a_whole_is_left_alone() -> None:
    assert choose(verdict(Drift("in-sync")), Scope()) is None
    assert choose(verdict(Drift("missing", ignored=Waiver("x"))), Scope()) is None


@pytest.mark.parametrize("place", ["/stringData/a", "/data/a", "/data", "", "/data/a/deeper"])
def test_a_value_that_git_does_not_hold_is_never_written(place: str) -> None:
    change = Change("changed", "/data/a", "data.a")
    found = choose(verdict(Drift("modified", (change,)), stand_ins=(StandIn(place, "variable", "x"),)), Scope())

    assert found == "Git does not hold the value of data.a"


def test_what_holds_such_a_value_anywhere_is_not_created_again() -> None:
    drift = Drift("modified", (SET,), reason="spec.replicas: field is immutable")
    found = choose(verdict(drift, stand_ins=(StandIn("/stringData/a", "variable", "x"),)), Scope(recreate=True))

    assert found == "Git does not hold all of its values, so it cannot be created again from there"
