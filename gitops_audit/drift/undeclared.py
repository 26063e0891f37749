"""Live fields that Git does not declare but somebody answers for: `stale` and `added`.

Reported where a person would look: a label, a list element, a struct that came as a whole; a field of its own where
others own the rest of the struct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gitops_audit.config.settings import DriftMode
from gitops_audit.deployer import tracking
from gitops_audit.drift import builtin
from gitops_audit.drift.compare import Kind, Pair, by_keys, by_place, by_value, is_unordered, places_by_content
from gitops_audit.drift.consequence import is_consequence
from gitops_audit.drift.ownership import Ownership
from gitops_audit.drift.scaled_to_zero import REPLICAS, is_scaled_to_zero
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.builtin import GROUPS
from gitops_audit.kube.managed_fields import Entry, Trie
from gitops_audit.kube.path import ROOT, Item, Path
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.resource import JsonObject

Role = Literal["stale", "added", ""]


# A list as long as this is looked up by index instead of searched.
_MANY = 500


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A live field that Git does not declare. `path` leads through the live object; `entry` is the evidence.

    `applied` is what the deployer had declared, where that is known.
    """

    type: Literal["stale", "added"]
    path: Path
    live: Any
    entry: Entry | None
    applied: Any = ABSENT
    schema: TypeSchema = ANYTHING


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one entry owns here; `is_whole`: by owning a list or map around it that cannot be owned in parts."""

    entry: Entry
    role: Role
    trie: Trie
    is_whole: bool = False


_Claims = tuple[_Claim, ...]


def is_all_declared(trie: Trie, declared: Any, live: Any, *, place: Path = ROOT, has_marks: bool = True) -> bool:
    """Whether plainly every owned field is declared. False decides nothing; no schema is asked.

    `place` is kept for the first levels only, where deployers write marks of their own. `has_marks`: whether the owner
    is one of those whose marks are passed over.
    """
    is_struct = type(declared) is dict and type(live) is dict
    is_shallow = len(place) < 3
    for key, node in trie.items():
        if key == ".":
            continue
        name = key[2:]
        if is_struct and key[:2] == "f:":
            want, have = declared.get(name, ABSENT), live.get(name)
        else:
            want, have = _elements(key, declared, live)
        if want is ABSENT:
            if is_shallow and has_marks and tracking.is_mark((*place, name)):
                continue
            return False
        kind = type(want)
        if kind is dict or kind is list:
            if not _is_inside_declared(node, want, have, (*place, name) if is_shallow else place, has_marks):
                return False
        elif have and (not want or name == "caBundle") and want != have:
            return False
    return True


def _is_inside_declared(node: Any, want: Any, have: Any, place: Path, has_marks: bool = True) -> bool:
    if not node or type(node) is not dict or fields.is_leaf(node):
        return builtin.adds_only_defaults(want, have)
    return is_all_declared(node, want, have, place=place, has_marks=has_marks)


def _elements(key: str, declared: Any, live: Any) -> tuple[Any, Any]:
    """The declared and the live element that a key of a set of fields means, ABSENT where plainly there is none."""
    if type(declared) is not list or type(live) is not list or len(declared) > _MANY:
        return ABSENT, ABSENT
    if key[:2] == "v:":
        value = fields.value_of(key[2:])
        return (value, value) if value in declared else (ABSENT, ABSENT)
    place = _place(key, declared)
    if place < 0:
        return ABSENT, ABSENT
    beside = place if place < len(live) and _place(key, live[place : place + 1]) == 0 else _place(key, live)
    return declared[place], live[beside] if beside >= 0 else ABSENT


def _place(key: str, elements: list[Any]) -> int:
    keys = fields.keys_of(key[2:]) if key[:2] == "k:" else ()
    for place, element in enumerate(elements):
        if keys and _has_keys(element, keys):
            return place
    return -1


def _has_keys(element: Any, keys: tuple[tuple[str, Any], ...]) -> bool:
    if type(element) is not dict:
        return False
    for name, value in keys:
        found = element.get(name)
        if found != value and not (found is None and name == "protocol" and value == "TCP"):
            return False
    return True


def undeclared(
    declared: JsonObject,
    live: JsonObject,
    schema: TypeSchema | None,
    kind: Kind,
    ownership: Ownership,
    mode: DriftMode,
) -> list[Undeclared]:
    """All stale and added fields, in the order of the live object. Raises RecursionError if endless."""
    search = _Search(kind, (declared, live), ownership, mode, has_types=schema is not None)
    claims = tuple(_Claim(e, search.role(e), e.trie) for e in ownership.entries)
    if claims or ownership.applied:
        search.fields(declared, live, ownership.applied or ABSENT, schema or ANYTHING, ROOT, claims)
    if is_scaled_to_zero(kind.group, kind.kind, declared, live) and all(u.path != REPLICAS for u in search.found):
        search.found.append(Undeclared("added", REPLICAS, 0, None))
    return search.found


class _Search:
    __slots__ = ("found", "kind", "knows_defaults", "mode", "ownership", "sides")

    def __init__(
        self, kind: Kind, sides: builtin.Sides, ownership: Ownership, mode: DriftMode, *, has_types: bool
    ) -> None:
        self.kind, self.sides, self.ownership, self.mode = kind, sides, ownership, mode
        self.knows_defaults = has_types or kind.group in GROUPS
        self.found: list[Undeclared] = []

    def role(self, entry: Entry) -> Role:
        """What an undeclared field of this entry is."""
        if entry is self.ownership.intent:
            return "stale"
        if self.mode == "strict":
            return "added"
        if entry is self.ownership.creator or self.ownership.is_client_side_apply_by_hand(entry):
            return ""
        return "added" if self.ownership.is_interactive(entry) else ""

    def fields(
        self, want: Any, have: JsonObject, applied: Any, schema: TypeSchema, path: Path, claims: _Claims
    ) -> None:
        watched = [c for c in claims if c.role]
        for name, value in have.items():
            wanted, once = _get(want, name), _get(applied, name)
            if _is_settled(name, wanted) or (once is ABSENT and not _is_claimed(f"f:{name}", watched)):
                continue
            step = (*path, name)
            if len(step) > 3 or builtin.is_compared(step, self.sides[0]):
                inner = schema.field(name) or ANYTHING
                mine = _in_field(claims, name, value, inner)
                self._value(wanted, value, once, inner, step, mine, is_unit=schema.is_map)

    def _value(
        self,
        want: Any,
        have: Any,
        applied: Any,
        schema: TypeSchema,
        path: Path,
        claims: _Claims,
        *,
        is_unit: bool = False,
    ) -> None:
        """`is_unit`: the value of a map or the element of a list, which a person sees as one thing."""
        applied = applied if self._is_evidence(applied, claims) else ABSENT
        if applied is ABSENT and not any(c.role for c in claims):
            return
        if want is ABSENT:
            self._undeclared(have, applied, schema, path, claims, is_unit=is_unit)
        elif want is None or builtin.is_left_to_server(self.kind.group, _name(path), want, schema):
            by_hand = tuple(c for c in claims if c.role == "added")
            self._undeclared(have, ABSENT, schema, path, by_hand, is_unit=is_unit)
        elif applied is ABSENT and _is_plainly_declared(claims, want, have, path):
            return
        elif isinstance(have, dict) and isinstance(want, dict):
            self.fields(want, have, applied, schema, path, claims)
        elif isinstance(have, list) and isinstance(want, list):
            self._list(want, have, applied, schema, path, claims)

    def _list(
        self, want: list[Any], have: list[Any], applied: Any, schema: TypeSchema, path: Path, claims: _Claims
    ) -> None:
        items = schema.items or ANYTHING
        nodes = [(c, {} if c.is_whole else fields.elements(c.trie)) for c in claims]
        before = applied if isinstance(applied, list) else []
        once = {item.index: value for item, _, value in self._pairs(have, before, schema, path)} if before else {}
        for item, live, declared in self._pairs(have, want, schema, path):
            mine = _narrowed([(c, fields.of_element(node, live, item.index)) for c, node in nodes], live, items)
            self._value(declared, live, once.get(item.index, ABSENT), items, (*path, item), mine, is_unit=True)

    def _pairs(self, have: list[Any], other: list[Any], schema: TypeSchema, path: Path) -> list[Pair]:
        if schema.list_type == "map":
            return by_keys(have, other, schema)
        if schema.list_type == "set":
            return by_value(have, other)
        if is_unordered(have, other, self.kind, path):
            return self._by_content(have, other, schema, path)
        return by_place(have, other) if len(have) == len(other) else []

    def _by_content(self, have: list[Any], other: list[Any], schema: TypeSchema, path: Path) -> list[Pair]:
        places = places_by_content(other, have, schema, path, self.kind)
        declared = {place: other[index] for index, place in enumerate(places)}
        return [(Item(i), element, declared.get(i, ABSENT)) for i, element in enumerate(have)]

    def _is_evidence(self, applied: Any, claims: _Claims) -> bool:
        """Of somebody else, or beside an Apply entry, the record counts where its writer still owns the field."""
        if applied is None or applied is ABSENT:
            return applied is not None
        if self.ownership.applied_by == "hand":
            return any(self.ownership.is_client_side_apply_by_hand(c.entry) for c in claims)
        return self.ownership.intent is None or any(self._wrote_record(c.entry) for c in claims)

    def _wrote_record(self, entry: Entry) -> bool:
        return not entry.is_apply and self.ownership.is_deployer(entry)

    def _is_of_record(self, entry: Entry) -> bool:
        return self.ownership.is_deployer(entry) or self.ownership.is_client_side_apply_by_hand(entry)

    def _undeclared(
        self, have: Any, applied: Any, schema: TypeSchema, path: Path, claims: _Claims, *, is_unit: bool
    ) -> None:
        if applied is ABSENT and not any(c.role for c in claims):
            return
        if (
            have is None
            or have in ({}, [])
            or self._is_tools(path, claims)
            or self._is_explained(have, schema, path, claims)
        ):
            return
        if isinstance(have, list) and schema.list_type in ("map", "set"):
            self._list([], have, applied, schema, path, claims)
        elif isinstance(have, dict) and not self._is_one(have, applied, schema, claims, is_unit=is_unit):
            self.fields({}, have, applied, schema, path, claims)
        else:
            self._add(have, applied, schema, path, claims)

    def _is_tools(self, path: Path, claims: _Claims) -> bool:
        """Whether it is a mark of a deployer that no person set."""
        if not tracking.is_mark(path):
            return False
        by_hand = (
            (c.role and self.ownership.is_interactive(c.entry)) or self.ownership.is_client_side_apply_by_hand(c.entry)
            for c in claims
        )
        return not any(by_hand) or any(self.ownership.is_deployer(c.entry) for c in claims)

    def _is_explained(self, have: Any, schema: TypeSchema, path: Path, claims: _Claims) -> bool:
        """By defaulting: as a consequence of another field, or in a list that can only be owned as a whole."""
        if is_consequence(self.kind.group, self.kind.kind, path, have, self.sides[1]):
            return True
        evidence = [c for c in claims if c.role]
        if not evidence or not all(c.is_whole and fields.at(c.entry.trie, path) is None for c in evidence):
            return False
        return not self.knows_defaults or builtin.is_default(self.kind.kind, path, have, schema, self.sides)

    def _is_one(self, have: JsonObject, applied: Any, schema: TypeSchema, claims: _Claims, *, is_unit: bool) -> bool:
        """Whether a person sees one thing: a list element, or a struct that belongs to one manager alone."""
        evidence = [c for c in claims if c.role]
        if is_unit and (applied is not ABSENT or any(_brought(c) for c in evidence)):
            return True
        if schema.is_map or (len(have) == 1 and not is_unit):
            return False
        if any(not c.role and not (applied is not ABSENT and self._is_of_record(c.entry)) for c in claims):
            return False
        return (applied is not ABSENT and bool(applied)) or any(_owns_all(c, have) for c in evidence)

    def _add(self, have: Any, applied: Any, schema: TypeSchema, path: Path, claims: _Claims) -> None:
        evidence = sorted((c for c in claims if c.role), key=lambda c: c.entry.time)
        is_recorded = applied is not ABSENT and self.ownership.applied_by != "hand"
        is_stale = is_recorded or any(c.role == "stale" for c in evidence)
        entry = evidence[-1].entry if evidence else None
        self.found.append(Undeclared("stale" if is_stale else "added", path, have, entry, applied, schema))


def _owns_all(claim: _Claim, have: Any) -> bool:
    """An Apply entry brought the struct, with what defaulting added; an Update entry owns just what it changed."""
    return claim.is_whole or claim.entry.is_apply or _covers(claim.trie, have)


def _covers(trie: Trie, have: Any) -> bool:
    if fields.is_leaf(trie):
        return True
    if isinstance(have, dict):
        nodes = [(fields.field(trie, name), value) for name, value in have.items()]
    elif isinstance(have, list):
        index = fields.elements(trie)
        nodes = [(fields.of_element(index, value, place), value) for place, value in enumerate(have)]
    else:
        return True
    return all(node is not None and _covers(node, value) for node, value in nodes)


def _in_field(claims: _Claims, name: str, value: Any, schema: TypeSchema) -> _Claims:
    return _narrowed([(c, fields.field(c.trie, name)) for c in claims], value, schema)


def _narrowed(claims: Sequence[tuple[_Claim, Trie | None]], value: Any, schema: TypeSchema) -> _Claims:
    """The claims on a child. An empty set of fields owns what is below only where that cannot be owned in parts."""
    is_indivisible = _is_indivisible(value, schema)
    return tuple(
        claim if claim.is_whole else _Claim(claim.entry, claim.role, trie or {}, is_indivisible and _is_leaf(trie))
        for claim, trie in claims
        if claim.is_whole or trie is not None
    )


def _is_leaf(trie: Trie | None) -> bool:
    return trie is not None and fields.is_leaf(trie)


def _is_indivisible(value: Any, schema: TypeSchema) -> bool:
    return schema.is_atomic or (isinstance(value, list) and schema.list_type not in ("map", "set"))


def _is_plainly_declared(claims: _Claims, want: Any, have: Any, path: Path) -> bool:
    """Whether nothing below can be undeclared; the marks of deployers stand higher up."""
    if len(path) < 3:
        return False
    return all(not c.is_whole and _is_inside_declared(c.trie, want, have, path) for c in claims if c.role)


def _is_settled(name: str, want: Any) -> bool:
    """Whether a declared value leaves no room beside it: a scalar that is not empty (a bundle may be blank)."""
    return bool(want) and isinstance(want, str | int | float) and name != "caBundle"


def _is_claimed(key: str, claims: Sequence[_Claim]) -> bool:
    return any(claim.is_whole or key in claim.trie for claim in claims)


def _brought(claim: _Claim) -> bool:
    return claim.is_whole or fields.is_member(claim.trie)


def _name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _get(body: Any, name: str) -> Any:
    return body.get(name, ABSENT) if isinstance(body, dict) else ABSENT
