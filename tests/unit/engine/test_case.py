"""A case is one frozen value; a stage puts a new one in its place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from gitops_audit.engine.case import Case, merged
from gitops_audit.model.finding import Drift
from tests.unit.engine.doubles import BROKEN_FILE, config_map, declared, missing, modified, undeclared


def test_a_case_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Case(declared()).drift = Drift("in-sync")  # type: ignore[misc]


@pytest.mark.parametrize("subject", [undeclared(), BROKEN_FILE])
def test_what_is_declared_nowhere_says_so(subject: object) -> None:
    with pytest.raises(TypeError, match="is declared nowhere"):
        _ = Case(subject).declared  # type: ignore[arg-type]


def test_a_case_that_was_not_compared_has_no_drift_to_give() -> None:
    with pytest.raises(ValueError, match="was not compared"):
        _ = Case(declared()).found


@pytest.mark.parametrize(
    ("case", "is_modified", "is_missing"),
    [(modified(), True, False), (missing(), False, True), (Case(declared()), False, False)],
)
def test_a_case_tells_its_drift_status(case: Case, is_modified: bool, is_missing: bool) -> None:
    assert (case.is_modified, case.is_missing) == (is_modified, is_missing)


def test_merging_keeps_the_order_and_the_cases_that_did_not_change() -> None:
    cases = [Case(declared(config_map(name))) for name in ("a", "b", "c")]
    new = replace(cases[1], skip_reason="a hook")
    assert list(merged(cases, [new])) == [cases[0], new, cases[2]]


def test_merging_nothing_gives_the_same_cases() -> None:
    cases = [modified()]
    assert merged(cases, ()) is cases
