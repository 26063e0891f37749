"""Fields as people read them: `spec.containers[name=web].image` for the RFC 6901 pointer `/spec/containers/0/image`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def escaped(token: str) -> str:
    """A key as a reference token of an RFC 6901 pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def unescaped(token: str) -> str:
    """The key that a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def pointer_tokens(pointer: str) -> list[str]:
    """The keys that an RFC 6901 pointer leads along."""
    return [unescaped(token) for token in pointer.split("/")[1:]]


def pointer_of(tokens: Iterable[str | int]) -> str:
    """The RFC 6901 pointer that leads along these keys."""
    return "".join(f"/{escaped(str(token))}" for token in tokens)


def field_path(pointer: str, body: Any) -> str:
    """The display form of a pointer into `body`; list elements that have a name go by it, others by their index."""
    path = ""
    for token in pointer_tokens(pointer):
        below = child(body, token)
        path += _segment(token, is_first=not path) if not isinstance(body, list) else _element(token, below)
        body = below
    return path


def _segment(key: str, *, is_first: bool) -> str:
    if _PLAIN.fullmatch(key):
        return key if is_first else f".{key}"
    return f'["{key}"]'


def _element(index: str, child: Any) -> str:
    name = child.get("name") if isinstance(child, dict) else None
    return f"[name={name}]" if isinstance(name, str) else f"[{index}]"


def child(body: Any, token: str) -> Any:
    """What one key of a pointer leads to, None where that is nothing."""
    if isinstance(body, dict):
        return body.get(token)
    if isinstance(body, list) and token.isdecimal() and int(token) < len(body):
        return body[int(token)]
    return None
