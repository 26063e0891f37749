"""One change of one object, the other way round: what its manifest is to say so that Git declares what is live.

Changes point into the declared object as it was rendered, or into the live one; the manifest that it was made from may
hold the same value at another place of a list. Lists are followed by their keys, as the server does.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from gitops_audit.kube.path import Item
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from gitops_audit.model.finding import ABSENT, Change
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.same import is_same

Token = str | int
LEAVING = frozenset({"removed", "dropped"})
ADDED = frozenset({"added", "stale"})


class Elsewhere(LookupError):
    """The value does not stand in this manifest."""


def wanted(
    manifest: JsonObject, declared: JsonObject, live: JsonObject, change: Change, schema: TypeSchema | None
) -> JsonObject:
    """The manifest with one change taken over. Raises Elsewhere where the value does not stand in it."""
    result: JsonObject = copy.deepcopy(manifest)
    tokens = pointer_tokens(change.pointer)
    if change.type in ADDED:
        way = place(tokens, live, result, schema)
        _add(result, way, copy.deepcopy(change.live), _before(tokens, way, live, result, schema))
        return result
    way = place(tokens, declared, result, schema)
    if not is_same(at(result, way), at(declared, tokens)):
        raise Elsewhere
    holder = at(result, way[:-1])
    if change.type in LEAVING:
        del holder[way[-1]]
        _drop_emptied(result, way[:-1], place(tokens[:-1], declared, live, schema), live)
    else:
        holder[way[-1]] = copy.deepcopy(change.live)
    return result


def place(tokens: Sequence[str], source: Any, target: Any, schema: TypeSchema | None) -> list[Token]:
    """Where a pointer into one side leads in another; what lacks there at the end is kept as it is.

    Raises Elsewhere for an element of a list that the other side has not, unless the pointer ends there.
    """
    way: list[Token] = []
    for number, token in enumerate(tokens):
        if isinstance(source, list):
            index = _element(source, int(token), target, schema)
            if index is None and number < len(tokens) - 1:
                raise Elsewhere
            step: Token = len(target) if index is None and isinstance(target, list) else index or 0
            schema = schema.items if schema else None
            source = source[int(token)]
        else:
            step = token
            schema = schema.field(token) if schema else None
            source = source.get(token, ABSENT) if isinstance(source, dict) else ABSENT
        way.append(step)
        target = _child(target, step)
    return way


def at(body: Any, tokens: Sequence[Token]) -> Any:
    """The value at a place, ABSENT where there is none; places in lists may be texts, as in pointers."""
    for token in tokens:
        body = _child(body, token)
    return body


def _child(body: Any, token: Token) -> Any:
    if isinstance(body, dict):
        return body.get(str(token), ABSENT)
    if isinstance(body, list) and str(token).isdecimal() and int(token) < len(body):
        return body[int(token)]
    return ABSENT


def _element(source: list[Any], index: int, target: Any, schema: TypeSchema | None) -> int | None:
    """Which element of the other list is meant; None where it has none."""
    if not isinstance(target, list):
        return None
    element, kind = source[index], schema or ANYTHING
    if kind.list_type == "map" and isinstance(element, dict):
        item = Item(index, tuple((key, _key(element, key)) for key in kind.list_keys))
    elif kind.list_type == "set":
        item = Item(index, value=element)
    else:
        return index if index < len(target) else None
    return next((at for at, other in enumerate(target) if item.matches(other)), None)


def _key(element: JsonObject, name: str) -> Any:
    found = element.get(name)
    return "TCP" if name == "protocol" and not found else found


def _before(
    tokens: Sequence[str], way: Sequence[Token], live: JsonObject, target: Any, schema: TypeSchema | None
) -> int | None:
    """Behind which element of the manifest a new one goes: the one that it follows in the cluster; None: before all."""
    holder = at(live, tokens[:-1])
    if not isinstance(holder, list) or not isinstance(at(target, way[:-1]), list):
        return None
    for index in reversed(range(int(tokens[-1]))):
        found = place([*tokens[:-1], str(index)], live, target, schema)
        if at(target, found) is not ABSENT:
            return int(found[-1])
    return None


def _add(result: Any, way: Sequence[Token], value: Any, behind: int | None) -> None:
    """Puts a value at its place, with the maps that lead there; a new element of a list behind another one."""
    for number, token in enumerate(way[:-1]):
        found = _child(result, token)
        if found is ABSENT or found is None:
            found = [] if isinstance(way[number + 1], int) else {}
            if not isinstance(result, dict):
                raise Elsewhere
            result[str(token)] = found
        result = found
    last = way[-1]
    if isinstance(result, list):
        if isinstance(last, int) and last < len(result):
            result[last] = value
        else:
            result.insert(0 if behind is None else behind + 1, value)
    elif isinstance(result, dict):
        result[str(last)] = value
    else:
        raise Elsewhere


def _drop_emptied(result: Any, way: Sequence[Token], in_live: Sequence[Token], live: JsonObject) -> None:
    """Takes the maps and lists away that hold nothing any more, as far as the cluster has not even those."""
    while len(way) > 1 and at(result, way) in ({}, []) and at(live, in_live) is ABSENT:
        holder = at(result, way[:-1])
        del holder[way[-1]]
        way, in_live = way[:-1], in_live[:-1]
