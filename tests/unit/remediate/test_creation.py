"""How a missing object is created: in the way of most other objects of its source."""

from __future__ import annotations

from gitops_audit.drift.attribution import Managers
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from gitops_audit.remediate.creation import Style, style_of

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
