"""The declared object as a subset of the live one, by the schema of its kind: `changed`, `removed`, `dropped`.

List semantics are those of server-side apply (KEP-555): `map` by keys, `set` unordered, `atomic` (and unknown) by
place and length. Elements the server or others added to a map or set are no difference; ownership judges those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gitops_audit.drift import builtin
from gitops_audit.drift.equality import is_equal, is_hollow, is_likely_equal
from gitops_audit.kube.builtin import GROUPS
from gitops_audit.kube.path import ROOT, Item, Path
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.resource import JsonObject

Pair = tuple[Item, Any, Any]
DifferenceType = Literal["changed", "removed", "dropped"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One declared value that the live object does not hold. `path` leads through the declared object."""

    type: DifferenceType
    path: Path
    declared: Any
    live: Any = ABSENT
    schema: TypeSchema = ANYTHING


@dataclass(frozen=True, slots=True)
class Kind:
    """What the comparison must know of the object besides its schema."""

    group: str
    kind: str


def is_covered(declared: JsonObject, live: JsonObject, *, is_custom: bool = False) -> bool:
    """Whether plainly every declared value stands in the live object, in place. False decides nothing.

    This is the way of an object in sync: no schema is asked, no path is built. What is absent plainly says nothing
    only where no map can hold it: one of a built-in API never has `false` or a list for a value, but 0 (`limits`) and
    `{}` (`properties`). `is_custom`: not a built-in API, so that any field of a list element may be a key with a
    default.
    """
    for name, want in declared.items():
        have: Any = live.get(name)
        kind = type(want)
        if kind is not type(have):
            if want is None or (have is None and not is_custom and (want is False or want == [])):
                continue
            return False
        if kind is dict:
            if not is_covered(want, have, is_custom=is_custom):
                return False
        elif kind is list:
            if not is_list_covered(want, have, is_custom=is_custom):
                return False
        elif want != have:
            return False
    return True


def is_list_covered(want: list[Any], have: list[Any], *, is_custom: bool = False) -> bool:
    """The same for lists: by place, which is right for every type of list where it says yes."""
    if len(want) != len(have):
        return False
    for one, other in zip(want, have, strict=True):
        kind = type(one)
        if kind is not type(other):
            return False
        if kind is dict:
            if _has_other_keys(one, other, is_custom) or not is_covered(one, other, is_custom=is_custom):
                return False
        elif kind is list:
            if not is_list_covered(one, other, is_custom=is_custom):
                return False
        elif one != other:
            return False
    return True


def _has_other_keys(want: JsonObject, have: JsonObject, is_custom: bool) -> bool:
    """Whether a key left out, and defaulted, may tell the elements apart: only `protocol` in the built-in APIs."""
    if is_custom:
        return want.keys() != have.keys()
    return "protocol" in have and "protocol" not in want and have["protocol"] != "TCP"


def differences(declared: JsonObject, live: JsonObject, schema: TypeSchema | None, kind: Kind) -> list[Difference]:
    """All declared values that the live object does not hold, in declared order. Raises RecursionError if endless."""
    walk = _Walk(kind, declared)
    walk.fields(declared, live, schema or ANYTHING, ROOT)
    return walk.found


def agrees(want: Any, have: Any, schema: TypeSchema, path: Path, kind: Kind) -> bool:
    """Whether one value of a field, as somebody declares it, is what another holds."""
    walk = _Walk(kind, {})
    walk.value(want, have, schema, path)
    return not walk.found


# Pairing by content is quadratic; nobody writes that many metrics or tolerations.
_MOST_UNORDERED = 200
_SCALARS = frozenset({str, int, bool, float})


