"""The project's own policies: `kind: Policy` of `gitops-audit/v1` (docs/reference/policy.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops_audit.model.finding import Severity
from gitops_audit.policy import pod_security
from gitops_audit.policy.cel import Activation, Composition, Program
from gitops_audit.policy.cel.world import WORLD_FUNCTIONS, bound
from gitops_audit.policy.cel_rule import Validation, compile_at, compose
from gitops_audit.policy.contract import Metadata, RuleResult, Subject, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.own.document import check
from gitops_audit.policy.form.own.match import Match
from gitops_audit.policy.form.own.rule import CelCheck, Check, PodSecurityCheck, Rule, SchemaCheck
from gitops_audit.policy.form.own.schema_guard import Schema, guarded
from gitops_audit.policy.form.own.subject import VARIABLES, activation
from gitops_audit.policy.loaded import Loaded

FORM = "Policy"
_WORLD = frozenset(function.name for function in WORLD_FUNCTIONS)


@dataclass(frozen=True, slots=True)
class NativePolicy:
    metadata: Metadata
    match: Match
    exclude: Match | None
    checks: tuple[Rule, ...]
    asks_world: bool

    @property
    def rules(self) -> Sequence[str]:
        return tuple(rule.name for rule in self.checks)

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(self.match.operations)

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        return self.match.has_kind(group, kind)

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """The results of all rules that apply; empty where `match` and `exclude` leave the subject out."""
        if not self.match.matches(subject) or (self.exclude is not None and self.exclude.matches(subject)):
            return ()
        if self.asks_world:
            with bound(world):
                return self._results(subject, world)
        return self._results(subject, world)

    def _results(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        if len(self.checks) == 1:
            return self.checks[0].evaluate(subject, world)
        return [result for rule in self.checks for result in rule.evaluate(subject, world)]

    def expressions(self, subject: Subject, world: World) -> Iterator[tuple[str, Program, Activation]]:
        """The expressions of `cel` rules. May raise CelError."""
        for rule in self.checks:
            if isinstance(rule.check, CelCheck):
                yield rule.name, rule.check.validation.program, activation(subject, world)


def load(documents: Sequence[Document]) -> Iterator[Loaded[NativePolicy]]:
    """The policy of each document, or its first fault, with the line."""
    return (Loaded.of(document, _policy) for document in documents)


def _policy(document: Document) -> NativePolicy:
    check(document)
    composition = compose(document, "/spec/variables", VARIABLES, WORLD_FUNCTIONS)
    count = len(document.sequence("/spec/rules"))
    rules = tuple(_rule(document, f"/spec/rules/{index}", composition) for index in range(count))
    _check_names(document, rules)
    exclude = Match.from_document(document, "/spec/exclude") if document.value("/spec/exclude") is not None else None
    asks_world = any(program.calls(_WORLD) for rule in rules for program in rule.programs)
    return NativePolicy(_metadata(document), Match.from_document(document, "/spec/match"), exclude, rules, asks_world)


def _metadata(document: Document) -> Metadata:
    return Metadata(
        name=document.name,
        form=FORM,
        where=document.at(""),
        title=document.text("/spec/title", document.name),
        description=document.text("/spec/description").strip(),
        category=document.text("/spec/category"),
        severity=Severity[document.text("/spec/severity", "medium")],
        standards=tuple(document.sequence("/spec/standards")),
        remediation=document.text("/spec/remediation").strip(),
    )


def _check_names(document: Document, rules: Sequence[Rule]) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in seen:
            raise document.fault(f"/spec/rules/{index}/name", f"two rules are called {rule.name!r}")
        seen.add(rule.name)


def _rule(document: Document, pointer: str, composition: Composition) -> Rule:
    severity = document.text(f"{pointer}/severity")
    has_condition = document.value(f"{pointer}/when") is not None
    return Rule(
        name=document.text(f"{pointer}/name"),
        check=_check(document, pointer, composition),
        message=document.text(f"{pointer}/message").strip(),
        severity=Severity[severity] if severity else None,
        path=document.text(f"{pointer}/path"),
        when=compile_at(document, f"{pointer}/when", composition, ("BOOL", "DYN")) if has_condition else None,
    )


def _check(document: Document, pointer: str, composition: Composition) -> Check:
    if document.value(f"{pointer}/cel") is not None:
        return CelCheck(_validation(document, pointer, composition))
    if document.value(f"{pointer}/schema") is not None:
        return SchemaCheck(_schema(document, f"{pointer}/schema"))
    return _pod_security(document, f"{pointer}/podSecurity")


def _validation(document: Document, pointer: str, composition: Composition) -> Validation:
    message_program = None
    if document.value(f"{pointer}/messageExpression") is not None:
        message_program = compile_at(document, f"{pointer}/messageExpression", composition, ("STRING", "DYN"))
    program = compile_at(document, f"{pointer}/cel", composition, ("BOOL", "DYN"))
    name, message = document.text(f"{pointer}/name"), document.text(f"{pointer}/message").strip()
    return Validation(name, program, message, message_program)


def _schema(document: Document, pointer: str) -> Schema:
    try:
        return guarded(document.value(pointer))
    except ValueError as error:
        raise document.fault(pointer, f"invalid JSON Schema: {error}", code="GA422") from None


def _pod_security(document: Document, pointer: str) -> PodSecurityCheck:
    version = document.text(f"{pointer}/version", pod_security.LATEST)
    pod_security.parse_version(version, document.at(f"{pointer}/version"))
    excluded = frozenset(document.sequence(f"{pointer}/exclude"))
    known = {control.id for control in pod_security.CONTROLS}
    for control in sorted(excluded - known):
        hint = f"the controls are {', '.join(sorted(known))}"
        raise document.fault(f"{pointer}/exclude", f"there is no control {control!r}", hint=hint)
    level = pod_security.parse_level(document.text(f"{pointer}/level"), document.at(f"{pointer}/level"))
    return PodSecurityCheck(level, version, excluded)
