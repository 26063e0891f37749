"""Declared objects as admission would see them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.declared import as_admitted

META = {"name": "web", "namespace": "shop"}
POD = {"containers": [{"name": "web", "image": "web:1"}], "volumes": [{"name": "scratch"}]}
KEYS = st.sampled_from(["spec", "containers", "ports", "x"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["spec", "containers", "ports", "x"]), inner)
    ),
    max_leaves=8,
)
KINDS = [("", "v1", "Pod"), ("", "v1", "Service"), ("apps", "v1", "Deployment"), ("apps", "v1", "StatefulSet")]


def deployment(spec: Any) -> JsonObject:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": META, "spec": spec}


def test_defaults_that_decide_are_there_and_the_object_is_left_alone() -> None:
    body = deployment({"template": {"spec": POD}})
    before = copy.deepcopy(body)
    filled = as_admitted("apps", "v1", "Deployment", body)
    pod = filled["spec"]["template"]["spec"]

    assert (filled["spec"]["replicas"], pod["restartPolicy"]) == (1, "Always")
    assert pod["volumes"] == [{"name": "scratch", "emptyDir": {}}]
    assert pod["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert "serviceAccountName" not in pod
    assert ("status" in filled, body) == (False, before)


def test_a_field_that_is_null_is_absent() -> None:
    body = deployment({"replicas": None, "template": {"spec": {**POD, "hostPID": None}}})
    filled = as_admitted("apps", "v1", "Deployment", body)

    assert filled["spec"]["replicas"] == 1
    assert "hostPID" not in filled["spec"]["template"]["spec"]


def test_a_custom_resource_stays_as_it_is_declared() -> None:
    body = {"apiVersion": "example.com/v1", "kind": "Deployment", "metadata": META, "spec": {"template": {"spec": POD}}}

    assert as_admitted("example.com", "v1", "Deployment", body) is body


@pytest.mark.parametrize("spec", [None, [], "text", 3, {"template": []}, {"template": {"spec": {"containers": 3}}}])
def test_an_object_without_the_shape_of_its_kind_is_left_to_validation(spec: Any) -> None:
    body = {"apiVersion": "v1", "kind": "Deployment", "metadata": META} | ({} if spec is None else {"spec": spec})

    assert as_admitted("apps", "v1", "Deployment", body) == body


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), VALUES))
def test_no_shape_is_too_odd(kind: tuple[str, str, str], body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)

    as_admitted(*kind, body)

    assert body == before
