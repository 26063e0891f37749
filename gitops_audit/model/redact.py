"""Secrets become tokens the moment they are loaded, so that nothing later can print them (DESIGN section 8).

A token is a keyed digest: the same value gives the same token within one run (or one snapshot), so comparison still
works, and neither a report nor a log, traceback or pickled message can hold the value.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gitops_audit.model.redact_fields import RedactionRule, matching_fields, replace_at
from gitops_audit.model.redact_secret import (
    PACKED_COPIES,
    decoded,
    is_copy,
    is_secret,
    is_stray,
    is_stray_metadata,
    plain_values,
)
from gitops_audit.model.resource import JsonObject

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TOKEN = re.compile(r"<redacted:[0-9a-f]{12}>")


class Redactor:
    """Replaces Secret values by tokens. Never changes its input; gives back the same object where nothing is secret.

    `rules` name further fields (`redact:` of the configuration) whose values become tokens too, whatever their type.
    """

    __slots__ = ("key", "rules")

    def __init__(self, key: bytes | None = None, *, rules: Sequence[RedactionRule] = ()) -> None:
        self.key = key or secrets.token_bytes(32)
        self.rules = tuple(rules)

    def __repr__(self) -> str:
        return "Redactor(...)"

    def token(self, value: bytes) -> str:
        digest = hashlib.blake2b(value, key=self.key, digest_size=6).hexdigest()
        return f"<redacted:{digest}>"

    def redact(self, body: JsonObject) -> JsonObject:
        """A copy of `body` without Secret values; `stringData` is folded into `data`, as the API server does."""
        if is_secret(body):
            body = self._secret(body)
        return self._by_rules(body) if self.rules else body

    def covers(self, body: JsonObject) -> bool:
        """Whether tokens stand (or would stand) for values of this object, so that it must not be sent to a server."""
        return is_secret(body) or bool(self.rules and matching_fields(self.rules, body))

    def _by_rules(self, body: JsonObject) -> JsonObject:
        fields = matching_fields(self.rules, body)
        return self._tokens_at(body, fields) if fields else body

    def _tokens_at(self, body: JsonObject, fields: Sequence[tuple[str, ...]]) -> JsonObject:
        annotations = (body.get("metadata") or {}).get("annotations")
        for segments in fields:
            body = replace_at(body, segments, self._value)
        for key, text in annotations.items() if isinstance(annotations, dict) else ():
            copy = self._copy_by_rules(key, text, fields)
            if copy != text or key == LAST_APPLIED:
                body = replace_at(body, ("metadata", "annotations", key), partial(_instead, copy))
        return body

    def _copy_by_rules(self, key: str, text: Any, fields: Sequence[tuple[str, ...]]) -> Any:
        """An annotation with the same fields redacted where it is a copy of the object."""
        if not isinstance(text, str) or _is_token(text):
            return text
        if key in PACKED_COPIES:
            return self.token(_text(text))
        copy = found = _parsed(text)
        if found is None:
            return self.token(_text(text)) if key == LAST_APPLIED else text
        for segments in fields:
            copy = replace_at(copy, segments, self._value)
        return text if copy == found else json.dumps(copy, separators=(",", ":"))

    def _value(self, value: Any) -> Any:
        if value in (None, "") or _is_token(value):
            return value
        return self.token(_text(value) if isinstance(value, str) else json.dumps(value, sort_keys=True).encode())

    def _secret(self, body: JsonObject) -> JsonObject:
        """What stands where no Secret has a field may be a value in the wrong place, so it becomes a token too."""
        clean = {k: self._value(v) if is_stray(body, k) else v for k, v in body.items()}
        data = self._values(clean.pop("data", None), _bytes) | self._values(clean.pop("stringData", None), _text)
        if data or "data" in body or "stringData" in body:
            clean["data"] = data
        metadata = body.get("metadata")
        if isinstance(metadata, dict):
            clean["metadata"] = self._metadata(metadata, set(plain_values(body)))
        return clean

    def _values(self, values: Any, to_bytes: Any) -> JsonObject:
        if not isinstance(values, Mapping):
            return {} if values is None else {"<invalid>": self.token(repr(values).encode())}
        return {k: v if v in (None, "") or _is_token(v) else self.token(to_bytes(v)) for k, v in values.items()}

    def _metadata(self, metadata: JsonObject, values: Collection[str]) -> JsonObject:
        clean = {k: self._value(v) if is_stray_metadata(k) else v for k, v in metadata.items()}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            clean["annotations"] = {k: self._annotation(k, v, values) for k, v in annotations.items()}
        return clean

    def _annotation(self, key: str, text: Any, values: Collection[str]) -> Any:
        if not isinstance(text, str) or _is_token(text):
            return text if isinstance(text, str) else self._value(text)
        copy = _parsed(text) if text.lstrip().startswith("{") else None
        if copy is not None and (key == LAST_APPLIED or is_copy(copy)):
            return json.dumps(self._secret(copy), separators=(",", ":"))
        is_telling = key == LAST_APPLIED or key in PACKED_COPIES or any(value in text for value in values)
        return self.token(_text(text)) if is_telling else text


def _instead(new: Any, _: Any) -> Any:
    return new


def is_redacted(value: Any) -> bool:
    """Whether a value is a token, so that displays can say so."""
    return _is_token(value)


def faulty_secret_keys(body: JsonObject) -> Iterable[str]:
    """The keys under a Secret's `data` that are not base64 (the API server refuses such an object)."""
    data = body.get("data") if body.get("kind") == "Secret" else None
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, str) and not _is_token(value) and decoded(value) is None:
            yield key


def _parsed(text: Any) -> JsonObject | None:
    try:
        applied = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    return applied if isinstance(applied, dict) else None


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _bytes(value: Any) -> bytes:
    data = decoded(value) if isinstance(value, str) else None
    return data if data is not None else _text(value)


def _text(value: Any) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
