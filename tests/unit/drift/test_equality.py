"""When two values mean the same to the API server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_audit.drift.equality import (
    instant,
    is_equal,
    is_hollow,
    is_identical,
    is_likely_equal,
)
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from tests.unit.drift.samples import custom, deployment, schema_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_an_instant_needs_a_zone() -> None:
    assert instant("2024-01-01T00:00:00Z") == instant("2024-01-01T01:00:00.000+01:00")
    assert instant("2024-01-01T00:00:00") is None
    assert instant("soon") is None
    assert instant(5) is None


@pytest.mark.slow
@given(JSON)
def test_every_value_is_identical_to_itself(value: Any) -> None:
    assert is_identical(value, value)


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), ([1], [True]), ({"a": 0}, {"a": False}), (1, "1")])
def test_values_of_different_types_are_not_identical(one: Any, other: Any) -> None:
    assert not is_identical(one, other)


def test_whole_numbers_are_one_number_with_or_without_a_point() -> None:
    assert is_identical(1, 1.0)


@pytest.mark.parametrize("value", [None, {}, [], "", 0, False, {"a": {}, "b": {"c": ""}}])
def test_what_the_server_may_leave_out_is_hollow(value: Any) -> None:
    assert is_hollow(value)


@pytest.mark.parametrize("value", [[{}], {"a": [{}]}, "0", {"a": {"b": 1}}])
def test_an_element_is_there_even_when_it_is_empty(value: Any) -> None:
    assert not is_hollow(value)


def typed(**node: Any) -> TypeSchema:
    spec = custom({"a": node}).field("spec")
    assert spec is not None
    return spec.field("a") or ANYTHING


@pytest.mark.parametrize(
    ("schema", "one", "other", "same"),
    [
        (typed(type="string", format="duration"), "1h", "60m0s", True),
        (typed(type="string"), "1h", "60m0s", False),
        (typed(type="string", format="date-time"), "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00", True),
        (typed(type="string", format="byte"), "AAEC\nAwQ=\n", "AAECAwQ=", True),
        (typed(type="string", format="byte"), "AAEC", "AAED", False),
        (typed(**{"x-kubernetes-int-or-string": True}), 1, "1", True),
        (typed(**{"x-kubernetes-int-or-string": True}), 1, "1000m", True),
        (typed(**{"x-kubernetes-int-or-string": True}), "50%", "60%", False),
        (typed(format="int-or-string"), 80, "80", True),
        (typed(format="int-or-string"), 1, "1000m", False),
        (typed(format="int-or-string"), 1, True, False),
        (typed(type="string"), "1", 1, False),
        (typed(type="string", format="duration"), "soon", "later", False),
        (ANYTHING, "1", "1000m", False),
    ],
)
def test_scalars_compare_as_their_schema_says(schema: TypeSchema, one: Any, other: Any, same: bool) -> None:
    assert is_equal(one, other, schema) is same
    assert is_equal(other, one, schema) is same


def test_built_in_quantities_are_known_by_their_type() -> None:
    schema = schema_of(deployment())
    for name in ("spec", "template", "spec", "containers"):
        schema = schema.field(name) if schema else None
    resources = schema.items.field("resources") if schema and schema.items else None
    limits = resources.field("limits") if resources else None
    cpu = limits.field("cpu") if limits else None
    assert cpu is not None
    assert is_equal("1", "1000m", cpu)


@pytest.mark.parametrize(
    ("names", "one", "other", "is_same"),
    [
        (["limits", "cpu"], "1", "1000m", True),
        (["limits", "cpu"], "1", "2", False),
        (["emptyDir", "sizeLimit"], "1Gi", "1024Mi", True),
        (["capacity"], "1024Gi", "1Ti", True),
        (["external", "target", "value"], "100.0", "100", True),
        (["capacity", "memory", "value"], "1024Mi", "1Gi", True),
        (["data", "key"], "1", "1000m", False),
        (["env", "value"], "1", "1000m", False),
        (["binaryData", "blob"], "AAEC\nAwQ=\n", "AAECAwQ=", True),
        (["clientConfig", "caBundle"], "QUJD\n", "QUJD", True),
        (["data", "blob"], "a b", "ab", False),
        ([], "1", "1000m", False),
    ],
)
def test_without_a_schema_names_tell_where_quantities_and_bytes_stand(
    names: list[str], one: str, other: str, is_same: bool
) -> None:
    assert is_likely_equal(one, other, names) is is_same
