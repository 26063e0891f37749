"""Where the values of a Secret hide: in mistyped and misplaced fields, and in the copies that tools keep of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_audit.model.resource import JsonObject

# Appliers keep what they applied in annotations: as JSON, or packed so that nobody can look into it.
PACKED_COPIES = frozenset({"objectset.rio.cattle.io/applied", "banzaicloud.com/last-applied"})
_DATA = ("data", "stringData")
_FIELDS = frozenset({"apiVersion", "kind", "metadata", "type", "immutable", *_DATA})
_METADATA = frozenset(
    {
        "annotations",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generateName",
        "generation",
        "labels",
        "managedFields",
        "name",
        "namespace",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
# Shorter values stand in any text, and would be found everywhere.
_MIN_LENGTH = 6


def is_secret(body: JsonObject) -> bool:
    """Whether an object is, or was meant to be, a Secret: a wrong apiVersion or a kind in lower case is a mistake."""
    kind = body.get("kind")
    return kind == "Secret" or (isinstance(kind, str) and kind.casefold() == "secret")


def is_stray(body: JsonObject, key: str) -> bool:
    """Whether a field does not belong to a Secret. Of another group's kind of that name only `data` is known."""
    api_version = body.get("apiVersion")
    if isinstance(api_version, str) and "/" in api_version and not api_version.startswith("core/"):
        return key not in _DATA and key.casefold() in {name.casefold() for name in _DATA}
    return key not in _FIELDS


def is_stray_metadata(key: str) -> bool:
    """Whether a field does not belong to metadata."""
    return key not in _METADATA


def is_copy(value: Any) -> bool:
    """Whether what an annotation holds is a Secret, or a part of one."""
    return isinstance(value, dict) and (is_secret(value) or any(name in value for name in _DATA))


def plain_values(body: JsonObject) -> Iterator[str]:
    """The values of a Secret, as they are and decoded, as far as they are long enough to be known in a text."""
    for name in _DATA:
        data = body.get(name)
        for value in data.values() if isinstance(data, Mapping) else ():
            for text in (value, _decoded_text(value)):
                if isinstance(text, str) and len(text) >= _MIN_LENGTH:
                    yield text


def without_values(text: str, body: JsonObject) -> str:
    """A text without the values of a Secret, where they had to be evaluated as they are (tests of policies)."""
    for value in sorted(plain_values(body), key=len, reverse=True) if is_secret(body) else ():
        text = text.replace(value, "***")
    return text


def decoded(text: str) -> bytes | None:
    """Base64 as the API server reads it, line breaks apart; None for anything else."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def _decoded_text(value: Any) -> str:
    data = decoded(value) if isinstance(value, str) else None
    return data.decode("utf-8", "replace") if data else ""
