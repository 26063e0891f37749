"""Ignore rules: which differences do not count, and whether the rules themselves are still worth having."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

from gitops_audit.config.settings import IgnoreRule
from gitops_audit.drift.attribution import manager_at
from gitops_audit.drift.field_pattern import FieldPattern, located
from gitops_audit.drift.leaf import Cover, parts
from gitops_audit.drift.near_miss import Seen, near_miss
from gitops_audit.errors import ConfigError
from gitops_audit.kube.glob import is_like_any
from gitops_audit.kube.match import labels_of
from gitops_audit.model.finding import ABSENT, Change, Drift, Waiver
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.model.subject import Subject

Paths = Callable[[str, JsonObject], Iterable[Sequence[Any]]]
Fault = Literal["dead", "expired", "over-broad"]


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What a person should know of one rule: `resources` it selects, `changes` it hides, and what is wrong with it."""

    rule: IgnoreRule
    resources: int
    changes: int
    faults: tuple[Fault, ...]
    miss: str = ""

    def why(self, fault: Fault) -> str:
        """What is meant by a fault of this rule, as half a sentence; `miss` is what a dead one came nearest to."""
        if fault == "dead":
            return f"it hid nothing; {self.miss}" if self.miss else "it hid nothing"
        if fault == "expired":
            return f"its last day was {self.rule.expires}, so that it hides nothing any more"
        if "*" in self.rule.managers:
            return "it hides what any manager wrote; name the managers"
        if self.rule.statuses and self.rule.is_for_all:
            return "it accepts every object; name some by `match`"
        broad = [text or "the whole object" for text in self.rule.fields if FieldPattern(text).is_broad]
        return f"it hides all below {', '.join(broad)}; name the fields"


class _Compiled:
    """A rule made ready. An expired one selects nothing."""

    def __init__(self, rule: IgnoreRule, number: int, today: date) -> None:
        self.rule = rule
        self.id = str(rule.where) if rule.where.path else f"ignore[{number}]"
        self.patterns = tuple(_pattern(text, rule) for text in rule.fields)
        self.is_expired = is_expired(rule, today)

    @cached_property
    def waiver(self) -> Waiver:
        return Waiver(self.rule.reason, self.rule.owner, self.rule.expires, self.id)

    @property
    def is_broad(self) -> bool:
        rule = self.rule
        return any(p.is_broad for p in self.patterns) or "*" in rule.managers or rule.is_for_all

    def located(self, paths: Paths, *bodies: JsonObject) -> _Compiled:
        """The rule with the places that its expressions lead to in an object, as it is declared and as it lives."""
        if not self.rule.expressions:
            return self
        asked = ((body, path) for body in bodies for text in self.rule.expressions for path in paths(text, body))
        found = copy(self)
        found.patterns = (*self.patterns, *(one for body, path in asked for one in located(path, body)))
        return found

    def covers(self, change: Change, declared: JsonObject, live: JsonObject) -> Iterator[Cover]:
        """What of its patterns is left at a change; the whole change where its writer is one of the managers."""
        if change.by is not None and self.is_of(change.by.manager) and not _is_composed(change):
            yield (), self.waiver
        body = live if change.declared is ABSENT else declared
        below = (pattern.below(change.pointer, body) for pattern in self.patterns)
        yield from ((steps, self.waiver) for steps in below if steps is not None)

    def is_of(self, manager: str) -> bool:
        return is_like_any(self.rule.managers, manager)


