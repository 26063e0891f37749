"""JSON Schemas from policy files: compiled, and kept from doing harm (hostile files are input like any other)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from gitops_audit.policy.form.own.schema_cost import Unfolding

_DEEPEST = 64
_MOST_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Schema:
    """`validator` is compiled: what fulfils the schema costs no Python per field."""

    validator: Any
    recursion: Unfolding | None = None

    def faults(self, value: Any, most: int) -> Sequence[Any]:
        """What is wrong, up to a number of faults. Raises ValueError where to tell would take too long."""
        if self.recursion is not None:
            self.recursion.check(value)
        if self.validator.is_valid(value):
            return ()
        return list(islice(self.validator.iter_errors(value), most))


def guarded(schema: Any) -> Schema:
    """The compiled schema (2020-12). Raises ValueError: no schema, too deep, large or dear, or a reference elsewhere.

    References stay within the document: nothing is fetched. Patterns run in a linear-time engine where they can, and
    fail as too complex where they cannot.
    """
    _check(schema)
    unfolding = Unfolding(schema)
    try:
        validator = jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        reason = getattr(error, "message", "") or str(error)
        raise ValueError(reason.splitlines()[0] if reason else "not a schema") from None
    return Schema(validator, unfolding if unfolding.is_recursive else None)


def _check(schema: Any) -> None:
    nodes = 0
    stack = [(schema, 1)]
    while stack:
        value, depth = stack.pop()
        nodes += 1
        if depth > _DEEPEST or nodes > _MOST_NODES:
            raise ValueError(f"deeper than {_DEEPEST} levels or larger than {_MOST_NODES} nodes (limit: schema size)")
        if isinstance(value, dict):
            _check_references(value)
            stack.extend((v, depth + 1) for v in value.values())
        elif isinstance(value, list):
            stack.extend((v, depth + 1) for v in value)


def _check_references(node: dict[str, Any]) -> None:
    for key in ("$ref", "$dynamicRef"):
        reference = node.get(key)
        if isinstance(reference, str) and not reference.startswith("#"):
            raise ValueError(f"{key} {reference!r} points outside of the document, and nothing is fetched")
        if reference in ("#", "#/") and not set(node) & {"properties", "items"}:
            raise ValueError(f"{key} {reference!r} leads back to itself")
