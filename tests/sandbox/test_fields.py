"""Field sets and typed walks, by property."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.sandbox.apply import Apply
from gitops_audit.sandbox.field_set import display, from_fields_v1, item_element, to_fields_v1
from gitops_audit.sandbox.managed_fields import Managers, applier
from gitops_audit.sandbox.patch import json_patch, merge_patch, strategic_merge
from gitops_audit.sandbox.tables import builtin
from gitops_audit.sandbox.typed import SchemaMismatch, compare, merge, owned_fields, remove
from gitops_audit.sandbox.types import Field, Type, zero

_META = Field(builtin("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"))
CONTAINER = Type("struct", fields={"metadata": _META} | dict(builtin("io.k8s.api.core.v1.Container").fields))
_NAMES = st.sampled_from(["A", "B", "C", "D"])
_VALUES = st.sampled_from(["", "1", "2"])
_ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"', "f:.", "i:0"])
PATHS = st.frozensets(st.lists(_ELEMENTS, min_size=1, max_size=4).map(tuple), min_size=1)


def _environment(names: list[str], values: list[str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in zip(names, values, strict=False)]


ENVIRONMENTS = st.builds(_environment, st.lists(_NAMES, unique=True), st.lists(_VALUES, min_size=4, max_size=4))
CONTAINERS = st.fixed_dictionaries(
    {"name": st.just("c")},
    optional={
        "env": ENVIRONMENTS,
        "args": st.lists(_VALUES, max_size=2),
        "tty": st.booleans(),
        "resources": st.fixed_dictionaries({}, optional={"limits": st.dictionaries(_NAMES, st.just("1"))}),
    },
)


def apply(manager: str, live: Any, config: Any, managers: Managers) -> tuple[Any, Managers]:
    request = Apply(applier(manager), "v1", "now", force=True, is_tracked=lambda path: True)
    return request.merged({"metadata": {}} | live, config, managers, CONTAINER)


@given(PATHS)
def test_a_set_survives_its_wire_form(paths: frozenset[tuple[str, ...]]) -> None:
    assert from_fields_v1(to_fields_v1(paths)) == paths


@pytest.mark.parametrize("broken", [{"x:a": {}}, {"f:a": 1}, {"a": {}}, {"f:a": {"b": {}}}])
def test_what_is_no_fields_v1_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="path element"):
        from_fields_v1(broken)


def test_a_path_is_shown_as_the_api_server_does() -> None:
    assert display(("f:spec", 'k:{"name":"a","port":80}', "f:image")) == '.spec[name="a",port=80].image'
    assert display(("f:finalizers", 'v:"x"')) == '.finalizers[="x"]'


@given(CONTAINERS)
def test_an_object_does_not_differ_from_itself(value: dict[str, Any]) -> None:
    found = compare(value, copy.deepcopy(value), CONTAINER)
    assert (found.added, found.removed, found.modified) == (set(), set(), set())


@given(CONTAINERS, CONTAINERS)
def test_a_comparison_reads_the_same_backwards(one: dict[str, Any], other: dict[str, Any]) -> None:
    there, back = compare(one, other, CONTAINER), compare(other, one, CONTAINER)
    assert (there.added, there.removed, there.modified) == (back.removed, back.added, back.modified)


@given(CONTAINERS, CONTAINERS)
def test_merging_leaves_nothing_of_the_configuration_out(live: dict[str, Any], config: dict[str, Any]) -> None:
    before = copy.deepcopy((live, config))
    merged = merge(live, config, CONTAINER)
    assert merge(merged, config, CONTAINER) == merged
    assert (live, config) == before


@given(CONTAINERS, CONTAINERS)
def test_applying_the_same_again_changes_nothing(live: dict[str, Any], config: dict[str, Any]) -> None:
    once, owners = apply("one", live, config, {})
    twice, owners_again = apply("one", once, config, owners)
    assert (twice, owners_again) == (once, owners)


@settings(max_examples=60)
@given(CONTAINERS, CONTAINERS)
def test_what_an_applier_gives_up_is_gone_unless_another_has_it(first: dict[str, Any], second: dict[str, Any]) -> None:
    live, owners = apply("one", {}, first, {})
    live, owners = apply("one", live, second, owners)
    left = owned_fields({key: value for key, value in live.items() if key != "metadata"}, CONTAINER)
    leaves = {path for path in left if path[-1].startswith("f:") and _leaf(live, path) not in ({}, [])}
    assert leaves <= owned_fields(second, CONTAINER)


def _leaf(value: Any, path: tuple[str, ...]) -> Any:
    for element in path:
        if isinstance(value, list):
            value = next(item for item in value if item_element(CONTAINER.fields["env"].type, item) == element)
        else:
            value = value[element[2:]]
    return value


@given(CONTAINERS)
def test_removing_every_owned_leaf_leaves_empty_parts(value: dict[str, Any]) -> None:
    left = remove(value, owned_fields(value, CONTAINER), CONTAINER) or {}
    assert all(part in (None, [], {}) or key == "resources" for key, part in left.items())


def test_an_unknown_field_and_a_double_item_do_not_fit() -> None:
    with pytest.raises(SchemaMismatch, match=r"^\.nope: field not declared in schema$"):
        owned_fields({"nope": 1}, CONTAINER)
    with pytest.raises(SchemaMismatch, match="duplicate entries"):
        owned_fields({"env": [{"name": "A"}, {"name": "A"}]}, CONTAINER)


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, "bar", "bar"),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ([1], {"a": "b"}, {"a": "b"}),
    ],
)
def test_merge_patches_follow_the_rfc(target: Any, patch: Any, expected: Any) -> None:
    assert merge_patch(target, patch) == expected


def test_patches_leave_their_target_as_it_was() -> None:
    target = {"env": [{"name": "A", "value": "1"}], "args": ["a"]}
    before = copy.deepcopy(target)
    json_patch(target, [{"op": "add", "path": "/args/-", "value": "b"}, {"op": "remove", "path": "/env/0/value"}])
    merge_patch(target, {"env": [], "args": None})
    strategic_merge(target, {"env": [{"name": "A", "value": "2"}]}, CONTAINER)
    assert target == before


def test_an_empty_object_shows_what_is_always_written() -> None:
    assert zero(builtin("io.k8s.api.apps.v1.DeploymentSpec")) == {
        "selector": None,
        "template": {"metadata": {}, "spec": {"containers": None}},
        "strategy": {},
    }
