from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from gitops_audit.errors import PolicyError
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.form.own import policy as native
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.loaded import policies_of

pytestmark = pytest.mark.slow

NODE = {"$ref": "#/$defs/node"}


def doubling(keyword: str, link: str = "#/$defs/s{}") -> dict[str, Any]:
    """Each schema refers to the one before it twice: 2^30 steps."""
    schemas: dict[str, Any] = {"s0": {"type": "object"}}
    for index in range(1, 31):
        both: Any = [{"$ref": link.format(index - 1)}] * 2
        nested = {"not": both[0], "if": both[1]} if keyword == "not" else {keyword: both}
        nested = {keyword: {"kind": both[0], "spec": both[1]}} if keyword.startswith("depend") else nested
        schemas[f"s{index}"] = nested
    return {"$defs": schemas, "$ref": link.format(30)}


def recursive(**node: Any) -> dict[str, Any]:
    return {"$defs": {"node": {"$anchor": "node", **node}}, **NODE}


def nested(depth: int, **inner: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"leaf": True}
    for _ in range(depth):
        body = {"a": body, **inner}
    return {"apiVersion": "example.io/v1", "kind": "Tree", "metadata": {"name": "t"}, "a": body}


def evaluate(schema: dict[str, Any], body: dict[str, Any]) -> list[RuleResult]:
    rule = {"name": "shape", "schema": schema}
    spec = {"match": {"kinds": ["*"]}, "rules": [rule]}
    document = {"apiVersion": "gitops-audit/v1", "kind": "Policy", "metadata": {"name": "p"}, "spec": spec}
    (policy,) = policies_of(native.load(read(yaml.safe_dump(document).encode(), "policy.yaml")))
    return list(policy.evaluate(subject_of(body), GivenWorld()))


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf", "not", "dependentSchemas", "dependencies"])
def test_references_that_double_thirty_times_are_refused(keyword: str) -> None:
    started = time.process_time()

    with pytest.raises(PolicyError, match="invalid JSON Schema: its references unfold to more than 100000 steps"):
        evaluate(doubling(keyword), nested(1))
    assert time.process_time() - started < 10


def test_references_are_followed_however_they_are_written() -> None:
    escaped = doubling("allOf", "#/%24defs/s{}")

    with pytest.raises(PolicyError, match="unfold to more than"):
        evaluate(escaped, nested(1))


@pytest.mark.parametrize(
    "node",
    [
        {"allOf": [{"properties": {"a": NODE}}, {"properties": {"a": NODE}}]},
        {"allOf": [{"properties": {"a": NODE}}, {"properties": {"a": {"$ref": "#node"}}}]},
        {"properties": {"a": NODE}, "patternProperties": {"^a": NODE}},
        {"properties": {"a": NODE}, "unevaluatedProperties": NODE, "additionalProperties": NODE, "not": {"not": NODE}},
        # one step down and two steps down meet again and again
        {"allOf": [{"properties": {"a": NODE}}, {"properties": {"a": {"properties": {"a": NODE}}}}]},
    ],
)
def test_a_recursion_that_doubles_with_the_object_ends_in_an_error(node: dict[str, Any]) -> None:
    started = time.process_time()
    (result,) = evaluate(recursive(**node), nested(60, ab={"ab": {"ab": {}}}))

    assert result.result == "error"
    assert "the schema cannot be evaluated: its references unfold to more than" in result.message
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$dynamicAnchor": "x", "allOf": [{"$dynamicRef": "#x"}]},
        {"$anchor": "x", "anyOf": [{"$ref": "#x"}]},
        {"properties": {"kind": {}}, "$ref": "#"},
    ],
)
def test_references_in_a_circle_end(schema: dict[str, Any]) -> None:
    assert [r.result for r in evaluate(schema, nested(3))] == ["pass"]


def test_a_chain_of_references_too_long_to_follow_is_refused() -> None:
    schemas: dict[str, Any] = {f"s{n}": {"$ref": f"#/$defs/s{n + 1}"} for n in range(5_000)} | {"s5000": {}}

    with pytest.raises(PolicyError, match="its references lead too deep"):
        evaluate({"$defs": schemas, "$ref": "#/$defs/s0"}, nested(1))


@pytest.mark.parametrize(("leaf", "expected"), [(True, "pass"), ("x", "fail")])
def test_a_recursive_schema_judges_every_level(leaf: Any, expected: str) -> None:
    schema = recursive(properties={"a": NODE, "b": NODE, "leaf": {"type": "boolean"}, "list": {"items": NODE}})
    body = nested(20, b={"leaf": True}, list=[{"b": {"leaf": leaf}}])

    assert {r.result for r in evaluate(schema, body)} == {expected}


def test_an_id_within_a_schema_is_refused() -> None:
    with pytest.raises(PolicyError, match="an \\$id within a schema is not supported"):
        evaluate({"properties": {"spec": {"$id": "https://example.com/spec"}}}, nested(1))
    assert evaluate({"$id": "https://example.com/s", "properties": {"$id": {"type": "string"}}}, nested(1))
