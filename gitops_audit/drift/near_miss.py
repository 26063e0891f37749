"""Why an ignore rule hid nothing: what it comes nearest to, among the resources and changes of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.config.settings import IgnoreRule
from gitops_audit.config.suggest import closest, did_you_mean, listed
from gitops_audit.kube.match import PARTS, Match, has_labels, labels_of
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.how_many import how_many
from gitops_audit.model.path import pointer_of, pointer_tokens
from gitops_audit.model.subject import Subject

_ELEMENT = re.compile(r"\[([^\]\"]+)\]")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """One resource of the run, and what was found on it."""

    resource: Subject
    drift: Drift


def near_miss(rule: IgnoreRule, seen: Sequence[Seen]) -> str:
    """Half a sentence on why the rule hid nothing."""
    chosen = [s for s in seen if rule.match.selects(s.resource.key, labels_of(s.resource.body))]
    if not chosen:
        return _unmatched(rule.match, seen)
    changes = [change for s in chosen for change in s.drift.changes]
    if rule.statuses and not (rule.fields or rule.managers):
        return f"nothing among the {_count(chosen)} it selects is {' or '.join(rule.statuses)}"
    if not changes:
        return f"nothing differs on the {_count(chosen)} it selects"
    return _other_fields(rule, changes) or _other_managers(rule, changes) or "other rules hide what it covers"


def _unmatched(match: Match, seen: Sequence[Seen]) -> str:
    """The one part of the match that no resource meets, where the others are met."""
    for part in PARTS:
        wanted = getattr(match, part)
        anything: dict[str, Any] = {part: "*"}
        loose = replace(match, **anything)
        beside = [s.resource for s in seen if loose.selects(s.resource.key, labels_of(s.resource.body))]
        if wanted != "*" and beside:
            return _misnamed(part, wanted, {str(getattr(r.key, part)) for r in beside})
    loose = replace(match, labels=())
    unlabelled = [s.resource for s in seen if loose.selects(s.resource.key, {})]
    missing = [n for n, v in match.labels if not any(has_labels(((n, v),), labels_of(r.body)) for r in unlabelled)]
    if unlabelled:
        return f"no resource has the label {listed(missing or [n for n, _ in match.labels])} as it says"
    kinds = {s.resource.key.kind for s in seen}
    return did_you_mean(match.kind, kinds - {match.kind}) or "it selects nothing"


def _misnamed(part: str, wanted: str, found: set[str]) -> str:
    guess = did_you_mean(wanted, found)
    names = sorted(repr(name) for name in found)
    others = f"there is {listed(names[:_MOST_NAMED])}{' and others' if len(names) > _MOST_NAMED else ''}"
    return f"no {part} is {wanted!r}: {guess or others}"


def _other_fields(rule: IgnoreRule, changes: Iterable[Change]) -> str:
    pointers = sorted({_readable(change) for change in changes})
    near = next((found[0] for text in rule.fields if (found := closest(text, pointers, 1))), "")
    if near:
        return f"the nearest difference is {near}"
    return f"other fields differ: {listed(pointers[:_MOST_NAMED])}" if rule.fields else ""


def _other_managers(rule: IgnoreRule, changes: Iterable[Change]) -> str:
    managers = sorted({change.by.manager for change in changes if change.by is not None})
    if not rule.managers:
        return ""
    guess = next(filter(None, (did_you_mean(manager, managers) for manager in rule.managers)), "")
    return guess or f"what differs was written by {listed(managers[:_MOST_NAMED])}"


def _readable(change: Change) -> str:
    """The pointer of a change with the keys of list elements, as rules are written: `/containers/[name=web]/image`."""
    elements = _ELEMENT.findall(change.path)
    tokens = pointer_tokens(change.pointer)
    indexes = [place for place, token in enumerate(tokens) if token.isdecimal()]
    if len(indexes) != len(elements):
        return change.pointer
    named = dict(_named(indexes, elements))
    return pointer_of(named.get(place, token) for place, token in enumerate(tokens))


def _named(indexes: Sequence[int], elements: Sequence[str]) -> Iterator[tuple[int, str]]:
    for place, element in zip(indexes, elements, strict=True):
        yield place, f"[{element}]" if "=" in element else element


def _count(chosen: Sequence[Seen]) -> str:
    return "one resource" if len(chosen) == 1 else how_many(len(chosen), "resource")