class _Walk:
    __slots__ = ("body", "found", "is_custom", "kind")

    def __init__(self, kind: Kind, body: JsonObject) -> None:
        self.kind = kind
        self.body = body
        self.is_custom = kind.group not in GROUPS
        self.found: list[Difference] = []

    def fields(self, want: JsonObject, have: JsonObject, schema: TypeSchema, path: Path) -> None:
        for name, value in want.items():
            found = have.get(name, ABSENT)
            if type(value) in _SCALARS and type(found) is type(value) and found == value:
                continue
            step = (*path, name)
            if len(step) > 3 or builtin.is_compared(step, self.body):
                self._field(value, found, schema, step)

    def _field(self, want: Any, have: Any, parent: TypeSchema, path: Path) -> None:
        """A struct may leave out what is empty; a map (labels, data) keeps each key, whatever its value."""
        schema = parent.field(_name(path))
        if have is ABSENT and want is not None and parent.is_map and schema is not None:
            self._add("removed", path, want, schema=schema)
        else:
            self.value(want, have, schema, path)

    def value(self, want: Any, have: Any, schema: TypeSchema | None, path: Path) -> None:
        if want is None:
            return
        if have is ABSENT or have is None:
            self._absent(want, schema, path)
        elif isinstance(want, dict) and isinstance(have, dict):
            if not path[2:] or not is_covered(want, have, is_custom=self.is_custom):
                self.fields(want, have, schema or ANYTHING, path)
        elif isinstance(want, list) and isinstance(have, list):
            if not is_list_covered(want, have, is_custom=self.is_custom):
                self._list(want, have, schema or ANYTHING, path)
        elif not self._is_equal(want, have, schema or ANYTHING, path):
            self._add("changed", path, want, have, schema or ANYTHING)

    def _is_equal(self, want: Any, have: Any, schema: TypeSchema, path: Path) -> bool:
        if is_equal(want, have, schema):
            return True
        name = _name(path)
        if builtin.is_left_to_server(self.kind.group, name, want, schema):
            return True
        return schema is ANYTHING and is_likely_equal(want, have, [step for step in path if isinstance(step, str)])

    def _absent(self, want: Any, schema: TypeSchema | None, path: Path) -> None:
        if is_hollow(want) and not (schema is not None and schema.is_map and want):
            return
        if schema is None:
            self._add("dropped", path, want)
        elif isinstance(want, dict) and (schema.is_map or len(want) == 1):
            self.fields(want, {}, schema, path)
        elif isinstance(want, list) and schema.list_type in ("map", "set"):
            self._list(want, [], schema, path)
        else:
            self._add("removed", path, want, schema=schema)

    def _list(self, want: list[Any], have: list[Any], schema: TypeSchema, path: Path) -> None:
        pairs = self._pairs(want, have, schema, path)
        if pairs is None:
            if not builtin.is_left_to_server(self.kind.group, _name(path), want, schema):
                self._add("changed", path, want, have, schema)
            return
        items = schema.items or ANYTHING
        for item, wanted, found in pairs:
            self._element(wanted, found, items, (*path, item))

    def _element(self, want: Any, have: Any, schema: TypeSchema, path: Path) -> None:
        """An element is there or not; only what it holds may be empty."""
        if have is ABSENT:
            self._add("removed", path, want, schema=schema)
        else:
            self.value(want, have, schema, path)

    def _pairs(self, want: list[Any], have: list[Any], schema: TypeSchema, path: Path) -> list[Pair] | None:
        if schema.list_type == "map":
            return by_keys(want, have, schema)
        if schema.list_type == "set":
            return by_value(want, have)
        if is_unordered(want, have, self.kind, path):
            return by_content(want, have, schema, path, self.kind)
        return by_place(want, have) if len(want) == len(have) else None

    def _add(
        self, kind: DifferenceType, path: Path, want: Any, have: Any = ABSENT, schema: TypeSchema = ANYTHING
    ) -> None:
        self.found.append(Difference(kind, path, want, have, schema))


def by_keys(want: Sequence[Any], have: Sequence[Any], schema: TypeSchema) -> list[Pair]:
    """Elements of a list of type map paired by their keys; equal keys pair in order of appearance."""
    live = {identity: element for identity, _, element in _identified(have, schema)}
    repeated = _repeated(want, schema)
    return [
        (
            Item(index, identity[0], is_ambiguous=identity[0] in repeated),
            want[index],
            live.get(identity, ABSENT),
        )
        for identity, index, _ in _identified(want, schema)
    ]


