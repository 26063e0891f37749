"""Ignore rules: which differences do not count, and whether the rules themselves are still worth having."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

from gitops_audit.config.settings import IgnoreRule
from gitops_audit.errors import ConfigError
from gitops_audit.kube.glob import is_like
from gitops_audit.kube.match import labels_of
from gitops_audit.model.finding import ABSENT, Change, Waiver
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import Declared, JsonObject

Fault = Literal["dead", "expired", "over-broad"]

_PREDICATE = re.compile(r"\[(.+)\]")


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What a person should know of one rule: `resources` it selects, `changes` it hides, and what is wrong with it."""

    rule: IgnoreRule
    resources: int
    changes: int
    faults: tuple[Fault, ...]


class FieldPattern:
    """A pointer with `*` for any one step (or part of one) and `[key=value]` for the list elements that have it.

    It takes the field and all below it. Raises ConfigError for what is no pointer.
    """

    __slots__ = ("steps", "text")

    def __init__(self, text: str, rule: IgnoreRule) -> None:
        if text and not text.startswith("/"):
            raise ConfigError(
                f"ignore rule: {text!r} is no pointer to a field",
                code="GA120",
                where=rule.where,
                hint="write it as /spec/replicas, with /containers/[name=web] for a list element and * for any step",
            )
        self.text = text
        self.steps = tuple(_step(token) for token in pointer_tokens(text))

    @property
    def is_broad(self) -> bool:
        """Whether it hides a whole section of an object: one step or none."""
        return len(self.steps) <= 1

    def matches(self, pointer: str, body: Any) -> bool:
        """Whether it covers the field at `pointer` of `body`."""
        path = pointer_tokens(pointer)
        if len(self.steps) > len(path):
            return False
        for step, token in zip(self.steps, path, strict=False):
            child = _child(body, token)
            if not step.takes(token, child):
                return False
            body = child
        return True


@dataclass(frozen=True, slots=True)
class _Step:
    name: str = ""
    keys: tuple[tuple[str, str], ...] = ()

    def takes(self, token: str, child: Any) -> bool:
        if not self.keys:
            return is_like(self.name, token)
        return isinstance(child, dict) and all(k in child and is_like(v, child[k]) for k, v in self.keys)


class _Compiled:
    """A rule made ready. An expired one selects nothing."""

    def __init__(self, rule: IgnoreRule, number: int, today: date) -> None:
        self.rule = rule
        self.id = str(rule.where) if rule.where.path else f"ignore[{number}]"
        self.patterns = tuple(FieldPattern(text, rule) for text in rule.fields)
        self.is_expired = is_expired(rule, today)

    @cached_property
    def waiver(self) -> Waiver:
        return Waiver(self.rule.reason, self.rule.owner, self.rule.expires, self.id)

    @property
    def is_broad(self) -> bool:
        rule = self.rule
        return any(p.is_broad for p in self.patterns) or "*" in rule.managers or not (rule.fields or rule.managers)

    def takes(self, change: Change, declared: JsonObject, live: JsonObject) -> bool:
        if change.by is not None and any(is_like(m, change.by.manager) for m in self.rule.managers):
            return True
        body = live if change.declared is ABSENT else declared
        return any(p.matches(change.pointer, body) for p in self.patterns)


class IgnoreRules:
    """All rules of a configuration, on a given day. Raises ConfigError for a pattern or date that is none."""

    def __init__(self, rules: Iterable[IgnoreRule], today: date) -> None:
        self._rules = tuple(_Compiled(rule, number, today) for number, rule in enumerate(rules))

    def apply(self, changes: Sequence[Change], resource: Declared, live: JsonObject) -> tuple[Change, ...]:
        """The changes, those that a rule in force covers with its waiver (the first rule's, where several do)."""
        rules = [r for r in self._rules if not r.is_expired and _selects(r.rule, resource)]
        return tuple(_waived(change, rules, resource.body, live) for change in changes) if rules else tuple(changes)

    def ledger(self) -> IgnoreLedger:
        return IgnoreLedger(self._rules)


class IgnoreLedger:
    """Counts over one run what each rule does. Feed it every compared resource once, then ask for the report."""

    def __init__(self, rules: Sequence[_Compiled]) -> None:
        self._rules = rules
        self._resources: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()

    def note(self, resource: Declared, changes: Iterable[Change]) -> None:
        """Takes in one resource and what was found on it."""
        self._resources.update(r.id for r in self._rules if _selects(r.rule, resource))
        self._changes.update(c.ignored.rule for c in changes if c.ignored is not None)

    def report(self) -> tuple[RuleReport, ...]:
        """Every rule, in the order of the configuration. Dead: in force, and it hid nothing in this run."""
        return tuple(self._report(rule) for rule in self._rules)

    def _report(self, rule: _Compiled) -> RuleReport:
        changes = self._changes[rule.id]
        faults: list[Fault] = ["expired"] if rule.is_expired else []
        if not changes and not rule.is_expired:
            faults.append("dead")
        if rule.is_broad:
            faults.append("over-broad")
        return RuleReport(rule.rule, self._resources[rule.id], changes, tuple(faults))


def is_expired(rule: IgnoreRule, today: date) -> bool:
    """Whether the last day of a rule is over. Raises ConfigError for what is no date."""
    try:
        return bool(rule.expires) and date.fromisoformat(rule.expires) < today
    except ValueError:
        raise ConfigError(
            f"ignore rule: expires {rule.expires!r} is no date", code="GA121", where=rule.where, hint="write 2027-01-31"
        ) from None


def _waived(change: Change, rules: Sequence[_Compiled], declared: JsonObject, live: JsonObject) -> Change:
    if change.ignored is not None:
        return change
    rule = next((r for r in rules if r.takes(change, declared, live)), None)
    return change if rule is None else replace(change, ignored=rule.waiver)


def _selects(rule: IgnoreRule, resource: Declared) -> bool:
    return rule.match.selects(resource.key, labels_of(resource.body))


def _step(token: str) -> _Step:
    predicate = _PREDICATE.fullmatch(token)
    if predicate is None:
        return _Step(token)
    pairs = (part.partition("=") for part in predicate[1].split(","))
    return _Step(keys=tuple((key.strip(), value.strip()) for key, _, value in pairs))


def _child(body: Any, token: str) -> Any:
    if isinstance(body, dict):
        return body.get(token)
    return body[int(token)] if isinstance(body, list) and token.isdecimal() and int(token) < len(body) else None
