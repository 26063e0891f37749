"""Confirmation by a server-side-apply dry run: which drift is worth asking about, and what the answer changes.

The request itself (force, the applier's field manager) is the engine's. An in-sync verdict needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gitops_audit.drift.compare import Kind, differences
from gitops_audit.drift.equality import is_identical
from gitops_audit.kube import shape
from gitops_audit.kube.path import pointer
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.finding import ABSENT, Change, Drift, DriftStatus
from gitops_audit.model.resource import Declared, JsonObject

_ASKABLE = frozenset({"changed", "removed"})


@dataclass(frozen=True, slots=True)
class DryRun:
    """The object the server would store (redacted like everything read), or why it would not say."""

    body: JsonObject | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The drift after the answer, and how many of its changes the server says are none."""

    drift: Drift
    dropped: int = 0


def is_suspect(drift: Drift) -> bool:
    """Whether a dry run can decide anything: a counting change of a value. Ownership is no matter of opinion."""
    return any(_is_askable(change) for change in drift.changes)


def confirmed(
    drift: Drift, resource: Declared, live: JsonObject, answer: DryRun, schema: TypeSchema | None
) -> Confirmation:
    """What the server says of a suspect.

    A declared value that the server would write is confirmed. One that the server would leave as it is means the same
    to it and is dropped; one it would not keep at all is `dropped` as a type: a fault of the manifest. A failed
    dry run leaves the local verdict, unconfirmed, with the server's words.
    """
    if answer.body is None:
        return Confirmation(replace(drift, confirmed=False, reason=f"dry run failed: {answer.problem}"))
    untouched = _untouched(resource, live, answer.body, schema)
    kept = tuple(_judged(change, untouched) for change in drift.changes)
    changes = tuple(c for c in kept if c is not None)
    status: DriftStatus = "modified" if is_counting(changes) else "in-sync"
    return Confirmation(replace(drift, status=status, changes=changes, confirmed=True), len(kept) - len(changes))


def is_counting(changes: Iterable[Change]) -> bool:
    """Whether any change is left that nothing waives."""
    return any(change.ignored is None for change in changes)


def _untouched(resource: Declared, live: JsonObject, applied: JsonObject, schema: TypeSchema | None) -> set[str]:
    """The pointers of differences that applying leaves exactly as they are."""
    kind = Kind(resource.key.group, resource.key.kind)
    schema = schema or shape.of_kind(kind.group, resource.version, kind.kind)
    before = {pointer(d.path): d.live for d in differences(resource.body, live, schema, kind)}
    after = {pointer(d.path): d.live for d in differences(resource.body, applied, schema, kind)}
    return {p for p, value in after.items() if p in before and is_identical(before[p], value)}


def _judged(change: Change, untouched: set[str]) -> Change | None:
    """A difference that applying does not touch is one the server does not see."""
    if not _is_askable(change) or not _is_within(change.pointer, untouched):
        return change
    if change.type == "removed":
        return replace(change, type="dropped", cause="unknown", live=ABSENT)
    return None


def _is_within(pointer: str, places: set[str]) -> bool:
    """Whether a change is one of the differences, or what ignore rules left of one."""
    return pointer in places or any(pointer.startswith(f"{place}/") for place in places)


def _is_askable(change: Change) -> bool:
    return change.type in _ASKABLE and change.ignored is None
