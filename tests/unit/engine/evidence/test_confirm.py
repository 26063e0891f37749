"""What the server says of differences in a dry run, and what it is not asked about."""

from __future__ import annotations

import pytest

from gitops_audit.engine.case import Case
from gitops_audit.engine.evidence.confirm import Confirmer
from gitops_audit.errors import ClusterError
from gitops_audit.live import Refusal
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import JsonObject, StandIn
from tests.unit.engine.doubles import DOWN, FakeCluster, comparer, config_map, declared, missing, modified

DECLARED, LIVE = config_map(), config_map(data={"a": "2"})
APPLIED = [
    {"manager": "flux", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "apiVersion": "v1", "fieldsV1": {}}
]


def confirmer(answer: JsonObject | Refusal | Exception | None = None) -> tuple[Confirmer, FakeCluster]:
    cluster = FakeCluster(dry_runs={} if answer is None else {"shop/settings": answer})
    return Confirmer(cluster, comparer().managers), cluster


def answered(answer: JsonObject | Refusal | Exception) -> Drift:
    one, _ = confirmer(answer)
    [case] = one.confirmed([modified()])
    return case.found


def test_a_value_that_the_server_would_write_is_confirmed() -> None:
    drift = answered(DECLARED)
    assert (drift.status, drift.confirmed, len(drift.changes)) == ("modified", True, 1)


def test_a_difference_that_the_server_does_not_see_is_dropped_and_counted() -> None:
    one, _ = confirmer(LIVE)
    [case] = one.confirmed([modified()])
    assert (case.found.status, case.found.changes) == ("in-sync", ())
    told = "differences dropped because the server says they are equal (dry run) on cluster prod: 1"
    assert list(one.notes()) == [told]


@pytest.mark.parametrize("reason", ["forbidden", "sensitive", "recording"])
def test_a_permission_that_is_missing_is_told_once_for_the_run(reason: object) -> None:
    one, cluster = confirmer()
    cluster.dry_runs = {f"shop/{name}": Refusal(reason, "may not patch") for name in ("a", "b")}  # type: ignore[arg-type]
    cases = one.confirmed([modified("a"), modified("b")])
    assert [(case.found.confirmed, case.found.reason) for case in cases] == [(False, "")] * 2
    told = "resources whose drift is not confirmed by a dry run on cluster prod: 2 (may not patch)"
    assert list(one.notes()) == [told]


@pytest.mark.parametrize("reason", ["conflict", "invalid", "webhook", "failed"])
def test_what_the_server_holds_against_an_object_is_told_with_it(reason: object) -> None:
    drift = answered(Refusal(reason, "spec is immutable"))  # type: ignore[arg-type]
    assert (drift.status, drift.reason) == ("modified", "the dry run was refused: spec is immutable")
    assert not drift.confirmed


@pytest.mark.parametrize(("error", "code"), [(DOWN, "GA301"), (ClusterError("slow", code="GA302"), "GA302")])
def test_a_server_that_does_not_answer_is_an_error_beside_what_was_found(error: ClusterError, code: str) -> None:
    drift = answered(error)
    assert (drift.status, drift.code, drift.confirmed) == ("modified", code, False)
    assert drift.reason.startswith("it could not be confirmed: ")


def test_an_answer_that_cannot_be_read_is_an_error_of_its_object() -> None:
    one, cluster = confirmer()
    cluster.dry_runs = {"shop/a": KeyError("x"), "shop/b": config_map("b")}
    broken, sound = one.confirmed([modified("a"), modified("b")])
    assert (broken.found.code, sound.found.code) == ("GA001", "")


@pytest.mark.parametrize(
    "case",
    [
        Case(declared(), True, DECLARED, drift=Drift("in-sync")),
        Case(declared()),
        missing(),
        modified(stand_ins=(StandIn("/data/b", "sops", ""),)),
    ],
    ids=["in sync", "not compared", "missing", "with values that Git does not hold"],
)
def test_the_server_is_not_asked_about(case: Case) -> None:
    one, cluster = confirmer()
    assert list(one.confirmed([case])) == [case]
    assert cluster.asked == []


def test_without_a_cluster_nobody_is_asked() -> None:
    cases = [modified()]
    assert Confirmer(None, comparer().managers).confirmed(cases) is cases


def test_what_the_server_said_before_is_not_asked_again() -> None:
    cluster = FakeCluster(dry_runs={"shop/b": DECLARED})
    one = Confirmer(cluster, comparer().managers, lambda declared, live: declared.key.name == "a")
    cases = one.confirmed([modified("a"), modified("b")])
    assert [case.found.confirmed for case in cases] == [True, True]
    assert len(cluster.asked) == 1


def test_the_dry_run_is_made_in_the_name_of_the_deployer() -> None:
    one, cluster = confirmer(DECLARED)
    case = modified()
    live = {**LIVE, "metadata": {**LIVE["metadata"], "managedFields": APPLIED}}
    one.confirmed([case, Case(case.subject, True, live, drift=case.drift)][1:])
    assert cluster.asked == ["dry run of settings as flux"]
