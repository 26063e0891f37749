"""The types of a cluster's objects: references, list types, and documents nobody should trust."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube.type_schema import Schemas, TypeSchema

REF = "#/components/schemas/"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def thing(properties: dict[str, Any], **named: Any) -> TypeSchema:
    """The type of kind Thing in example.com/v1 with the given properties."""
    gvk = [{"group": "example.com", "version": "v1", "kind": "Thing"}]
    root = {"type": "object", "properties": properties, "x-kubernetes-group-version-kind": gvk}
    document = {"components": {"schemas": {"com.example.v1.Thing": root} | named}}
    found = Schemas(lambda group, version: document).type_for("example.com", "v1", "Thing")
    assert found is not None
    return found


def field(schema: TypeSchema, name: str) -> TypeSchema:
    found = schema.field(name)
    assert found is not None
    return found


def test_a_kind_the_cluster_does_not_describe_has_no_type() -> None:
    schemas = Schemas(lambda group, version: {"components": {"schemas": {}}} if version == "v1" else None)
    assert schemas.type_for("example.com", "v1", "Thing") is None
    assert schemas.type_for("example.com", "v2", "Thing") is None


def test_each_document_is_asked_for_once() -> None:
    asked: list[tuple[str, str]] = []

    def documents(group: str, version: str) -> None:
        asked.append((group, version))

    schemas = Schemas(documents)
    for _ in range(3):
        schemas.type_for("apps", "v1", "Deployment")
    assert asked == [("apps", "v1")]


def test_a_kind_of_another_version_in_the_same_document_is_not_taken() -> None:
    gvks = [{"group": "", "version": "v2", "kind": "Thing"}, {"group": "apps", "version": "v1", "kind": "Thing"}]
    document = {"components": {"schemas": {"x": {"x-kubernetes-group-version-kind": gvks}}}}
    assert Schemas(lambda g, v: document).type_for("", "v1", "Thing") is None
    assert Schemas(lambda g, v: document).type_for("", "v2", "Thing") is not None


def test_references_with_defaults_and_descriptions_share_the_type_they_name() -> None:
    schema = thing(
        {
            "a": {"$ref": REF + "inner"},
            "b": {"description": "d", "default": {}, "allOf": [{"$ref": REF + "inner"}]},
        },
        inner={"type": "object", "properties": {"x": {"type": "string", "format": "date-time"}}},
    )
    assert schema.field("a") is schema.field("b")
    assert field(field(schema, "a"), "x").format == "date-time"


def test_words_beside_all_of_win_over_what_it_refers_to() -> None:
    schema = thing(
        {"a": {"allOf": [{"$ref": REF + "inner"}], "x-kubernetes-list-type": "set"}},
        inner={"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
    )
    assert field(schema, "a").list_type == "set"
    assert field(schema, "a").type == "array"


def test_properties_of_several_parts_are_united() -> None:
    schema = thing(
        {"a": {"allOf": [{"$ref": REF + "one"}, {"properties": {"y": {"type": "integer"}}}]}},
        one={"type": "object", "properties": {"x": {"type": "string"}}},
    )
    assert sorted(field(schema, "a").properties) == ["x", "y"]


def test_lists_tell_their_type_keys_and_the_defaults_of_keys() -> None:
    item = {"type": "object", "properties": {"port": {"type": "integer"}, "protocol": {"default": "TCP"}}}
    keys = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"]}
    ports = field(thing({"ports": {"type": "array", "items": item} | keys}), "ports")
    assert (ports.list_type, ports.list_keys) == ("map", ("port", "protocol"))
    assert ports.items is not None
    assert field(ports.items, "protocol").default == "TCP"


def test_a_map_list_without_keys_has_no_list_type() -> None:
    assert field(thing({"a": {"type": "array", "x-kubernetes-list-type": "map"}}), "a").list_type is None


def test_quantities_are_known_by_the_name_they_refer_to() -> None:
    schema = thing(
        {"limits": {"type": "object", "additionalProperties": {"$ref": REF + QUANTITY}}},
        **{QUANTITY: {"oneOf": [{"type": "string"}, {"type": "number"}]}},
    )
    limits = field(schema, "limits")
    assert limits.is_map
    assert field(limits, "cpu").is_quantity
    assert not field(limits, "cpu").preserves_unknown


@pytest.mark.parametrize("node", [{"format": "int-or-string"}, {"x-kubernetes-int-or-string": True}])
def test_int_or_string_is_known_by_format_and_by_extension(node: dict[str, Any]) -> None:
    assert field(thing({"a": node}), "a").is_int_or_string


def test_atomic_maps_and_lists_are_told() -> None:
    schema = thing({"m": {"x-kubernetes-map-type": "atomic"}, "l": {"x-kubernetes-list-type": "atomic"}, "o": {}})
    assert [field(schema, name).is_atomic for name in "mlo"] == [True, True, False]


@pytest.mark.parametrize(
    "node",
    [
        pytest.param({}, id="no type at all"),
        pytest.param({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, id="preserves unknown"),
        pytest.param({"type": "object", "additionalProperties": True}, id="additional properties of any type"),
        pytest.param({"$ref": REF + "raw"}, id="a named free-form type, as RawExtension"),
        pytest.param({"$ref": REF + "absent"}, id="a reference to nothing"),
        pytest.param({"$ref": "https://example.com/x"}, id="a reference elsewhere"),
        pytest.param("nonsense", id="no schema"),
    ],
)
def test_where_anything_may_stand_no_field_is_unknown(node: Any) -> None:
    inner = field(thing({"a": node}, raw={"type": "object"}), "a").field("whatever")
    assert inner is not None
    assert inner.field("deeper") is not None


def test_an_inline_object_without_properties_keeps_no_field() -> None:
    assert field(thing({"a": {"type": "object"}}), "a").field("x") is None


def test_a_field_beside_the_properties_is_unknown() -> None:
    assert thing({"a": {"type": "string"}}).field("b") is None


def test_an_embedded_resource_keeps_its_identity_without_naming_it() -> None:
    node = {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}}
    embedded = field(thing({"a": node}), "a")
    assert embedded.field("metadata") is not None
    assert embedded.field("data") is None


def test_recursive_types_resolve_as_deep_as_they_are_used() -> None:
    node = {"type": "object", "properties": {"child": {"$ref": REF + "node"}}}
    schema = field(thing({"root": {"$ref": REF + "node"}}, node=node), "root")
    deep = schema
    for _ in range(1000):
        deep = field(deep, "child")
    assert deep is schema


@pytest.mark.parametrize(
    "named",
    [
        pytest.param({"a": {"$ref": REF + "b"}, "b": {"$ref": REF + "a"}}, id="references in a circle"),
        pytest.param({"a": {"allOf": [{"$ref": REF + "a"}] * 1000}}, id="all of itself"),
        pytest.param({"a": {"allOf": "x", "properties": [], "items": 3, "type": {}, "enum": 1}}, id="wrong types"),
    ],
)
def test_hostile_documents_end(named: dict[str, Any]) -> None:
    schema = field(thing({"x": {"$ref": REF + "a"}}, **named), "x")
    assert len(schema.properties) == 0
    assert schema.items is None


@pytest.mark.parametrize("document", [{}, {"components": []}, {"components": {"schemas": []}}, []])
def test_a_document_of_the_wrong_shape_describes_nothing(document: Any) -> None:
    assert Schemas(lambda group, version: document).type_for("", "v1", "Pod") is None


def test_looking_up_a_property_that_is_not_named_is_an_error() -> None:
    with pytest.raises(KeyError):
        thing({"a": {}}).properties["b"]
