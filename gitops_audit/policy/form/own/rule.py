"""The rules of a policy: a CEL expression, a JSON Schema, or a level of the Pod Security Standards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from gitops_audit.errors import PolicyError
from gitops_audit.model.finding import Severity
from gitops_audit.model.path import escaped, unescaped
from gitops_audit.policy import pod_security
from gitops_audit.policy.cel import CelError, Program
from gitops_audit.policy.cel_rule import Validation
from gitops_audit.policy.contract import RuleResult, Subject, UnknownNamespace, World
from gitops_audit.policy.form.own.schema_guard import Schema
from gitops_audit.policy.form.own.subject import activation

_MOST_FAULTS = 20


class Check(Protocol):
    """What a rule asks of one subject."""

    def results(self, rule: Rule, subject: Subject, world: World) -> Sequence[RuleResult]:
        """What is wrong, empty where nothing is. May raise CelError."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` is the condition on which the rule applies."""

    name: str
    check: Check
    message: str = ""
    severity: Severity | None = None
    path: str = ""
    when: Program | None = None

    @property
    def programs(self) -> Iterator[Program]:
        """All expressions of the rule."""
        own = self.check.validation if isinstance(self.check, CelCheck) else None
        found = (self.when, own.program, own.message_program) if own is not None else (self.when,)
        return (program for program in found if program is not None)

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """No result where `when` is false, a `pass` where nothing is wrong, `error` where that cannot be told."""
        try:
            if self.when is not None and not self._applies(self.when, subject, world):
                return ()
            return self.check.results(self, subject, world) or _passed(self.name)
        except (CelError, UnknownNamespace) as error:
            return (RuleResult(self.name, "error", str(error), severity=self.severity),)

    def _applies(self, when: Program, subject: Subject, world: World) -> bool:
        found = when.evaluate(activation(subject, world))
        if not isinstance(found, bool):
            raise CelError(f"{when.expression.strip()}: the result is no boolean")
        return found

    def failure(self, message: str, pointer: str) -> RuleResult:
        return RuleResult(self.name, "fail", message, pointer, self.severity)


@lru_cache(maxsize=1024)
def _passed(name: str) -> tuple[RuleResult]:
    """Passes are most of all results: each is made once."""
    return (RuleResult(name, "pass"),)


@dataclass(frozen=True, slots=True)
class CelCheck:
    validation: Validation

    def results(self, rule: Rule, subject: Subject, world: World) -> Sequence[RuleResult]:
        found = self.validation.evaluate(activation(subject, world))
        if found.result == "pass":
            return ()
        return (RuleResult(rule.name, found.result, found.message, rule.path, rule.severity),)


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    schema: Schema

    def results(self, rule: Rule, subject: Subject, world: World) -> Sequence[RuleResult]:
        target = _below(subject.body, rule.path) if rule.path else subject.body
        if target is _ABSENT:
            return ()
        try:
            faults = self.schema.faults(target, _MOST_FAULTS)
        except ValueError as error:
            return (RuleResult(rule.name, "error", f"the schema cannot be evaluated: {error}", severity=rule.severity),)
        return tuple(_fault(rule, fault) for fault in faults) if faults else ()


def _fault(rule: Rule, fault: Any) -> RuleResult:
    pointer = rule.path + "".join(f"/{escaped(str(step))}" for step in fault.instance_path)
    return rule.failure(rule.message or f"{pointer or 'the object'}: {fault.message}", pointer)


@dataclass(frozen=True, slots=True)
class PodSecurityCheck:
    level: pod_security.Level
    version: str
    excluded: frozenset[str] = frozenset()

    def results(self, rule: Rule, subject: Subject, world: World) -> Sequence[RuleResult]:
        try:
            found = pod_security.check(self.level, self.version, subject.body)
        except PolicyError as error:
            return (RuleResult(rule.name, "error", error.message, severity=rule.severity),)
        return tuple(_refused(rule, violation) for violation in found if violation.control not in self.excluded)


def _refused(rule: Rule, violation: pod_security.Violation) -> RuleResult:
    return rule.failure(rule.message or str(violation), violation.pointers[0] if violation.evidence else "")


class _Absent:
    pass


_ABSENT = _Absent()


def _below(body: Any, pointer: str) -> Any:
    found = body
    for step in pointer.split("/")[1:]:
        key = unescaped(step)
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return _ABSENT
    return found