class IgnoreRules:
    """All rules of a configuration, on a given day. Raises ConfigError for a pattern or date that is none.

    `paths` evaluates expressions of jq: the places in an object that one leads to.
    """

    def __init__(self, rules: Iterable[IgnoreRule], today: date, paths: Paths = lambda *_: ()) -> None:
        self._paths = paths
        self._rules = tuple(_Compiled(rule, number, today) for number, rule in enumerate(rules))

    def apply(self, changes: Sequence[Change], resource: Declared, live: JsonObject) -> tuple[Change, ...]:
        """The changes, those that a rule in force covers with its waiver (the first rule's, where several do)."""
        rules = [r for r in self._rules if not r.is_expired and _selects(r.rule, resource)]
        if not rules or not changes:
            return tuple(changes)
        rules = [rule.located(self._paths, resource.body, live) for rule in rules]
        return tuple(part for change in changes for part in _parts(change, rules, resource.body, live))

    def accepted(self, drift: Drift, key: ResourceKey, labels: Mapping[str, Any]) -> Drift:
        """The drift of an object that is missing or extra, with the waiver of the first rule that accepts that."""
        if drift.ignored is not None:
            return drift
        waivers = (
            r.waiver
            for r in self._rules
            if drift.status in r.rule.statuses and not r.is_expired and r.rule.match.selects(key, labels)
        )
        return replace(drift, ignored=next(waivers, None))

    def ledger(self) -> IgnoreLedger:
        """Of the rules of the configuration: what an engine's own objects ignore is theirs to clean up."""
        return IgnoreLedger([rule for rule in self._rules if not rule.rule.source])


class IgnoreLedger:
    """Counts over one run what each rule does. Feed it every compared resource once, then ask for the report."""

    def __init__(self, rules: Sequence[_Compiled]) -> None:
        self._rules = rules
        self._resources: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()
        self._seen: list[Seen] = []

    def note(self, resource: Subject, drift: Drift) -> None:
        """Takes in one resource and what was found on it."""
        if not self._rules:
            return
        self._seen.append(Seen(resource, drift))
        self._resources.update(r.id for r in self._rules if _selects(r.rule, resource))
        waivers = (drift.ignored, *(change.ignored for change in drift.changes))
        self._changes.update(waiver.rule for waiver in waivers if waiver is not None)

    def report(self) -> tuple[RuleReport, ...]:
        """Every rule, in the order of the configuration. Dead: in force, and it hid nothing in this run.

        What hides nothing is not told to hide too much as well.
        """
        return tuple(self._report(rule) for rule in self._rules)

    def _report(self, rule: _Compiled) -> RuleReport:
        changes = self._changes[rule.id]
        faults: list[Fault] = ["expired"] if rule.is_expired else []
        if not changes and not rule.is_expired:
            faults.append("dead")
        if rule.is_broad and not faults:
            faults.append("over-broad")
        miss = near_miss(rule.rule, self._seen) if "dead" in faults else ""
        return RuleReport(rule.rule, self._resources[rule.id], changes, tuple(faults), miss)


def is_expired(rule: IgnoreRule, today: date) -> bool:
    """Whether the last day of a rule is over. Raises ConfigError for what is no date."""
    try:
        return bool(rule.expires) and date.fromisoformat(rule.expires) < today
    except ValueError:
        raise ConfigError(
            f"ignore rule: expires {rule.expires!r} is no date", code="GA121", where=rule.where, hint="write 2027-01-31"
        ) from None


def _parts(change: Change, rules: Sequence[_Compiled], declared: JsonObject, live: JsonObject) -> Sequence[Change]:
    if change.ignored is not None:
        return (change,)
    covers = [cover for rule in rules for cover in rule.covers(change, declared, live)]
    by_manager = [rule for rule in rules if rule.rule.managers]
    if not covers and not (by_manager and _is_composed(change)):
        return (change,)

    def of_leaf(pointer: str) -> Waiver | None:
        if not by_manager or not _is_composed(change):
            return None
        manager = manager_at(live, change.pointer + pointer) or (change.by.manager if change.by else "")
        return next((rule.waiver for rule in by_manager if rule.is_of(manager)), None)

    return parts(change, covers, of_leaf)


def _is_composed(change: Change) -> bool:
    """Whether it is something the cluster has and Git has not, of which each field may have a writer of its own."""
    return change.declared is ABSENT and isinstance(change.live, dict | list) and bool(change.live)


def _pattern(text: str, rule: IgnoreRule) -> FieldPattern:
    if text and not text.startswith("/"):
        raise ConfigError(
            f"ignore rule: {text!r} is no pointer to a field",
            code="GA120",
            where=rule.where,
            hint="write it as /spec/replicas, with /containers/[name=web] for a list element and * for any step",
        )
    return FieldPattern(text)


def _selects(rule: IgnoreRule, resource: Subject) -> bool:
    if rule.source and rule.source != resource.source:
        return False
    return rule.match.selects(resource.key, labels_of(resource.body))
