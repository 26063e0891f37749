"""Where the values of a Secret hide: in mistyped and misplaced fields, and in the copies that tools keep of it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.model.secret_value import MIN_PART, SecretValues, texts_in

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
_NO_LETTER = re.compile(r"[^a-z]+")
_MISTYPED = frozenset({"secret", "secrets", "secretlist", "secretslist"})
# A text that is, or quotes, a manifest of a Secret: as YAML, or as JSON within something else.
_QUOTED_COPY = re.compile(
    r"""\bkind\W{1,12}secrets?(?:list)?\b|(?:^|[\s{,\["'\\])(?:string)?data[\\"']*\s*:""", re.IGNORECASE
)


def is_secret(body: JsonObject) -> bool:
    """Whether an object is, or was meant to be, a Secret: a mistyped kind or apiVersion makes no other kind."""
    kind = body.get("kind")
    if isinstance(kind, str):
        return kind == "Secret" or _means_secret(kind) or ("stringData" in body and _is_core(body))
    return any(_means_secret(text) for text in texts_in(kind)) or any(_is_string_data(key) for key in body)


@lru_cache(maxsize=4096)
def _means_secret(kind: str) -> bool:
    """`secret`, `Secrets`, `"Secret "`, `SecretList`, `Secert`: one letter too few, too many or in the wrong place."""
    word = _NO_LETTER.sub("", kind.casefold())
    return word in _MISTYPED or (len(word) in (5, 6, 7) and _is_near(word, "secret"))


def _is_near(word: str, wanted: str) -> bool:
    """Whether one letter was added, left out or replaced, or two stand in each other's place."""
    start = 0
    while start < min(len(word), len(wanted)) and word[start] == wanted[start]:
        start += 1
    rest, other = word[start:], wanted[start:]
    swapped = len(rest) > 1 and rest[1] + rest[0] + rest[2:] == other
    return rest[1:] == other or rest == other[1:] or rest[1:] == other[1:] or swapped


def _is_string_data(key: Any) -> bool:
    return isinstance(key, str) and key.casefold() == "stringdata"


def _is_core(body: JsonObject) -> bool:
    api_version = body.get("apiVersion")
    return not isinstance(api_version, str) or "/" not in api_version or api_version.startswith("core/")


def is_stray(body: JsonObject, key: str) -> bool:
    """Whether a field does not belong to a Secret. Of another group's kind of that name only `data` is known."""
    if not _is_core(body):
        return key not in _DATA and key.casefold() in {name.casefold() for name in _DATA}
    return key not in _FIELDS


def is_stray_metadata(key: str) -> bool:
    """Whether a field does not belong to metadata."""
    return key not in _METADATA


def is_copy(value: Any) -> bool:
    """Whether what an annotation holds is a Secret, or a part of one."""
    return isinstance(value, dict) and (is_secret(value) or any(name in value for name in _DATA))


def quotes_copy(text: str) -> bool:
    """Whether a text quotes the manifest of a Secret, so that its values stand where no list of them leads."""
    return _QUOTED_COPY.search(text) is not None


def values_of(body: JsonObject) -> Iterator[bytes]:
    """The values of a Secret, as they are and decoded, wherever in the object they were put by mistake."""
    for key, section in body.items():
        if key in _DATA or is_stray(body, key):
            for text in _values_below(section):
                yield text.encode("utf-8", "surrogatepass")
                data = decoded(text) if key != "stringData" else None
                if data:
                    yield data


def _values_below(value: Any) -> Iterator[str]:
    """Every scalar below a value, without keys."""
    if isinstance(value, Mapping):
        for child in value.values():
            yield from _values_below(child)
    elif isinstance(value, list):
        for child in value:
            yield from _values_below(child)
    else:
        yield from texts_in(value)


def without_values(text: str, body: JsonObject) -> str:
    """A text without the values of a Secret, where they had to be evaluated as they are (tests of policies)."""
    if not is_secret(body):
        return text
    found = {v.decode("utf-8", "replace") for v in values_of(body)}
    for value in sorted((v for v in found if len(v) >= MIN_PART), key=len, reverse=True):
        text = text.replace(value, "***")
    values = SecretValues(values_of(body), longest=len(text))
    return "(not shown: it holds a Secret's value)" if values.is_in(text) else text


def decoded(text: str) -> bytes | None:
    """Base64 as the API server reads it, line breaks apart; None for anything else."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