def by_value(want: Sequence[Any], have: Sequence[Any]) -> list[Pair]:
    """Elements of a set paired by value."""
    live = {canonical(e): e for e in have}
    return [(Item(i, value=e), e, live.get(canonical(e), ABSENT)) for i, e in enumerate(want)]


def by_place(want: Sequence[Any], have: Sequence[Any]) -> list[Pair]:
    """Elements of an atomic list."""
    return [(Item(i), *pair) for i, pair in enumerate(zip(want, have, strict=True))]


def is_unordered(one: Sequence[Any], other: Sequence[Any], kind: Kind, path: Path) -> bool:
    """Whether elements of an atomic list pair by what they hold: those of a multiset, or where others add theirs."""
    if max(len(one), len(other)) > _MOST_UNORDERED:
        return False
    if builtin.is_multiset(kind.group, kind.kind, path):
        return len(one) == len(other)
    return builtin.is_extended_by_server(kind.group, kind.kind, path)


def by_content(want: list[Any], have: list[Any], schema: TypeSchema, path: Path, kind: Kind) -> list[Pair]:
    """Each element of a multiset with a live one that holds it, its own place first.

    Where nobody added elements, those left over on both sides face each other.
    """
    places = places_by_content(want, have, schema, path, kind)
    return [(Item(i), want[i], have[j] if j >= 0 else ABSENT) for i, j in enumerate(places)]


def places_by_content(want: list[Any], have: list[Any], schema: TypeSchema, path: Path, kind: Kind) -> list[int]:
    """Where the elements of a multiset stand in the live one, -1 for those that do not."""
    items = schema.items or ANYTHING

    def holds(wanted: Any, found: Any) -> bool:
        return agrees(wanted, found, items, (*path, Item(0)), kind)

    taken = {i: i for i, pair in enumerate(zip(want, have, strict=False)) if holds(*pair)}
    for index, wanted in enumerate(want):
        if index not in taken:
            free = (i for i, found in enumerate(have) if i not in taken.values() and holds(wanted, found))
            taken[index] = next(free, -1)
    is_same_length = len(want) == len(have)
    left = iter([i for i in range(len(have)) if is_same_length and i not in taken.values()])
    return [taken[i] if taken[i] >= 0 else next(left, -1) for i in range(len(want))]


def canonical(value: Any) -> str:
    """One text for equal JSON values."""
    return json.dumps(value, sort_keys=True, default=repr)


def item_keys(element: Any, schema: TypeSchema) -> tuple[tuple[str, Any], ...]:
    """The keys that identify an element of a list of type map, defaulted ones filled in."""
    fields = element if isinstance(element, dict) else {}
    return tuple((key, _hashable(_key(fields.get(key), key, schema))) for key in schema.list_keys)


def _key(value: Any, name: str, schema: TypeSchema) -> Any:
    """Defaulting takes an empty text for none, as Go's types without a pointer do."""
    default = _default(name, schema) if value is None or value == "" else None
    return value if default is None else default


def _default(key: str, schema: TypeSchema) -> Any:
    found = schema.items.field(key) if schema.items else None
    return found.default if found else None


def _hashable(value: Any) -> Any:
    return canonical(value) if isinstance(value, dict | list) else value


def _identified(elements: Sequence[Any], schema: TypeSchema) -> Iterator[tuple[tuple[Any, int], int, Any]]:
    seen: dict[Any, int] = {}
    for index, element in enumerate(elements):
        keys = item_keys(element, schema)
        seen[keys] = seen.get(keys, -1) + 1
        yield (keys, seen[keys]), index, element


def _repeated(elements: Sequence[Any], schema: TypeSchema) -> set[Any]:
    return {identity[0] for identity, _, _ in _identified(elements, schema) if identity[1]}


def _name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")
