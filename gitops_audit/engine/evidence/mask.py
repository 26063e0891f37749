"""Hides in what was found what repeats the value of a Secret: a DSN in a ConfigMap, an argument, an annotation.

The last step before a verdict leaves the engine, and only for verdicts that tell something: objects were compared and
judged by what they really hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from gitops_audit.model.finding import ABSENT, Change, Drift, PolicyResult
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.mask import Mask
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, Invalid
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict

_Placed = TypeVar("_Placed", PolicyResult, Invalid)


class Masks:
    """The masks of one run: values come to be known as clusters are read, so a mask is made anew for more of them."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._inventory: Sequence[Subject] = ()
        self._masks: dict[bytes, tuple[int, Mask | None]] = {}

    def over(self, inventory: Sequence[Subject]) -> None:
        """The names in it are shown in any case, so they hide nothing."""
        self._inventory = inventory

    def of(self, redactor: Redactor) -> Mask | None:
        """None where nothing is known that would have to be hidden."""
        count, mask = self._masks.get(redactor.key, (0, None))
        if count != len(self._known):
            mask = Mask.of(redactor, frozenset(_names(self._inventory)))
            self._masks[redactor.key] = len(self._known), mask
        return mask

    def masked(self, verdicts: Sequence[Verdict], redactor: Redactor) -> Sequence[Verdict]:
        """The same verdicts, without copies of known values."""
        if not self._known or all(verdict.is_plain for verdict in verdicts):
            return verdicts
        mask = self.of(redactor)
        return verdicts if mask is None else [v if v.is_plain else _masked(v, mask) for v in verdicts]


def _names(inventory: Iterable[Subject]) -> Iterable[str]:
    for resource in inventory:
        yield from (resource.key.name, resource.key.namespace, resource.key.kind, resource.key.cluster, resource.source)


def _masked(verdict: Verdict, mask: Mask) -> Verdict:
    has_context = verdict.drift is not None and bool(verdict.drift.changes)
    return replace(
        verdict,
        resource=_shown(verdict.resource, mask) if has_context else verdict.resource,
        drift=_drift(verdict.drift, mask) if verdict.drift else None,
        policies=tuple(p if p.result == "pass" else _placed(p, mask) for p in verdict.policies),
        invalid=tuple(_placed(fault, mask) for fault in verdict.invalid),
        errors=tuple(replace(e, message=mask.message(e.message)) for e in verdict.errors),
    )


def _placed(found: _Placed, mask: Mask) -> _Placed:
    pointer = "" if mask.is_telling(found.pointer) else found.pointer
    return replace(found, message=mask.message(found.message), path=mask.message(found.path), pointer=pointer)


def _shown(resource: Subject, mask: Mask) -> Subject:
    """Reports show the neighbours of a changed field too."""
    if not isinstance(resource, Declared):
        return resource
    body = mask.body(resource.body)
    return resource if body is resource.body else replace(resource, body=body)


def _drift(drift: Drift, mask: Mask) -> Drift:
    changes = tuple(_change(change, mask) for change in drift.changes)
    return replace(drift, changes=changes, reason=mask.message(drift.reason))


def _change(change: Change, mask: Mask) -> Change:
    declared, live = (v if v is ABSENT else mask.value(v) for v in (change.declared, change.live))
    if mask.is_telling(change.pointer) or mask.is_telling(change.path):
        return replace(change, declared=declared, live=live, path=mask.message(change.path), pointer="")
    return replace(change, declared=declared, live=live)
