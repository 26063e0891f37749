"""The places of an object that a run wrote, and whether they still hold what it left there.

Others write into the same object, controllers at once (`deployment.kubernetes.io/revision`, a finalizer): that is
neither a fight nor a reason to keep an undo from its own places.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gitops_audit.model.path import escaped, pointer_tokens
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.desired import operations
from gitops_audit.remediate.digest import content


def places(before: JsonObject | None, after: JsonObject) -> tuple[str, ...]:
    """The pointers at which two states of an object differ, lists as a whole; of a new object all that it holds."""
    if before is not None:
        return tuple(o["path"] for o in operations(content(before), content(after)) if o["op"] != "test")
    held = content(after)
    return (*(f"/{escaped(key)}" for key in held if key != "metadata"), *_leaves(held["metadata"], "/metadata"))


def places_text(body: JsonObject, pointers: Iterable[str]) -> bytes:
    """What the places hold, for a digest."""
    held = content(body)
    found = {pointer: value for pointer in pointers for value in _values(held, pointer)}
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), default=str)
    return text.encode("utf-8", "surrogatepass")


def places_digest(body: JsonObject, pointers: Iterable[str]) -> str:
    """Says whether the places hold the same, and not what; a short secret value could be guessed."""
    return hashlib.sha256(places_text(body, pointers)).hexdigest()


def moved_places(one: JsonObject, other: JsonObject, pointers: Iterable[str]) -> list[str]:
    """Those at which two states of an object differ."""
    held, have = content(one), content(other)
    return [p for p in pointers if list(_values(held, p)) != list(_values(have, p))]


def put_back(live: JsonObject, before: JsonObject, pointers: Sequence[str]) -> JsonObject:
    """A copy of the live object with these places as they were before. Raises LookupError where none can be there."""
    result: JsonObject = copy.deepcopy(live)
    for pointer in pointers:
        *parents, name = pointer_tokens(pointer)
        holder: Any = result
        for token in parents:
            holder = holder.setdefault(token, {})
            if not isinstance(holder, dict):
                raise LookupError
        holder.pop(name, None)
        for value in _values(before, pointer):
            holder[name] = copy.deepcopy(value)
    return result


def _values(body: Any, pointer: str) -> Iterator[Any]:
    """The value at a pointer, nothing where there is none."""
    for token in pointer_tokens(pointer):
        if not isinstance(body, dict) or token not in body:
            return
        body = body[token]
    yield body


def _leaves(body: JsonObject, pointer: str) -> Iterator[str]:
    for key, value in body.items():
        place = f"{pointer}/{escaped(key)}"
        if isinstance(value, dict) and value:
            yield from _leaves(value, place)
        else:
            yield place
