"""Whatever stands where, the rules tell it or leave it to the schema: they never fail."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.object_validation import object_faults

_FILE = Path(__file__).parents[1] / "manifest_schema" / "valid.yaml"
BODIES: list[JsonObject] = list(yaml.safe_load_all(_FILE.read_text(encoding="utf-8")))
ODD: tuple[Any, ...] = (None, "", "a b", 0, -1, 2**70, 1.5, True, [], [None], [[]], {}, {"": None}, "9" * 5000, [{}])


def name(body: JsonObject) -> str:
    return f"{body['kind']}-{body['metadata']['name']}"


def faults(body: JsonObject) -> list[tuple[str, str]]:
    return object_faults(body, split_api_version(body["apiVersion"])[0], body["kind"])


@pytest.mark.parametrize("body", BODIES, ids=name)
def test_a_valid_object_has_no_faults(body: JsonObject) -> None:
    before = copy.deepcopy(body)
    assert faults(body) == []
    assert body == before


@pytest.mark.slow
@pytest.mark.parametrize("body", BODIES, ids=name)
def test_no_value_in_any_place_makes_the_rules_fail(body: JsonObject) -> None:
    for holder, key in list(places({k: v for k, v in body.items() if k not in ("apiVersion", "kind")})):
        kept = holder[key]
        for value in ODD:
            holder[key] = value
            for pointer, message in faults(body):
                assert pointer == "" or pointer.startswith("/")
                assert message
        holder[key] = kept


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every field and element below, with what holds it."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(steps):
        yield from places(value)
        yield node, key
