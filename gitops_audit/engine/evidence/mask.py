"""Hides in what was found what repeats the value of a Secret: a DSN in a ConfigMap, an argument, an annotation.

The last step before a verdict leaves the engine, and only for verdicts that tell something: objects were compared and
judged by what they really hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from gitops_audit.model.finding import ABSENT, Change, Finding
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.mask import Mask
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared
from gitops_audit.model.secret_value import texts_in
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict


class Masks:
    """The masks of one run: values come to be known as clusters are read, so a mask is made anew for more of them."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._inventory: Sequence[Subject] = ()
        self._masks: dict[bytes, tuple[int, Mask]] = {}

    def over(self, inventory: Sequence[Subject]) -> None:
        """The names in it are shown in any case, so they hide nothing."""
        self._inventory = inventory

    def of(self, redactor: Redactor) -> Mask:
        """Of what is known by now."""
        count, mask = self._masks.get(redactor.key, (0, None))
        if mask is None or count != len(self._known):
            mask = Mask.of(redactor, frozenset(_names(self._inventory)))
            self._masks[redactor.key] = len(self._known), mask
        return mask

    def masked(self, verdicts: Sequence[Verdict], redactor: Redactor) -> Sequence[Verdict]:
        """The same verdicts, without copies of known values."""
        if not any(verdict.findings for verdict in verdicts):
            return verdicts
        mask = self.of(redactor)
        return [_masked(v, mask) if v.findings and (self._known or _may_hold_url(v)) else v for v in verdicts]


def _names(inventory: Iterable[Subject]) -> Iterable[str]:
    for resource in inventory:
        yield from (resource.key.name, resource.key.namespace, resource.key.kind, resource.key.cluster, resource.source)


def _may_hold_url(verdict: Verdict) -> bool:
    """Whether any text that is shown of a verdict could be a URL with credentials: nearly none could."""
    told = [verdict.skip_reason, verdict.drift.reason if verdict.drift else ""]
    told += [text for f in verdict.findings for text in (f.message, f.path)]
    changes = [f.change for f in verdict.findings if f.change is not None]
    told += [str(value) for change in changes for value in (change.declared, change.live)]
    told += [verdict.health.message] if verdict.health else []
    shown = texts_in(verdict.subject.body) if changes and isinstance(verdict.subject, Declared) else ()
    return any("@" in text and "://" in text for text in chain(told, shown))


def _masked(verdict: Verdict, mask: Mask) -> Verdict:
    shown = replace(
        verdict,
        subject=_shown(verdict.subject, mask) if verdict.changes else verdict.subject,
        drift=verdict.drift and replace(verdict.drift, reason=mask.message(verdict.drift.reason)),
        skip_reason=mask.message(verdict.skip_reason),
        health=verdict.health and replace(verdict.health, message=mask.message(verdict.health.message)),
    )
    return shown.with_findings([_finding(finding, mask) for finding in verdict.findings])


def _shown(subject: Subject, mask: Mask) -> Subject:
    """Reports show the neighbours of a changed field too."""
    if not isinstance(subject, Declared):
        return subject
    body = mask.body(subject.body)
    return subject if body is subject.body else replace(subject, body=body)


def _finding(finding: Finding, mask: Mask) -> Finding:
    is_telling = mask.is_telling(finding.pointer) or mask.is_telling(finding.path)
    return replace(
        finding,
        message=mask.message(finding.message),
        path=mask.message(finding.path),
        pointer="" if is_telling else finding.pointer,
        change=finding.change and _change(finding.change, mask, is_telling=is_telling),
    )


def _change(change: Change, mask: Mask, *, is_telling: bool) -> Change:
    declared, live = (v if v is ABSENT else mask.value(v) for v in (change.declared, change.live))
    path, pointer = (mask.message(change.path), "") if is_telling else (change.path, change.pointer)
    return replace(change, declared=declared, live=live, path=path, pointer=pointer)
