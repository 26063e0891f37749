"""The live object as it should be: what Git declares put into it, field by field, and nothing else changed.

A plain overlay would undo what controllers and scalers keep. So only the changes that count are made: a `changed` or
`removed` value is set where it stands in the live object, an `added` or `stale` one is taken away. Example: declared
`containers: [{name: web, image: a}]`, live `[{name: mesh, ...}, {name: web, image: b}]`, change at the declared pointer
`/containers/0/image`: the element of the key `web` is the second one of the live list, and only its image is set.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator, Sequence
from typing import Any

from gitops_audit.kube.path import Item
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from gitops_audit.model.finding import ABSENT, Change
from gitops_audit.model.path import escaped, pointer_tokens
from gitops_audit.model.resource import JsonObject

_LEAVING = ("added", "stale")


def desired(declared: JsonObject, live: JsonObject, changes: Sequence[Change], schema: TypeSchema | None) -> JsonObject:
    """A copy of the live object with the changes undone; both with their real values, in the same version.

    Raises LookupError for a change whose place is not where it was.
    """
    wanted = folded(declared)
    result: JsonObject = copy.deepcopy(live)
    leaving = [pointer_tokens(c.pointer) for c in changes if c.type in _LEAVING]
    places = [_found(wanted, result, pointer_tokens(c.pointer), schema) for c in changes if c.type not in _LEAVING]
    marked = [_container(result, tokens) for tokens in leaving]
    new = [place for place in places if place.is_new_element]
    for place in places:
        if place not in new:
            place.put()
    for container, token in sorted(marked, key=_index, reverse=True):
        _take(container, token)
    for place in new:  # last, for they move the others
        place.insert()
    for tokens in leaving:
        _drop_emptied(result, live, wanted, tokens[:-1])
    _settle_strategy(result, wanted)
    for change in changes:
        _settle_account(result, pointer_tokens(change.pointer))
    return result


def folded(body: JsonObject) -> JsonObject:
    """A Secret with `stringData` in `data`, as the server keeps it; without nulls, which mean the same as nothing."""
    body = _without_nulls(body)
    plain = body.get("stringData")
    if body.get("kind") != "Secret" or not isinstance(plain, dict):
        return body
    encoded = {k: base64.b64encode(str(v).encode("utf-8", "surrogatepass")).decode() for k, v in plain.items()}
    rest = {k: v for k, v in body.items() if k != "stringData"}
    return {**rest, "data": {**(body.get("data") or {}), **encoded}}


def operations(before: Any, after: Any, pointer: str = "") -> Iterator[JsonObject]:
    """The JSON patch from one object to another; a list that differs is replaced as a whole.

    What is removed is tested first.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() - after.keys():
            yield {"op": "test", "path": f"{pointer}/{escaped(key)}", "value": before[key]}
            yield {"op": "remove", "path": f"{pointer}/{escaped(key)}"}
        for key, value in after.items():
            if key not in before:
                yield {"op": "add", "path": f"{pointer}/{escaped(key)}", "value": value}
            else:
                yield from operations(before[key], value, f"{pointer}/{escaped(key)}")
    elif before != after or type(before) is not type(after):
        yield {"op": "replace", "path": pointer, "value": after}


class _Place:
    """Where a declared value goes in the live object. `order` are the elements that Git declares in a keyed list, and
    `at` which one of them this is."""

    def __init__(
        self, container: Any, token: str | int, value: Any, order: Sequence[Item | None] = (), at: int = 0
    ) -> None:
        self._container, self._token, self._value = container, token, value
        self._order, self._at = order, at

    @property
    def is_new_element(self) -> bool:
        if not isinstance(self._container, list):
            return False
        if not isinstance(self._token, int):
            raise LookupError
        return self._token >= len(self._container)

    def put(self) -> None:
        self._container[self._token] = self._value

    def insert(self) -> None:
        """Between its declared neighbours: init containers, and variables that name each other, have an order."""
        self._container.insert(self._index(), self._value)

    def _index(self) -> int:
        for before in reversed(self._order[: self._at]):
            if (place := _place(before, self._container)) is not None:
                return place + 1
        for behind in self._order[self._at + 1 :]:
            if (place := _place(behind, self._container)) is not None:
                return place
        return len(self._container)


