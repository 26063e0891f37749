"""A change taken over into the manifest that an object was made from, and the keys of tools that lead to a value."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube import shape
from gitops_audit.model.finding import ABSENT, Change
from gitops_audit.remediate.togit.wanted import Elsewhere, wanted
from gitops_audit.render.value_leaf import substituted

SCHEMA = shape.of_kind("apps", "v1", "Deployment")


def deployment(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {**spec, "template": {"spec": {"containers": list(containers)}}}}


WEB, MESH = {"name": "web", "image": "web:1"}, {"name": "mesh", "image": "mesh:1"}
PLACE = "/spec/template/spec/containers"


def test_elements_of_lists_go_by_their_keys_and_not_by_their_places() -> None:
    live = deployment(MESH, {**WEB, "image": "web:2"})
    change = Change("changed", f"{PLACE}/1/image", "", "web:1", "web:2")

    found = wanted(deployment(WEB), deployment(MESH, WEB), live, change, SCHEMA)

    assert found == deployment({**WEB, "image": "web:2"})


def test_a_value_that_is_another_in_the_manifest_stands_elsewhere() -> None:
    change = Change("changed", f"{PLACE}/0/image", "", "web:1", "web:2")

    with pytest.raises(Elsewhere):
        wanted(deployment({**WEB, "image": "web"}), deployment(WEB), deployment(WEB), change, SCHEMA)


def test_an_added_element_stands_behind_the_one_that_it_follows_in_the_cluster() -> None:
    last = {"name": "last", "image": "l"}
    change = Change("added", f"{PLACE}/1", "", live=MESH)

    found = wanted(deployment(WEB, last), deployment(WEB, last), deployment(WEB, MESH, last), change, SCHEMA)

    assert found == deployment(WEB, MESH, last)


def test_an_added_element_that_is_the_first_in_the_cluster_stands_first() -> None:
    change = Change("added", f"{PLACE}/0", "", live=MESH)

    assert wanted(deployment(WEB), deployment(WEB), deployment(MESH, WEB), change, SCHEMA) == deployment(MESH, WEB)


def test_an_added_field_brings_the_maps_that_lead_to_it() -> None:
    change = Change("added", "/metadata/annotations/by-hand", "", live="yes")
    live = {"metadata": {"annotations": {"by-hand": "yes", "other": "x"}}}

    assert wanted({}, {}, live, change, SCHEMA) == {"metadata": {"annotations": {"by-hand": "yes"}}}


@pytest.mark.parametrize(
    ("live", "left"),
    [
        (deployment({"name": "web", "resources": {}}), {"name": "web", "resources": {}}),
        (deployment({"name": "web"}), {"name": "web"}),
    ],
    ids=["the map is still live", "the map is gone too"],
)
def test_a_removed_field_takes_the_maps_along_that_the_cluster_has_not_either(live: Any, left: Any) -> None:
    declared = deployment({"name": "web", "resources": {"limits": {"cpu": "1"}}})
    change = Change("removed", f"{PLACE}/0/resources/limits/cpu", "", declared="1")

    assert wanted(declared, declared, live, change, SCHEMA) == deployment(left)


@pytest.mark.parametrize(
    ("value", "declared", "live", "new"),
    [
        ("1.2", "shop:1.2", "shop:1.3", "1.3"),
        ("shop", "shop:1.2", "other:1.2", "other"),
        (2, 2, 5, 5),
        (2, "port-2", "port-3", 3),
        ("2", 2, 5, "5"),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ("shop", "shop:1.2", "other:1.3", ABSENT),
        (True, "true", "false", ABSENT),
        ("", "shop", "other", ABSENT),
        ("1", "1:1", "1:2", "2"),
    ],
)
def test_the_part_of_a_value_that_a_key_holds_is_what_it_must_be(
    value: Any, declared: Any, live: Any, new: Any
) -> None:
    assert substituted(value, declared, live) == new
