"""The declared object as a subset of the live one, by the schema of its kind."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift.compare import is_covered
from gitops_audit.kube.type_schema import TypeSchema
from tests.unit.drift.samples import (
    compared,
    config_map,
    custom,
    deployment,
    differences,
    entry,
    live,
    widget,
)

MAP_LIST = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name", "zone"],
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "zone": {"type": "string", "default": "a"},
            "value": {"type": "string"},
        },
    },
}
SET_LIST = {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}
ATOMIC = {
    "type": "array",
    "x-kubernetes-list-type": "atomic",
    "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
}
FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TYPE = custom(
    {
        "named": MAP_LIST,
        "zones": SET_LIST,
        "steps": ATOMIC,
        "free": FREE,
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "struct": {"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}},
        "text": {"type": "string"},
        "flag": {"type": "boolean"},
        "number": {"type": "integer"},
    }
)


def found(want: dict[str, Any], have: dict[str, Any], schema: TypeSchema = TYPE) -> list[tuple[str, str]]:
    return differences(widget(**want), live(widget(**have)), schema)


@pytest.mark.parametrize("empty", [None, {}, [], "", 0, False])
def test_an_empty_value_equals_an_absent_one(empty: Any) -> None:
    assert found({"struct": empty, "text": empty}, {}) == []


def test_a_struct_of_empty_values_equals_an_absent_one() -> None:
    assert found({"struct": {"x": "", "y": 0}}, {}) == []


def test_null_declares_nothing() -> None:
    assert found({"text": None, "struct": None}, {"text": "default", "struct": {"x": "1"}}) == []


@pytest.mark.parametrize(("want", "have"), [(0, 5), (False, True), ("", "x")])
def test_an_empty_value_is_not_another_value(want: Any, have: Any) -> None:
    name = {int: "number", bool: "flag", str: "text"}[type(want)]
    assert found({name: want}, {name: have}) == [("changed", f"spec.{name}")]


def test_a_map_keeps_a_key_whose_value_is_empty() -> None:
    assert found({"labels": {"a": ""}}, {"labels": {"b": "1"}}) == [("removed", "spec.labels.a")]
    assert found({"labels": {"a": ""}}, {}) == [("removed", "spec.labels.a")]


def test_a_struct_that_is_gone_is_one_finding_and_its_only_field_is_named() -> None:
    assert found({"struct": {"x": "1", "y": 2}}, {}) == [("removed", "spec.struct")]
    assert found({"struct": {"x": "1"}}, {}) == [("removed", "spec.struct.x")]


def test_a_field_the_schema_does_not_know_is_dropped_once() -> None:
    assert found({"colour": {"a": 1, "b": 2}, "text": "x"}, {"text": "x"}) == [("dropped", "spec.colour")]


def test_a_field_the_schema_does_not_know_but_the_object_holds_is_compared() -> None:
    assert found({"colour": "red"}, {"colour": "red"}) == []
    assert found({"colour": "red"}, {"colour": "blue"}) == [("changed", "spec.colour")]


def test_free_form_fields_are_never_unknown() -> None:
    assert found({"free": {"a": {"b": 1}, "c": 2}}, {}) == [("removed", "spec.free")]
    assert found({"free": {"a": {"b": 1}}}, {"free": {"a": {"b": 2}}}) == [("changed", "spec.free.a.b")]


def test_true_is_not_one_even_where_anything_may_stand() -> None:
    assert found({"free": {"a": True}}, {"free": {"a": 1}}) == [("changed", "spec.free.a")]


def test_elements_of_a_map_list_are_paired_by_their_keys_with_defaults() -> None:
    want = [{"name": "x", "value": "1"}, {"name": "y", "zone": "b", "value": "2"}]
    have = [{"name": "y", "zone": "b", "value": "3"}, {"name": "x", "zone": "a", "value": "1"}]
    assert found({"named": want}, {"named": have}) == [("changed", "spec.named[name=y,zone=b].value")]


def test_an_element_with_another_defaulted_key_is_another_element() -> None:
    want, have = [{"name": "x"}], [{"name": "x", "zone": "b"}]
    assert found({"named": want}, {"named": have}) == [("removed", "spec.named[name=x,zone=a]")]


def test_a_protocol_left_out_means_tcp() -> None:
    ports = {"containers": [{"name": "web", "image": "nginx:1", "ports": [{"containerPort": 53}]}]}
    body = deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": ports})
    have = copy.deepcopy(body)
    have["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 53, "protocol": "UDP"}]
    path = "spec.template.spec.containers[name=web].ports[containerPort=53,protocol=TCP]"
    assert differences(body, live(have)) == [("removed", path)]


def test_more_elements_in_a_map_or_set_are_no_difference() -> None:
    have = {"named": [{"name": "x", "zone": "a"}, {"name": "z", "zone": "a"}], "zones": ["b", "a", "c"]}
    assert found({"named": [{"name": "x"}], "zones": ["a", "b"]}, have) == []


def test_each_missing_element_of_a_map_or_set_is_named() -> None:
    want = {"named": [{"name": "x"}, {"name": "y"}], "zones": ["a", "b"]}
    assert found(want, {"named": [{"name": "x", "zone": "a"}]}) == [
        ("removed", "spec.named[name=y,zone=a]"),
        ("removed", "spec.zones[0]"),
        ("removed", "spec.zones[1]"),
    ]


def test_equal_keys_are_paired_in_order_and_never_crash() -> None:
    want = [{"name": "x", "value": "1"}, {"name": "x", "value": "2"}]
    have = [{"name": "x", "zone": "a", "value": "1"}, {"name": "x", "zone": "a", "value": "3"}]
    assert found({"named": want}, {"named": have}) == [("changed", "spec.named[1].value")]


@pytest.mark.parametrize("strange", [None, 5, "x", [], {}, {"name": {}}, {"name": ["a"]}])
def test_elements_of_the_wrong_shape_never_crash(strange: Any) -> None:
    body = {"named": [strange], "zones": [strange], "steps": [strange], "struct": [strange], "text": {"a": strange}}
    assert found(body, body) == []
    found(body, {"named": [{"name": "x"}], "zones": ["a"], "steps": "x", "struct": {"x": "1"}, "text": "t"})


@pytest.mark.parametrize(
    ("want", "have", "expected"),
    [
        ([{"a": "1"}], [{"a": "1", "b": "default"}], []),
        ([{"a": "1"}, {"a": "2"}], [{"a": "2"}, {"a": "1"}], ["spec.steps[0].a", "spec.steps[1].a"]),
        ([{"a": "1"}], [{"a": "1"}, {"a": "2"}], ["spec.steps"]),
        ([{}], [{"a": "1"}], []),
        ([], [{"a": "1"}], ["spec.steps"]),
    ],
)
def test_atomic_lists_compare_by_place_and_length(want: Any, have: Any, expected: list[str]) -> None:
    assert found({"steps": want}, {"steps": have}) == [("changed", path) for path in expected]


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, min_size=1, max_size=6), st.randoms())
@settings(max_examples=30)
def test_a_shuffled_set_is_equal(values: list[str], randomness: random.Random) -> None:
    shuffled = list(values)
    randomness.shuffle(shuffled)
    assert found({"zones": values}, {"zones": shuffled}) == []


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, min_size=1, max_size=6), st.randoms())
@settings(max_examples=30)
def test_a_shuffled_map_list_is_equal(names: list[str], randomness: random.Random) -> None:
    want = [{"name": name, "value": name} for name in names]
    have = [item | {"zone": "a"} for item in want]
    randomness.shuffle(have)
    assert found({"named": want}, {"named": have}) == []


def test_without_a_schema_lists_compare_by_place_and_quantities_by_name() -> None:
    limits = {"limits": {"cpu": "1", "memory": "1Gi"}}
    body = widget(resources=limits, data={"a": "1"})
    have = live(widget(resources={"limits": {"cpu": "1000m", "memory": 2**30}}, data={"a": "1000m"}))
    drift = compared(body, have)
    assert [(c.type, c.path) for c in drift.changes] == [("changed", "spec.data.a")]


def test_a_pod_template_that_a_custom_resource_keeps_as_it_is_compares_by_the_names_of_its_fields() -> None:
    want, have = {"resources": {"limits": {"cpu": "1000m"}}}, {"resources": {"limits": {"cpu": 1}}}
    assert found({"free": want}, {"free": have}) == []
    assert found({"free": {"data": {"a": "1000m"}}}, {"free": {"data": {"a": 1}}}) == [("changed", "spec.free.data.a")]


def hpa(*metrics: str) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": 70}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"metrics": [{"type": "Resource", "resource": {"name": m, "target": dict(target)}} for m in metrics]},
    }


def test_metrics_of_an_autoscaler_have_no_order() -> None:
    assert differences(hpa("memory", "cpu"), live(hpa("cpu", "memory"))) == []


def test_one_changed_metric_is_one_finding_even_among_equal_ones() -> None:
    have = hpa("cpu", "cpu", "memory")
    have["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] = 90
    path = "spec.metrics[0].resource.target.averageUtilization"
    assert differences(hpa("cpu", "cpu", "memory"), live(have)) == [("changed", path)]


def test_no_metrics_means_the_one_that_the_server_chooses() -> None:
    assert differences(hpa(), live(hpa("cpu"))) == []


def test_a_metric_that_is_missing_changes_the_list() -> None:
    assert differences(hpa("cpu", "memory"), live(hpa("cpu"))) == [("changed", "spec.metrics")]


def pod(*tolerations: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"containers": [{"name": "a", "image": "a:1"}], "tolerations": list(tolerations)},
    }


def test_tolerations_that_admission_adds_to_a_pod_are_no_difference() -> None:
    mine = {"key": "spot", "operator": "Exists"}
    added = [{"key": f"node.kubernetes.io/{c}", "operator": "Exists"} for c in ("not-ready", "unreachable")]
    assert differences(pod(mine), live(pod(*added, mine))) == []
    assert differences(pod(mine), live(pod(*added))) == [("removed", "spec.tolerations[0]")]


def test_taints_that_the_node_controllers_add_are_no_difference() -> None:
    def node(*keys: str) -> dict[str, Any]:
        taints = [{"key": key, "effect": "NoSchedule"} for key in keys]
        return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": taints}}

    assert differences(node("gpu"), live(node("gpu", "node.kubernetes.io/not-ready"))) == []
    assert differences(node("gpu"), live(node("node.kubernetes.io/not-ready"))) == [("changed", "spec.taints[0].key")]


def test_a_toleration_changed_where_nobody_added_any_is_a_change_of_its_field() -> None:
    mine, other = {"key": "spot", "operator": "Exists"}, {"key": "batch", "operator": "Exists"}
    assert differences(pod(mine), live(pod(other))) == [("changed", "spec.tolerations[0].key")]


def test_a_value_of_the_wrong_type_is_a_difference_not_a_crash() -> None:
    assert differences(config_map(), live(config_map(a="1"))) == []
    assert differences(config_map() | {"data": {"a": 1}}, live(config_map(a="1"))) == [("changed", "data.a")]
    assert differences(config_map() | {"data": ["a"]}, live(config_map(a="1"))) == [("changed", "data")]


def test_the_comparison_never_changes_its_input() -> None:
    want, have = widget(named=[{"name": "x"}], free={"a": [1]}), live(widget(named=[], free={"a": [2]}))
    before = copy.deepcopy((want, have))
    compared(want, have, schema=TYPE)
    assert (want, have) == before


def test_an_object_nested_without_end_is_unknown_not_in_sync() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    drift = compared(widget(free=deep), live(widget()) | {"spec": {"free": deep}}, schema=TYPE)
    assert (drift.status, drift.reason) == ("unknown", "nested too deeply to compare")


def test_the_plain_way_says_yes_only_where_the_long_way_does() -> None:
    assert is_covered({"a": [1, {"b": "c"}], "d": None, "e": False, "f": []}, {"a": [1, {"b": "c", "x": 1}], "y": 2})
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"a": True}, {"a": 1}),
        ({"a": [{"port": 53}]}, {"a": [{"port": 53, "protocol": "UDP"}]}),
        ({"a": ""}, {}),
        ({"a": 0}, {}),
        ({"a": {}}, {}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": {"b": [[1]]}}, {"a": {"b": [[2]]}}),
        ({"a": [1]}, {"a": ["1"]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}),
    ]
    for want, have in pairs:
        assert not is_covered(want, have)
    assert not is_covered({"a": [{"b": 1}]}, {"a": [{"b": 1, "k": 2}]}, is_custom=True)
    assert not is_covered({"a": False}, {}, is_custom=True)


def _limited(**limits: Any) -> dict[str, Any]:
    body = deployment()
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": limits}
    return body


EMPTY: tuple[Any, ...] = (0, 0.0, False, "", [], {})
FLAGS = custom({"flags": {"type": "object", "additionalProperties": {}}, "flag": {"type": "boolean"}})


@pytest.mark.parametrize(
    ("want", "have", "schema"),
    [
        (config_map(a="1", b=""), config_map(a="1"), None),
        (_limited(cpu=0, memory="1Gi"), _limited(memory="1Gi"), None),
        (_limited(cpu=0), _limited(), None),
        *((widget(flags={"a": empty, "b": 1}), widget(flags={"b": 1}), FLAGS) for empty in EMPTY),
    ],
)
def test_an_empty_entry_of_a_map_that_is_gone_was_removed_whatever_managers_are_recorded(
    want: dict[str, Any], have: dict[str, Any], schema: TypeSchema | None
) -> None:
    recorded = live(have, entry("kustomize-controller", have, "Apply"))
    assert [kind for kind, _ in differences(want, recorded, schema)] == ["removed"]


@pytest.mark.parametrize("empty", [0, False, "", [], {}])
def test_an_empty_field_of_a_struct_that_the_server_left_out_is_no_difference(empty: Any) -> None:
    want, have = deployment(revisionHistoryLimit=empty), deployment()
    assert differences(want, live(have, entry("kustomize-controller", have, "Apply"))) == []
    assert differences(widget(flag=empty, text="a"), live(widget(text="a"), entry("x", {}, "Apply")), TYPE) == []


@pytest.mark.parametrize("mode", ["declared", "owned", "strict"])
def test_every_mode_finds_what_differs(mode: Any) -> None:
    drift = compared(widget(text="a"), live(widget(text="b")), DriftConfig(mode=mode), schema=TYPE)
    assert [(c.type, c.path, c.declared, c.live) for c in drift.changes] == [("changed", "spec.text", "a", "b")]
