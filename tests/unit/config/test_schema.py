from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gitops_audit.config import settings
from gitops_audit.config.schema import schema, schema_text
from gitops_audit.kube import match


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "properties" in value:
            yield value
        for inner in value.values():
            yield from _objects(inner)


def test_the_schema_is_a_valid_2020_12_schema() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_text_ends_with_a_newline_for_the_shell() -> None:
    assert schema_text().endswith("}\n")


def test_every_mapping_refuses_keys_it_does_not_know() -> None:
    assert [o for o in _objects(schema()) if o["additionalProperties"] is not False] == []


def test_every_key_is_described_for_editors() -> None:
    definitions = schema()["$defs"]

    def is_described(key: dict[str, Any]) -> bool:
        return "description" in key or "description" in definitions[key.get("$ref", "/text").rpartition("/")[2]]

    assert [name for o in _objects(schema()) for name, key in o["properties"].items() if not is_described(key)] == []


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ("cluster", settings.ClusterConfig),
        ("source", settings.SourceConfig),
        ("ignore", settings.IgnoreRule),
        ("policy", settings.PolicyRef),
        ("exception", settings.ExceptionRule),
        ("redact", settings.RedactRule),
        ("match", match.Match),
        ("drift", settings.DriftConfig),
    ],
)
def test_schema_and_settings_have_the_same_keys(definition: str, kind: Any) -> None:
    known = {field.name for field in dataclasses.fields(kind)} - {"where"}
    inner = {
        "cluster": {"name"},
        "source": {"deployer", "directory", "followed_from", "after", "given", "ignore", "post_build"},
        "ignore": {"source", "expressions"},
    }
    known -= inner.get(definition, set())
    keys = {{"inCluster": "in_cluster"}.get(key, key) for key in schema()["$defs"][definition]["properties"]}
    assert keys == known
