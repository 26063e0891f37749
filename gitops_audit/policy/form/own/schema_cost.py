"""Bounds what a JSON Schema may cost: references that unfold exponentially would hold an audit for ever.

A validator goes through a schema once for each way of references that leads there: two references to the one before,
thirty times over, are 2^30 steps. So are, for an object thirty levels deep, two ways from a schema back to itself.
The first is seen in the schema, the second only with the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from gitops_audit.model.path import pointer_tokens

MOST_STEPS = 100_000
_HERE = ("not", "if", "then", "else")
_HERE_EACH = ("allOf", "anyOf", "oneOf")
_FIELDS = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_ELEMENTS = ("items", "contains", "unevaluatedItems")
_REFERENCES = ("$ref", "$dynamicRef")


class Unfolding:
    """The references of a schema, followed. Raises ValueError for one that is too dear for any object."""

    def __init__(self, schema: Any) -> None:
        self._root = schema
        self._targets: dict[str, Any] = {}
        self._steps = 0
        self.is_recursive = False
        self._bounded(self._unfold, schema, (id(schema),))

    def check(self, value: Any) -> None:
        """Raises ValueError where a recursive schema is too dear for a value."""
        self._steps = 0
        self._bounded(self._walk, self._root, value, (id(self._root),))

    def _bounded(self, visit: Callable[..., None], *arguments: Any) -> None:
        try:
            visit(*arguments)
        except RecursionError:
            raise ValueError("its references lead too deep") from None

    def _unfold(self, node: Any, followed: tuple[int, ...]) -> None:
        self._step()
        if not isinstance(node, dict):
            return
        if "$id" in node and node is not self._root:
            raise ValueError("an $id within a schema is not supported")
        for target in self._referenced(node):
            if id(target) in followed:
                self.is_recursive = True
            else:
                self._unfold(target, (*followed, id(target)))
        for child in _schemas(node):
            self._unfold(child, followed)

    def _walk(self, node: Any, value: Any, followed: tuple[int, ...]) -> None:
        """As a validator goes, which stops at the first fault: this is the most it can do."""
        self._step()
        if not isinstance(node, dict):
            return
        for target in self._referenced(node):
            if id(target) not in followed:
                self._walk(target, value, (*followed, id(target)))
        for child in _here(node):
            self._walk(child, value, followed)
        for child, inner in _below(node, value):
            self._walk(child, inner, ())

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise ValueError(f"its references unfold to more than {MOST_STEPS} steps (limit: schema steps)")

    def _referenced(self, node: dict[str, Any]) -> Iterator[Any]:
        for key in _REFERENCES:
            reference = node.get(key)
            if isinstance(reference, str):
                if reference not in self._targets:
                    self._targets[reference] = _target(self._root, unquote(reference[1:]))
                yield self._targets[reference]


def _schemas(node: dict[str, Any]) -> Iterator[Any]:
    yield from _here(node)
    yield from (node.get(key) for key in (*_FIELDS, *_ELEMENTS))
    yield from _list(node.get("prefixItems"))
    for key in ("properties", "patternProperties"):
        yield from _map(node.get(key)).values()


def _here(node: dict[str, Any]) -> Iterator[Any]:
    """The schemas that judge the same value."""
    yield from (node[key] for key in _HERE if key in node)
    for key in _HERE_EACH:
        yield from _list(node.get(key))
    for key in ("dependentSchemas", "dependencies"):
        yield from _map(node.get(key)).values()


def _below(node: dict[str, Any], value: Any) -> Iterator[tuple[Any, Any]]:
    """The schemas that judge parts of a value, with the parts."""
    if isinstance(value, dict):
        properties = _map(node.get("properties"))
        yield from ((properties[key], inner) for key, inner in value.items() if key in properties)
        schemas = [*_map(node.get("patternProperties")).values(), *(node[key] for key in _FIELDS if key in node)]
        yield from ((schema, inner) for schema in schemas for inner in value.values())
    elif isinstance(value, list):
        yield from zip(_list(node.get("prefixItems")), value, strict=False)
        yield from ((node[key], inner) for key in _ELEMENTS if key in node for inner in value)


def _target(root: Any, fragment: str) -> Any:
    if fragment and not fragment.startswith("/"):
        return next(_anchored(root, fragment), None)
    found = root
    for token in pointer_tokens(fragment):
        if isinstance(found, list):
            found = found[int(token)] if token.isdecimal() and int(token) < len(found) else None
        else:
            found = found.get(token) if isinstance(found, dict) else None
    return found


def _anchored(node: Any, name: str) -> Iterator[Any]:
    if isinstance(node, dict):
        if name in (node.get("$anchor"), node.get("$dynamicAnchor")):
            yield node
        for child in node.values():
            yield from _anchored(child, name)
    elif isinstance(node, list):
        for child in node:
            yield from _anchored(child, name)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
