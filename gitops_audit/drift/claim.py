"""What field managers own of a field, and of what is below it, while a walk goes down a live object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.managed_fields import Entry, Trie
from gitops_audit.kube.type_schema import TypeSchema

Role = Literal["stale", "added", ""]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one entry owns here.

    `role` is what an undeclared field of this entry is; empty where the entry is no evidence of anything. `is_whole`:
    it owns a list or map around the field that cannot be owned in parts.
    """

    entry: Entry
    role: Role
    trie: Trie
    is_whole: bool = False

    @property
    def has_brought(self) -> bool:
        """Whether the entry owns the field itself, not only something below it."""
        return self.is_whole or fields.is_member(self.trie)

    def owns_all(self, have: Any) -> bool:
        """Whether the struct is the entry's own: an Apply entry brought it, with what defaulting added; an Update
        entry owns just what it changed."""
        return self.is_whole or self.entry.is_apply or _covers(self.trie, have)


Claims = tuple[Claim, ...]


def in_field(claims: Claims, name: str, value: Any, schema: TypeSchema) -> Claims:
    """The claims on one field of a struct."""
    return narrowed([(c, fields.field(c.trie, name)) for c in claims], value, schema)


def narrowed(claims: Sequence[tuple[Claim, Trie | None]], value: Any, schema: TypeSchema) -> Claims:
    """The claims on a child. An empty set of fields owns what is below only where that cannot be owned in parts."""
    is_indivisible = _is_indivisible(value, schema)
    return tuple(
        claim if claim.is_whole else Claim(claim.entry, claim.role, trie or {}, is_indivisible and _is_leaf(trie))
        for claim, trie in claims
        if claim.is_whole or trie is not None
    )


def claimed_names(claims: Iterable[Claim]) -> Set[str] | None:
    """The names of the fields of a struct that one of the claims is on; None where a claim is on all of them."""
    names: set[str] = set()
    for claim in claims:
        if claim.is_whole:
            return None
        names.update(key[2:] for key in claim.trie if key.startswith("f:"))
    return names


def _is_leaf(trie: Trie | None) -> bool:
    return trie is not None and fields.is_leaf(trie)


def _is_indivisible(value: Any, schema: TypeSchema) -> bool:
    return schema.is_atomic or (isinstance(value, list) and schema.list_type not in ("map", "set"))


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
