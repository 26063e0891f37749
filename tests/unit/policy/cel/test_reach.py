from __future__ import annotations

import copy
from itertools import count
from typing import Any

import pytest

from gitops_audit.policy import cel
from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.reach import DECLARED, OWN, POD, VIEWS, narrowed, with_views

POD_SPEC = {"containers": [{"name": "main"}], "nodeName": "a"}
LIVE: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}, "managedFields": [{"manager": "kubectl"}]},
    "spec": {"replicas": 1, "status": {"managedFields": 1}, "template": {"spec": POD_SPEC}},
    "status": {"replicas": 1},
}
TYPES = {"object": "dyn", "other": "dyn", "podSpec": "dyn"}
ALL_USES = {"object", "podSpec", *(view.name for view in VIEWS)}


def values() -> cel.Activation:
    return cel.Activation.of({"object": LIVE, "other": copy.deepcopy(LIVE), "podSpec": POD_SPEC})


def uses(expression: str) -> set[str]:
    """The variables and views that are left of an expression."""
    root = narrowed(cel.compile(expression, TYPES).tree.root, count(1_000))
    return {node.name for node in ast.walk(root) if isinstance(node, ast.Ident)} & ALL_USES


@pytest.mark.parametrize(
    ("expression", "view"),
    [
        ("object.metadata.name == 'web'", "object.own"),
        ("has(object.metadata.labels) && object.metadata.?labels.orValue({}).size() == 1", "object.own"),
        ("object[?'spec'].hasValue()", "object.declared"),
        ("object.spec.replicas == 1 && object['spec']['status'].managedFields == 1", "object.own"),
        ("object.metadata.labels.all(k, k != 'status')", "object.own"),
        ("object.metadata.labels.all(k, object.metadata.labels[k] == 'web')", "object.own"),
        ("!has(object.data) && other != null", "object.own"),
        ("object.?data.orValue(1) == 1", "object.own"),
        ("object.spec.template.spec.containers.size() == 1", "object.declared"),
        ("has(object.spec.template) && object.kind == 'Deployment'", "object.declared"),
        ("object.spec.?jobTemplate.orValue(1) == 1", "object.declared"),
        ("'replicas' in object.spec", "object.declared"),
        ("podSpec.nodeName == 'a' && !has(podSpec.hostPID)", "podSpec.own"),
        ("podSpec.containers.size() == 1 && podSpec.nodeName == 'a'", "podSpec"),
        ("podSpec.?initContainers.orValue([]).size() == 0", "podSpec"),
        ("podSpec != null", "podSpec"),
    ],
)
def test_an_expression_gets_the_narrowest_view_of_what_it_sees(expression: str, view: str) -> None:
    assert uses(expression) == {view}
    assert cel.compile(expression, TYPES).evaluate(values()) is True


def test_both_variables_have_views_of_their_own() -> None:
    assert uses("object.kind == 'Deployment' && podSpec.containers.size() == 1") == {"object.own", "podSpec"}


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
        "object.spec == other.spec && object == other",
        "cel.bind(object, {'status': 1}, object.status == 1)",
        "[{'status': 1}].all(object, object.status == 1)",
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
def test_an_expression_that_may_see_all_of_an_object_has_it(expression: str) -> None:
    assert cel.compile(expression, TYPES).evaluate(values()) is True
    assert uses(expression) == {"object"}


def test_expressions_with_different_views_share_one_activation() -> None:
    shared = values()
    found = ["object.metadata.name", "size(object.metadata.managedFields)", "object.spec.template.spec.nodeName"]

    assert [cel.compile(text, TYPES).evaluate(shared) for text in (*found, *found)] == ["web", 1, "a"] * 2


def test_an_error_is_told_in_the_same_words_whatever_the_view() -> None:
    for text in ("object.spec.none.x == 1", "object.status.none.x == 1", "podSpec.none == 1", "object.none == 1"):
        with pytest.raises(cel.CelError, match="no such key: none"):
            cel.compile(text, TYPES).evaluate(values())


@pytest.mark.parametrize(
    "body", [None, "x", {}, {"metadata": None}, {"metadata": []}, {"metadata": {"name": "a"}, "spec": {"replicas": 1}}]
)
def test_an_object_with_nothing_to_leave_out_is_its_own_view(body: Any) -> None:
    assert with_views({"object": body})["object.own"] is body


def test_a_view_leaves_out_and_the_object_keeps() -> None:
    before = copy.deepcopy(LIVE)
    declared = {"kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": LIVE["spec"]}

    assert DECLARED.of(LIVE) == declared
    assert OWN.of(DECLARED.of(LIVE)) == declared | {"spec": {"replicas": 1, "status": {"managedFields": 1}}}
    assert with_views({"object": LIVE})[OWN.name] == OWN.of(declared)
    assert POD.of(POD_SPEC) == {"nodeName": "a"}
    assert before == LIVE
