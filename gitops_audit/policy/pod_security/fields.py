"""Reads one field of a Kubernetes object, typed. `null` and absent are the same, as for the API server.

A value of another type than the API has would let a forbidden setting slip through as "not set", so it raises
MalformedPod instead: what cannot be read is an error, never a pass.
"""

from __future__ import annotations

from typing import Any

from gitops_audit.errors import PolicyError
from gitops_audit.model.resource import JsonObject


class MalformedPod(PolicyError):
    """A pod (template) has a field of a type the Kubernetes API does not have, so it cannot be judged."""

    default_code = "GA431"


def section(body: JsonObject, key: str) -> JsonObject | None:
    """A nested object; None when it is not set."""
    value = body.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise _malformed(key, "an object")


def sections(body: JsonObject, key: str) -> list[JsonObject]:
    """A list of objects. A `null` element is an empty object, as the API server decodes it."""
    value = _list(body, key)
    if all(isinstance(item, dict) for item in value):
        return value
    return [_element(key, item) for item in value]


def texts(body: JsonObject, key: str) -> list[str]:
    """A list of strings."""
    value = _list(body, key)
    if all(isinstance(item, str) for item in value):
        return value
    raise _malformed(key, "a list of strings")


def text(body: JsonObject, key: str) -> str:
    """A string; empty when it is not set."""
    value = body.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise _malformed(key, "a string")


def flag(body: JsonObject, key: str) -> bool | None:
    """A boolean; None when it is not set."""
    value = body.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise _malformed(key, "true or false")


def number(body: JsonObject, key: str) -> int | None:
    """An integer; None when it is not set."""
    value = body.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _malformed(key, "an integer")


def _list(body: JsonObject, key: str) -> list[Any]:
    value = body.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise _malformed(key, "a list")


def _element(key: str, item: object) -> JsonObject:
    if item is None:
        return {}
    if isinstance(item, dict):
        return item
    raise _malformed(key, "a list of objects")


def _malformed(key: str, expected: str) -> MalformedPod:
    return MalformedPod(
        f"the pod cannot be judged: {key!r} must be {expected}", hint="correct the manifest: the API server refuses it"
    )
