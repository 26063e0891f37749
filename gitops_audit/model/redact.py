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
from collections.abc import Iterable, Mapping
from typing import Any

from gitops_audit.model.resource import JsonObject

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TOKEN = re.compile(r"<redacted:[0-9a-f]{12}>")


class Redactor:
    """Replaces Secret values by tokens. Never changes its input; gives back the same object where nothing is secret."""

    __slots__ = ("key",)

    def __init__(self, key: bytes | None = None) -> None:
        self.key = key or secrets.token_bytes(32)

    def __repr__(self) -> str:
        return "Redactor(...)"

    def token(self, value: bytes) -> str:
        digest = hashlib.blake2b(value, key=self.key, digest_size=6).hexdigest()
        return f"<redacted:{digest}>"

    def redact(self, body: JsonObject) -> JsonObject:
        """A copy of `body` without Secret values; `stringData` is folded into `data`, as the API server does."""
        if body.get("kind") != "Secret" or body.get("apiVersion") != "v1":
            return body
        return self._secret(body)

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
        try:
            applied = json.loads(text)
        except (TypeError, ValueError):
            return self.token(str(text).encode())
        if not isinstance(applied, dict):
            return self.token(str(text).encode())
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
