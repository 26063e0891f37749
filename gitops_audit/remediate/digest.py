"""Digests that say whether something is still the same, and nothing of a Secret's value.

What is redacted is left out of them: a plain digest of a short value can be guessed.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from gitops_audit.model.resource import JsonObject

_TOKEN = re.compile(r"<redacted:[0-9a-f]{12}>")
_MOVING = frozenset(
    {"resourceVersion", "managedFields", "generation", "uid", "creationTimestamp", "selfLink", "deletionTimestamp"}
)
_OTHER = frozenset({"status", "apiVersion", "kind"})  # a list need not tell the kind of its items


def rendered_digest(body: JsonObject) -> str:
    """Of a declared object, redacted."""
    return _digest(body)


def content_digest(live: JsonObject) -> str:
    """Of a live object, redacted, without its status and what the server keeps of it."""
    return _digest(content(live))


def content(live: JsonObject) -> JsonObject:
    """What people and deployers write of a live object."""
    metadata = {k: v for k, v in (live.get("metadata") or {}).items() if k not in _MOVING}
    return {k: v for k, v in live.items() if k not in _OTHER} | {"metadata": metadata}


def holds_tokens(shown: JsonObject) -> bool:
    """Whether an object as reports show it stands for one with secret values in it."""
    return _TOKEN.search(json.dumps(shown, default=str)) is not None


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(_TOKEN.sub("<redacted>", text).encode("utf-8", "surrogatepass")).hexdigest()