def _found(declared: Any, live: Any, tokens: Sequence[str], schema: TypeSchema | None) -> _Place:
    """The place of a declared pointer in the live object; what lacks on the way comes from the declared one."""
    for index, token in enumerate(tokens):
        is_last = index == len(tokens) - 1
        if isinstance(declared, dict) and isinstance(live, dict):
            value = declared[token]
            schema = schema.field(token) if schema else None
            if is_last or not isinstance(live.get(token), type(value)):
                return _Place(live, token, copy.deepcopy(value))
            declared, live = value, live[token]
        elif isinstance(declared, list) and isinstance(live, list):
            value, at = declared[int(token)], int(token)
            order = [_item(element, index, schema) for index, element in enumerate(declared)]
            if _is_ambiguous(order[at], declared) or _is_ambiguous(order[at], live):
                raise LookupError
            place = at if order[at] is None else _place(order[at], live)
            place = len(live) if place is None else place
            schema = schema.items if schema else None
            if is_last or place >= len(live) or not isinstance(live[place], type(value)):
                return _Place(live, place, copy.deepcopy(value), order, at)
            declared, live = value, live[place]
        else:
            raise LookupError
    raise LookupError


def _item(value: Any, index: int, schema: TypeSchema | None) -> Item | None:
    """What identifies a declared element in the live list; None where only its place does."""
    kind = schema or ANYTHING
    if kind.list_type == "map" and isinstance(value, dict):
        return Item(index, tuple((key, _key(value, key)) for key in kind.list_keys))
    return Item(index, value=value) if kind.list_type == "set" else None


def _place(item: Item | None, live: list[Any]) -> int | None:
    """The index of an element in the live list; None where it is not there."""
    return next((at for at, element in enumerate(live) if item is not None and item.matches(element)), None)


def _is_ambiguous(item: Item | None, elements: list[Any]) -> bool:
    """Whether several elements have the same key, which the server lets pass: nobody knows which one is meant."""
    return item is not None and sum(map(item.matches, elements)) > 1


def _key(element: JsonObject, name: str) -> Any:
    found = element.get(name)
    return "TCP" if name == "protocol" and not found else found


def _container(body: Any, tokens: Sequence[str]) -> tuple[Any, str]:
    for token in tokens[:-1]:
        body = body[int(token)] if isinstance(body, list) else body[token]
    return body, tokens[-1]


def _index(marked: tuple[Any, str]) -> tuple[int, int]:
    container, token = marked
    return id(container), int(token) if isinstance(container, list) else 0


def _take(container: Any, token: str) -> None:
    if isinstance(container, list):
        del container[int(token)]
    else:
        container.pop(token, None)


def _drop_emptied(body: Any, live: Any, declared: Any, tokens: Sequence[str]) -> None:
    """Takes away the maps around what was taken, as far as nothing is left in them and Git does not declare them.

    An empty struct may be invalid: `valueFrom: {}`. Not within lists, where places have moved.
    """
    for depth in range(len(tokens), 2, -1):
        parent, own, was = (_at(side, tokens[: depth - 1]) for side in (body, declared, live))
        name = tokens[depth - 1]
        if not isinstance(parent, dict) or parent.get(name) != {} or _has(own, name) or not _has(was, name):
            return
        del parent[name]


def _at(body: Any, tokens: Sequence[str]) -> Any:
    for token in tokens:
        try:
            body = body[int(token)] if isinstance(body, list) else body[token]
        except (LookupError, TypeError, ValueError):
            return None
    return body


def _has(body: Any, name: str) -> bool:
    return isinstance(body, dict) and name in body


def _settle_strategy(result: JsonObject, declared: JsonObject) -> None:
    """Another strategy does not take the parameters of a rolling update, which the server fills in for that one."""
    for name in ("strategy", "updateStrategy"):
        strategy, wanted = _at(result, ("spec", name)), _at(declared, ("spec", name))
        is_other = isinstance(strategy, dict) and strategy.get("type") in ("Recreate", "OnDelete")
        if is_other and not _has(wanted, "rollingUpdate"):
            strategy.pop("rollingUpdate", None)


def _settle_account(body: Any, tokens: Sequence[str]) -> None:
    """The old name of `serviceAccountName` follows it: the server fills in each from the other."""
    if tokens[-1:] == ["serviceAccountName"] and isinstance(holder := _at(body, tokens[:-1]), dict):
        holder.pop("serviceAccount", None)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None and v is not ABSENT}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value
