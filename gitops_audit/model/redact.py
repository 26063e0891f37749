"""Secrets become tokens the moment they are loaded, so that nothing later can print them (DESIGN section 8).

A token is a keyed digest: the same value gives the same token within one run (or one snapshot), so comparison still
works, and neither a report nor a log, traceback or pickled message can hold the value.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitops_audit.model.redact_fields import RedactionRule, matching_fields, replace_at
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
        if _is_secret(body):
            body = self._secret(body)
        return self._by_rules(body) if self.rules else body

    def covers(self, body: JsonObject) -> bool:
        """Whether tokens stand (or would stand) for values of this object, so that it must not be sent to a server."""
        return _is_secret(body) or bool(self.rules and matching_fields(self.rules, body))

    def _by_rules(self, body: JsonObject) -> JsonObject:
        fields = matching_fields(self.rules, body)
        return self._tokens_at(body, fields) if fields else body

    def _tokens_at(self, body: JsonObject, fields: Sequence[tuple[str, ...]]) -> JsonObject:
        annotations = (body.get("metadata") or {}).get("annotations")
        applied = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
        for segments in fields:
            body = replace_at(body, segments, self._value)
        if isinstance(applied, str) and not _is_token(applied):
            clean = self._applied_by_rules(applied, fields)
            body = replace_at(body, ("metadata", "annotations", LAST_APPLIED), lambda _: clean)
        return body

    def _applied_by_rules(self, text: str, fields: Sequence[tuple[str, ...]]) -> str:
        applied = _parsed(text)
        if applied is None:
            return self.token(text.encode("utf-8", "surrogatepass"))
        for segments in fields:
            applied = replace_at(applied, segments, self._value)
        return json.dumps(applied, separators=(",", ":"))

    def _value(self, value: Any) -> Any:
        if value in (None, "") or _is_token(value):
            return value
        return self.token(_text(value) if isinstance(value, str) else json.dumps(value, sort_keys=True).encode())

    def _secret(self, body: JsonObject) -> JsonObject:
        clean = {k: v for k, v in body.items() if k not in ("data", "stringData")}
        data = self._values(body.get("data"), _decoded) | self._values(body.get("stringData"), _text)
        if data or "data" in body or "stringData" in body:
            clean["data"] = data
        metadata = body.get("metadata")
        if isinstance(metadata, dict):
            clean["metadata"] = self._metadata(metadata)
        return clean

    def _values(self, values: Any, to_bytes: Any) -> JsonObject:
        if not isinstance(values, Mapping):
            return {} if values is None else {"<invalid>": self.token(repr(values).encode())}
        return {k: v if v in (None, "") or _is_token(v) else self.token(to_bytes(v)) for k, v in values.items()}

    def _metadata(self, metadata: JsonObject) -> JsonObject:
        annotations = metadata.get("annotations")
        if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
            return metadata
        return metadata | {"annotations": annotations | {LAST_APPLIED: self._last_applied(annotations[LAST_APPLIED])}}

    def _last_applied(self, text: Any) -> str:
        if _is_token(text):
            return str(text)
        applied = _parsed(text)
        if applied is None:
            return self.token(str(text).encode("utf-8", "surrogatepass"))
        return json.dumps(self._secret(applied), separators=(",", ":"))


def is_redacted(value: Any) -> bool:
    """Whether a value is a token, so that displays can say so."""
    return _is_token(value)


def faulty_secret_keys(body: JsonObject) -> Iterable[str]:
    """The keys under a Secret's `data` that are not base64 (the API server refuses such an object)."""
    data = body.get("data") if body.get("kind") == "Secret" else None
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, str) and not _is_token(value) and _base64(value) is None:
            yield key


def _is_secret(body: JsonObject) -> bool:
    return body.get("kind") == "Secret" and body.get("apiVersion") == "v1"


def _parsed(text: Any) -> JsonObject | None:
    try:
        applied = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    return applied if isinstance(applied, dict) else None


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def _decoded(value: Any) -> bytes:
    decoded = _base64(value) if isinstance(value, str) else None
    return decoded if decoded is not None else _text(value)


def _text(value: Any) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
