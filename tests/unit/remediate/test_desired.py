"""The live object as it should be: only what counts is changed, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube import shape
from gitops_audit.model.finding import Change
from gitops_audit.remediate.desired import desired, folded, operations

SCHEMA = shape.of_kind("apps", "v1", "Deployment")


def deployment(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": list(containers)}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": template, **spec},
    }


def test_a_changed_field_is_set_in_the_element_of_the_same_key() -> None:
    declared = deployment({"name": "web", "image": "a"})
    live = deployment({"name": "mesh", "image": "m"}, {"name": "web", "image": "b"}, replicas=7)

    found = desired(declared, live, [Change("changed", "/spec/template/spec/containers/0/image", "")], SCHEMA)

    assert found == deployment({"name": "mesh", "image": "m"}, {"name": "web", "image": "a"}, replicas=7)


@pytest.mark.parametrize(("declared", "live"), [((1, 2), (1, 9)), ((1, 2), (2,)), ((1,), (9, 1))])
def test_elements_of_the_same_key_are_left_alone(declared: tuple[int, ...], live: tuple[int, ...]) -> None:
    """The first of them was overwritten with the value of another one."""
    one, other = (
        deployment({"name": "web", "env": [{"name": "A", "value": str(v)} for v in side]}) for side in (declared, live)
    )
    change = Change("changed", f"/spec/template/spec/containers/0/env/{len(declared) - 1}/value", "")

    with pytest.raises(LookupError):
        desired(one, other, [change], SCHEMA)


def test_a_removed_element_comes_back_at_the_end() -> None:
    declared = deployment({"name": "web", "image": "a"}, {"name": "side", "image": "s"})
    live = deployment({"name": "web", "image": "a"})

    found = desired(declared, live, [Change("removed", "/spec/template/spec/containers/1", "")], SCHEMA)

    assert found == declared


def test_added_elements_go_and_their_neighbours_stay() -> None:
    declared = deployment({"name": "web"})
    live = deployment({"name": "x"}, {"name": "web"}, {"name": "y"})
    places = ("/spec/template/spec/containers/0", "/spec/template/spec/containers/2")

    assert desired(declared, live, [Change("added", p, "") for p in places], SCHEMA) == declared


def test_a_struct_that_a_removal_empties_goes_too_unless_git_declares_it() -> None:
    live = deployment({"name": "web", "securityContext": {"privileged": True}})
    change = Change("added", "/spec/template/spec/containers/0/securityContext/privileged", "")

    assert desired(deployment({"name": "web"}), live, [change], SCHEMA) == deployment({"name": "web"})
    kept = deployment({"name": "web", "securityContext": {}})
    assert desired(kept, live, [change], SCHEMA) == kept


def test_a_strategy_that_takes_no_rolling_update_loses_its_parameters() -> None:
    live = deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})
    declared = deployment(strategy={"type": "Recreate"})

    assert desired(declared, live, [Change("changed", "/spec/strategy/type", "")], SCHEMA) == declared


def test_the_input_is_left_as_it_was() -> None:
    live = deployment({"name": "web", "image": "b"})
    desired(
        deployment({"name": "web", "image": "a"}),
        live,
        [Change("changed", "/spec/template/spec/containers/0/image", "")],
        SCHEMA,
    )

    assert live == deployment({"name": "web", "image": "b"})


def test_a_place_that_is_gone_is_an_error() -> None:
    with pytest.raises(LookupError):
        desired(deployment(), deployment(), [Change("added", "/spec/template/spec/containers/3/image", "")], SCHEMA)


def test_string_data_of_a_secret_becomes_data_as_the_server_keeps_it() -> None:
    secret = {"kind": "Secret", "data": {"a": "MQ=="}, "stringData": {"b": "2"}}

    assert folded(secret) == {"kind": "Secret", "data": {"a": "MQ==", "b": "Mg=="}}


def test_a_patch_tests_what_it_removes_and_escapes_names() -> None:
    before, after = {"metadata": {"labels": {"a/b": "x", "c": "y"}}}, {"metadata": {"labels": {"c": "z"}}}

    assert list(operations(before, after)) == [
        {"op": "test", "path": "/metadata/labels/a~1b", "value": "x"},
        {"op": "remove", "path": "/metadata/labels/a~1b"},
        {"op": "replace", "path": "/metadata/labels/c", "value": "z"},
    ]


def test_a_removed_element_comes_back_between_its_declared_neighbours() -> None:
    """Init containers run, and variables that name each other are read, in the order in which they stand."""
    declared = deployment({"name": "one"}, {"name": "two"}, {"name": "three"}, {"name": "four"})
    live = deployment({"name": "mesh"}, {"name": "three"}, {"name": "by-hand"})
    places = [f"/spec/template/spec/containers/{n}" for n in (0, 1, 3)]
    changes = [*(Change("removed", p, "") for p in places), Change("added", "/spec/template/spec/containers/2", "")]

    found = desired(declared, live, changes, SCHEMA)

    names = [c["name"] for c in found["spec"]["template"]["spec"]["containers"]]
    assert names == ["mesh", "one", "two", "three", "four"]
