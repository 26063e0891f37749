"""How a missing object is created: in the way of most other objects of its source."""

from __future__ import annotations

import json

from gitops_audit.drift.attribution import Managers
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.choose import Draft
from gitops_audit.remediate.creation import Style, renewed_record, style_of

BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}}


def sibling(manager: str, operation: str) -> tuple[JsonObject, Declared]:
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}}},
    }
    live = {**BODY, "metadata": {"name": "a", "managedFields": [entry]}}
    return live, Declared(ResourceKey("c", "", "ConfigMap", "n", "a"), "shop", "v1", BODY, Origin("a.yaml", 1))


def test_the_way_of_most_other_objects_is_taken_not_that_of_the_first() -> None:
    by_hand = sibling("kubectl-client-side-apply", "Update")
    siblings = [by_hand, *(sibling("kustomize-controller", "Apply") for _ in range(2))]

    assert style_of(siblings, Managers(), "gitops-audit", lambda target: None) == Style("kustomize-controller")


def test_without_any_the_repair_creates_in_its_own_way() -> None:
    assert style_of([], Managers(), "gitops-audit", lambda target: None) == Style("gitops-audit")


TRACKING = {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:n/a"}
RECORD = {**BODY, "metadata": {"name": "a", "annotations": TRACKING}, "data": {"a": "0", "given-up": "1"}}
A = Change("changed", "/data/a", "data.a", "1", "2", cause="cluster")
GIVEN_UP = Change("stale", "/data/given-up", "data.given-up", None, "1", cause="git")


def renewed(*undone: Change) -> JsonObject:
    record: JsonObject = json.loads(renewed_record(RECORD, BODY, draft(undone, (A, GIVEN_UP)), None))
    return record


def draft(undone: tuple[Change, ...], found: tuple[Change, ...]) -> Draft:
    _, declared = sibling("kubectl-client-side-apply", "Update")
    return Draft(Verdict.of(declared, "failed", Drift("modified", found)), "apply", undone)


def test_the_record_of_a_client_side_deployer_keeps_the_marks_that_it_adds() -> None:
    assert renewed(A, GIVEN_UP) == {**BODY, "metadata": {"name": "a", "annotations": TRACKING}}


def test_what_is_not_repaired_stays_in_the_record_so_that_the_deployer_takes_it_away() -> None:
    assert renewed(A)["data"] == {"a": "1", "given-up": "1"}
