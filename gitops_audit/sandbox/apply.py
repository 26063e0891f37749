"""Server-side apply: an applied configuration is merged into the live object, field by field (KEP-555).

A field the applier gave up is removed, unless somebody else owns it; a field somebody else owns with another value is
a conflict, unless the applier forces it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gitops_audit.sandbox.field_set import EMPTY, FieldSet, Path, display
from gitops_audit.sandbox.managed_fields import Entry, Manager, Managers, cleaned, release, updater, without
from gitops_audit.sandbox.status import ApiError, Cause
from gitops_audit.sandbox.typed import compare, merge, owned_fields, remove, with_named_parents
from gitops_audit.sandbox.types import JsonObject, Type


@dataclass(frozen=True, slots=True)
class Apply:
    """One apply request. `is_tracked` says which paths count for the subresource that is applied to."""

    manager: Manager
    api_version: str
    time: str
    force: bool
    is_tracked: Callable[[Path], bool]

    def merged(
        self, live: JsonObject, config: JsonObject, managers: Managers, schema: Type
    ) -> tuple[JsonObject, Managers]:
        """The object that results, not yet decoded or defaulted, and its owners.

        Raises ApiError 409 on conflicts, SchemaMismatch where the configuration does not fit the schema.
        """
        live = without(live)
        last = managers.get(self.manager, Entry(self.api_version, EMPTY))
        claimed = frozenset(path for path in owned_fields(config, schema) if self.is_tracked(path))
        claims = managers | {self.manager: Entry(self.api_version, claimed, last.time)}
        new = _pruned(merge(live, config, schema), claims, last.fields, schema)
        owners = self._settled(live, new, claims, schema)
        if new != live:
            owners[self.manager] = Entry(self.api_version, owners[self.manager].fields, self.time)
        return new, cleaned(owners)

    def _settled(self, live: JsonObject, new: JsonObject, claims: Managers, schema: Type) -> Managers:
        touched = compare(live, new, schema)
        disputed = {
            manager: entry.fields & touched.written
            for manager, entry in claims.items()
            if manager != self.manager and entry.fields & touched.written
        }
        if disputed and not self.force:
            raise _conflict(disputed)
        return release(claims, touched.written, touched.removed, except_for=self.manager)


def adopted(live: JsonObject, managers: Managers, schema: Type, empty: JsonObject, time: str) -> Managers:
    """The owners of an object that was never tracked: all it holds belongs to `before-first-apply`."""
    if managers:
        return managers
    manager = updater("before-first-apply", live["apiVersion"])
    fields = compare(empty, without(live), schema).written
    return cleaned({manager: Entry(live["apiVersion"], fields, time)})


def _pruned(merged: JsonObject, claims: Managers, last: FieldSet, schema: Type) -> JsonObject:
    if not last:
        return merged
    given_up = with_named_parents(last, schema)
    present = with_named_parents(owned_fields(merged, schema), schema)
    left = remove(merged, given_up, schema)
    kept = with_named_parents(owned_fields(left, schema), schema)
    owned = with_named_parents(frozenset().union(*(entry.fields for entry in claims.values())), schema)
    left = remove(merged, present - (kept | owned), schema)
    kept = with_named_parents(owned_fields(left, schema), schema)
    pruned: JsonObject = remove(merged, (present - kept) & given_up, schema)
    return pruned


def _conflict(disputed: dict[Manager, FieldSet]) -> ApiError:
    lines, causes = list[str](), list[Cause]()
    for manager in sorted(disputed, key=str):
        paths = [display(path) for path in sorted(disputed[manager])]
        lines += [f"conflicts with {manager}:", *(f"- {path}" for path in paths)]
        causes += [Cause("FieldManagerConflict", path, f"conflict with {manager}") for path in paths]
    if len(causes) == 1:
        text = f"1 conflict: {causes[0].message}: {causes[0].field}"
    else:
        text = f"{len(causes)} conflicts: " + "\n".join(lines)
    details = {"causes": [cause.as_json() for cause in causes]}
    return ApiError(409, f"Apply failed with {text}", details=details)
