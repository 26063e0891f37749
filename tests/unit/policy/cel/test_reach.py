from __future__ import annotations

import copy
from typing import Any

import pytest

from gitops_audit.policy import cel
from gitops_audit.policy.cel.reach import without_records

LIVE: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}, "managedFields": [{"manager": "kubectl"}]},
    "spec": {"replicas": 1, "status": {"managedFields": 1}},
    "status": {"replicas": 1},
}
TYPES = {"object": "dyn", "other": "dyn"}


@pytest.mark.parametrize(
    "expression",
    [
        "object.metadata.name == 'web'",
        "has(object.metadata.labels) && object.metadata.?labels.orValue({}).size() == 1",
        "object.spec.replicas == 1 && object['spec']['status'].managedFields == 1",
        "object[?'spec'].hasValue() && object.metadata['labels']['app'] == 'web'",
        "object.metadata.labels.all(k, k != 'status')",
        "!has(object.data) && other == null",
    ],
)
def test_an_expression_that_sees_no_records_has_its_result_without_them(expression: str) -> None:
    program = cel.compile(expression, TYPES)
    assert program.is_lean

    for body in (LIVE, without_records(LIVE)):
        assert program.evaluate(cel.Activation.of({"object": body, "other": None})) is True


@pytest.mark.parametrize(
    "expression",
    [
        "has(object.status)",
        "object.status.replicas == 1",
        "object.?status.replicas.orValue(0) == 1",
        "object['status']['replicas'] == 1",
        "object[?'status'].hasValue()",
        "object['sta' + 'tus'].replicas == 1",
        "'status' in object",
        "object.exists(k, k == 'status')",
        "object.map(k, object[k]).size() == 4",
        "object == other",
        "[object][0].status.replicas == 1",
        "cel.bind(o, object, o.status.replicas == 1)",
        "(true ? object : other).status.replicas == 1",
        "object.metadata.managedFields.size() == 1",
        "object.metadata.?managedFields.orValue([]).size() == 1",
        "object.metadata['managed' + 'Fields'].size() == 1",
        "'managedFields' in object.metadata",
        "object.metadata == other.metadata",
        "object.metadata.size() == 3",
        "has(object.metadata.managedFields)",
        "cel.bind(m, object.metadata, has(m.managedFields))",
    ],
)
def test_an_expression_that_may_see_records_has_them(expression: str) -> None:
    program = cel.compile(expression, TYPES)

    assert program.evaluate(cel.Activation.of({"object": LIVE, "other": copy.deepcopy(LIVE)})) is True
    assert not program.is_lean


def test_both_kinds_of_expressions_share_one_activation() -> None:
    values = cel.Activation.of({"object": LIVE, "other": None})
    lean, whole = cel.compile("object.metadata.name", TYPES), cel.compile("size(object.metadata.managedFields)", TYPES)

    assert [lean.evaluate(values), whole.evaluate(values), lean.evaluate(values)] == ["web", 1, "web"]


@pytest.mark.parametrize("body", [None, "x", {}, {"metadata": None}, {"metadata": []}, {"metadata": {"name": "a"}}])
def test_an_object_without_records_is_left_alone(body: Any) -> None:
    assert without_records(body) is body


def test_the_object_itself_keeps_its_records() -> None:
    before = copy.deepcopy(LIVE)

    assert without_records(LIVE) == {k: v for k, v in LIVE.items() if k not in ("status", "metadata")} | {
        "metadata": {"name": "web", "labels": {"app": "web"}}
    }
    assert before == LIVE
