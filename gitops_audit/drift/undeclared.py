"""Live fields that Git does not declare but somebody answers for: `stale` and `added`.

Reported where a person would look: a label, a list element, a struct that came as a whole; a field of its own where
others own the rest of the struct. An example, in the mode `owned`:

    Git declares                  The cluster has                          Owned by (metadata.managedFields)

    metadata:                     metadata:
      labels:                       labels:
        app: shop                     app: shop                            kustomize-controller, by Apply
                                      tier: web                            kustomize-controller, by Apply
                                      debug: "on"                          kubectl-label
    spec:                         spec:
      replicas: 2                   replicas: 2                            kustomize-controller, by Apply
                                    paused: true                           kubectl-edit
                                    revisionHistoryLimit: 10               nobody: a default of the API server

Each entry of managedFields becomes a claim on the whole object. Flux deploys the object, so what its claim holds was
once declared: its role is `stale`. The claims of kubectl-label and kubectl-edit have the role `added`: by hand. The
walk goes down the live object and takes along what each claim still holds:

    metadata.labels          the claims of Flux {app, tier} and of kubectl-label {debug}
    metadata.labels.app      declared, and a text has nothing below it: passed over
    metadata.labels.tier     not declared, claimed by Flux:            stale
    metadata.labels.debug    not declared, claimed by kubectl-label:   added
    spec.paused              not declared, claimed by kubectl-edit:    added
    spec.revisionHistoryLimit    claimed by nobody: passed over

The record of `kubectl apply` (its last-applied annotation) goes along in the same way: what stands in it was declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from gitops_audit.config.settings import DriftMode
from gitops_audit.deployer import tracking
from gitops_audit.drift import builtin
from gitops_audit.drift.all_declared import is_inside_declared
from gitops_audit.drift.claim import Claim, Claims, Role, claimed_names, in_field, narrowed
from gitops_audit.drift.compare import Kind, Pair, by_keys, by_place, by_value, is_unordered, places_by_content
from gitops_audit.drift.consequence import is_consequence
from gitops_audit.drift.ownership import Ownership
from gitops_audit.drift.scaled_to_zero import REPLICAS, is_scaled_to_zero
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.builtin import GROUPS
from gitops_audit.kube.managed_fields import Entry
from gitops_audit.kube.path import ROOT, Item, Path
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.resource import JsonObject


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


class _Field(NamedTuple):
    """A live field with all that is known of it; a tuple, as the walk makes one for each field that it looks at.

    `want` is what Git declares, `have` what is live, `applied` what the record of the deployer has. `is_unit`: it is
    the value of a map or the element of a list, which a person sees as one thing.
    """

    path: Path
    want: Any
    have: Any
    applied: Any
    schema: TypeSchema
    claims: Claims
    is_unit: bool = False


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
    claims = tuple(Claim(e, search.role(e), e.trie) for e in ownership.entries)
    if claims or ownership.applied:
        search.below(_Field(ROOT, declared, live, ownership.applied or ABSENT, schema or ANYTHING, claims))
    if is_scaled_to_zero(kind.group, kind.kind, declared, live) and all(u.path != REPLICAS for u in search.found):
        search.found.append(Undeclared("added", REPLICAS, 0, None))
    return search.found


class _Search:
    """One walk down a live object."""

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

    def below(self, struct: _Field) -> None:
        """Visits the fields of a struct that the record or a claim with a role speaks of."""
        path, want, have, applied, schema, claims, _ = struct
        claimed = claimed_names(c for c in claims if c.role)
        for name, value in have.items():
            wanted, once = _get(want, name), _get(applied, name)
            if _is_settled(name, wanted) or (once is ABSENT and claimed is not None and name not in claimed):
                continue
            step = (*path, name)
            if len(step) > 3 or builtin.is_compared(step, self.sides[0]):
                inner = schema.field(name) or ANYTHING
                mine = in_field(claims, name, value, inner)
                self._visit(_Field(step, wanted, value, once, inner, mine, schema.is_map))

    def _elements(self, field: _Field) -> None:
        """Visits the elements of a list."""
        path, want, _, applied, schema, claims, _ = field
        items = schema.items or ANYTHING
        nodes = [(c, {} if c.is_whole else fields.elements(c.trie)) for c in claims]
        before = applied if isinstance(applied, list) else []
        once = {item.index: value for item, _, value in self._pairs(field, before)} if before else {}
        for item, live, declared in self._pairs(field, want if isinstance(want, list) else []):
            mine = narrowed([(c, fields.of_element(node, live, item.index)) for c, node in nodes], live, items)
            recorded = once.get(item.index, ABSENT)
            self._visit(_Field((*path, item), declared, live, recorded, items, mine, is_unit=True))

    def _visit(self, field: _Field) -> None:
        path, want, have, applied, schema, claims, _ = field
        if applied is not ABSENT and not self._is_evidence(applied, claims):
            applied = ABSENT
            field = field._replace(applied=ABSENT)
        if applied is ABSENT and not any(c.role for c in claims):
            return
        if want is ABSENT:
            self._undeclared(field)
        elif want is None or builtin.is_left_to_server(self.kind.group, _name(path), want, schema):
            by_hand = tuple(c for c in claims if c.role == "added")
            if by_hand:
                self._undeclared(field._replace(want=ABSENT, applied=ABSENT, claims=by_hand))
        elif applied is ABSENT and _is_plainly_declared(claims, want, have, path):
            return
        elif isinstance(have, dict) and isinstance(want, dict):
            self.below(field)
        elif isinstance(have, list) and isinstance(want, list):
            self._elements(field)

    def _pairs(self, field: _Field, other: list[Any]) -> list[Pair]:
        have: list[Any] = field.have
        if field.schema.list_type == "map":
            return by_keys(have, other, field.schema)
        if field.schema.list_type == "set":
            return by_value(have, other)
        if is_unordered(have, other, self.kind, field.path):
            return self._by_content(field, other)
        return by_place(have, other) if len(have) == len(other) else []

    def _by_content(self, field: _Field, other: list[Any]) -> list[Pair]:
        places = places_by_content(other, field.have, field.schema, field.path, self.kind)
        declared = {place: other[index] for index, place in enumerate(places)}
        return [(Item(i), element, declared.get(i, ABSENT)) for i, element in enumerate(field.have)]

    def _is_evidence(self, applied: Any, claims: Claims) -> bool:
        """Of somebody else, or beside an Apply entry, the record counts where its writer still owns the field."""
        if applied is None:
            return False
        if self.ownership.applied_by == "hand":
            return any(self.ownership.is_client_side_apply_by_hand(c.entry) for c in claims)
        return self.ownership.intent is None or any(self._wrote_record(c.entry) for c in claims)

    def _wrote_record(self, entry: Entry) -> bool:
        return not entry.is_apply and self.ownership.is_deployer(entry)

    def _is_of_record(self, entry: Entry) -> bool:
        return self.ownership.is_deployer(entry) or self.ownership.is_client_side_apply_by_hand(entry)

    def _undeclared(self, field: _Field) -> None:
        """Reports a field that is not declared, or looks below it where a person would."""
        have, schema = field.have, field.schema
        if have is None or have in ({}, []) or self._is_tools(field) or self._is_explained(field):
            return
        if isinstance(have, list) and schema.list_type in ("map", "set"):
            self._elements(field)
        elif isinstance(have, dict) and not self._is_one(field):
            self.below(field)
        else:
            self._add(field)

    def _is_tools(self, field: _Field) -> bool:
        """Whether it is a mark of a deployer that no person set."""
        if not tracking.is_mark(field.path):
            return False
        by_hand = (
            (c.role and self.ownership.is_interactive(c.entry)) or self.ownership.is_client_side_apply_by_hand(c.entry)
            for c in field.claims
        )
        return not any(by_hand) or any(self.ownership.is_deployer(c.entry) for c in field.claims)

    def _is_explained(self, field: _Field) -> bool:
        """By defaulting: as a consequence of another field, or in a list that can only be owned as a whole."""
        path, have = field.path, field.have
        if is_consequence(self.kind.group, self.kind.kind, path, have, self.sides[1]):
            return True
        evidence = [c for c in field.claims if c.role]
        if not evidence or not all(c.is_whole and fields.at(c.entry.trie, path) is None for c in evidence):
            return False
        return not self.knows_defaults or builtin.is_default(self.kind.kind, path, have, field.schema, self.sides)

    def _is_one(self, field: _Field) -> bool:
        """Whether a person sees one thing: a list element, or a struct that belongs to one manager alone."""
        _, _, have, applied, schema, claims, is_unit = field
        evidence = [c for c in claims if c.role]
        if is_unit and (applied is not ABSENT or any(c.has_brought for c in evidence)):
            return True
        if schema.is_map or (len(have) == 1 and not is_unit):
            return False
        if any(not c.role and not (applied is not ABSENT and self._is_of_record(c.entry)) for c in claims):
            return False
        return (applied is not ABSENT and bool(applied)) or any(c.owns_all(have) for c in evidence)

    def _add(self, field: _Field) -> None:
        evidence = sorted((c for c in field.claims if c.role), key=lambda c: c.entry.time)
        is_recorded = field.applied is not ABSENT and self.ownership.applied_by != "hand"
        is_stale = is_recorded or any(c.role == "stale" for c in evidence)
        entry = evidence[-1].entry if evidence else None
        change: Literal["stale", "added"] = "stale" if is_stale else "added"
        self.found.append(Undeclared(change, field.path, field.have, entry, field.applied, field.schema))


def _is_plainly_declared(claims: Claims, want: Any, have: Any, path: Path) -> bool:
    """Whether nothing below can be undeclared; the marks of deployers stand higher up."""
    if len(path) < 3:
        return False
    return all(not c.is_whole and is_inside_declared(c.trie, want, have, path) for c in claims if c.role)


def _is_settled(name: str, want: Any) -> bool:
    """Whether a declared value leaves no room beside it: a scalar that is not empty (a bundle may be blank)."""
    return bool(want) and isinstance(want, str | int | float) and name != "caBundle"


def _name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _get(body: Any, name: str) -> Any:
    return body.get(name, ABSENT) if isinstance(body, dict) else ABSENT
