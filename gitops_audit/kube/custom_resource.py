"""What the API server makes of a custom resource before its rules see it, and how rules name its fields.

Where this comes from: the documentation of CustomResourceDefinitions, "Defaulting and nullable" and "Validation rules".
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from gitops_audit.model.resource import mapping

Schema = Mapping[str, Any]

_KEYWORDS = frozenset(
    (
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"),
        *("import", "let", "loop", "package", "namespace", "return", "var", "void", "while"),
    )
)
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_EMPTY: Schema = {}


def rule_name(field: str) -> str:
    """A field as rules name it: `x-y` is `x__dash__y`, `namespace` is `__namespace__`."""
    if field in _KEYWORDS:
        return f"__{field}__"
    for text, name in _ESCAPES:
        field = field.replace(text, name)
    return field


def field_schema(schema: Schema, field: str) -> Schema | None:
    """The schema of a field, named or additional; None for a field that the schema does not tell."""
    properties = mapping(schema.get("properties"))
    if field in properties:
        return mapping(properties[field])
    additional = schema.get("additionalProperties")
    return additional if isinstance(additional, dict) else None


def item_schema(schema: Schema) -> Schema:
    return mapping(schema.get("items"))


def defaulted(schema: Schema, value: Any) -> Any:
    """A copy of a value without the nulls that stand for "not set", and with the defaults of its schema."""
    if isinstance(value, dict):
        return _with_defaults(schema, value)
    if isinstance(value, list):
        return [defaulted(item_schema(schema), item) for item in value]
    return value


def _with_defaults(schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for key, inner in value.items():
        known = field_schema(schema, key)
        if inner is None and known is not None and known.get("nullable") is not True:
            continue
        filled[key] = defaulted(known or _EMPTY, inner)
    for key, child in mapping(schema.get("properties")).items():
        if key not in filled and mapping(child).get("default") is not None:
            filled[key] = defaulted(child, copy.deepcopy(child["default"]))
    return filled
