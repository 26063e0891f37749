"""The check of manifests: when it asks for which rules, and where it puts what it found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gitops_audit.drift import Scalers
from gitops_audit.engine.case import Case
from gitops_audit.engine.check.schema import SchemaCheck
from gitops_audit.engine.check.validate import Validated, Validator
from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import Declared, Invalid, JsonObject, StandIn
from gitops_audit.model.subject import Subject
from tests.unit.engine.doubles import BROKEN_FILE, declared, undeclared

FAULT = Invalid("spec.replicas", "must be a number", pointer="/spec/replicas")
UNREAD = Problem("GA320", "the schemas cannot be read")
DEPLOYMENT: JsonObject = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"replicas": 3},
}
AUTOSCALER: JsonObject = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
}
VARIABLE = StandIn("/spec/replicas", "variable", "${REPLICAS}")


class Validations(Validator):
    """Gives one answer, and remembers which manifests it was told the server has accepted."""

    def __init__(self, answer: Validated = Validated()) -> None:  # noqa: B008 - frozen
        self.answer = answer
        self.accepted: list[bool] = []

    def check(self, resource: Declared, *, is_accepted: bool = False) -> Validated:
        self.accepted.append(is_accepted)
        return self.answer

    def notes(self) -> Iterator[str]:
        return iter(())


def check(validations: Validations, *scalers: JsonObject, **how: bool) -> SchemaCheck:
    return SchemaCheck(validations, Scalers.of(scalers), **({"is_unreachable": False, "is_recorded": False} | how))


@pytest.mark.parametrize(("subject", "applies"), [(declared(), True), (undeclared(), False), (BROKEN_FILE, False)])
def test_only_what_is_declared_has_a_manifest(subject: Subject, applies: bool) -> None:
    assert check(Validations()).applies(Case(subject)) is applies


@pytest.mark.parametrize(
    ("status", "is_recorded", "is_accepted"),
    [("in-sync", False, True), ("in-sync", True, False), ("modified", False, False), (None, False, False)],
)
def test_what_a_server_holds_as_declared_its_validation_let_pass(
    status: Any, is_recorded: bool, is_accepted: bool
) -> None:
    validations = Validations()
    drift = Drift(status) if status else None
    check(validations, is_recorded=is_recorded).checked(Case(declared(), True, drift=drift))
    assert validations.accepted == [is_accepted]


def test_where_the_cluster_is_down_no_schemas_are_asked_for() -> None:
    validations = Validations()
    case = Case(declared())
    assert check(validations, is_unreachable=True).checked(case) is case
    assert validations.accepted == []


@pytest.mark.parametrize("is_unreachable", [True, False])
def test_replicas_beside_an_autoscaler_are_a_warning(is_unreachable: bool) -> None:
    case = check(Validations(), AUTOSCALER, is_unreachable=is_unreachable).checked(Case(declared(DEPLOYMENT)))
    assert [(r.policy, r.result, r.pointer) for r in case.policies] == [
        ("replicas-beside-autoscaler", "warn", "/spec/replicas")
    ]


def test_what_is_found_stands_behind_the_faults_of_the_file() -> None:
    first = Invalid("metadata", "is there twice")
    answer = Validated((FAULT,), "no schema of its status", UNREAD)
    case = check(Validations(answer)).checked(Case(declared(), invalid=(first,)))
    assert (case.invalid, case.unchecked, case.unvalidated) == ((first, FAULT), "no schema of its status", UNREAD)


def test_a_manifest_without_faults_stays_the_same_case() -> None:
    case = Case(declared())
    assert check(Validations()).checked(case) is case


@pytest.mark.parametrize(("drift", "is_error"), [(None, True), (Drift("in-sync"), False)])
def test_a_variable_in_place_of_a_number_is_no_fault(drift: Drift | None, is_error: bool) -> None:
    case = Case(declared(DEPLOYMENT, stand_ins=(VARIABLE,)), drift=drift)
    checked = check(Validations(Validated((FAULT,)))).checked(case)
    assert checked.invalid == ()
    assert (checked.unvalidated is not None) is is_error
