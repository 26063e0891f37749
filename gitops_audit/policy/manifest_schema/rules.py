"""The validation rules of a CustomResourceDefinition (`x-kubernetes-validations`, KEP-2876), as at a creation.

Rules that compare with the state before are for updates: the API server skips them too where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gitops_audit.kube.custom_resource import Schema, defaulted, field_schema, item_schema, rule_name
from gitops_audit.model.path import pointer_of
from gitops_audit.model.redact import is_redacted
from gitops_audit.policy.cel import Activation, CelError, CelLimit, Program, ast, compile
from gitops_audit.policy.cel.environment import runtime
from gitops_audit.policy.cel.reach import paths
from gitops_audit.policy.manifest_schema.explain import SchemaFault
from gitops_audit.policy.manifest_schema.judged import Judged
from gitops_audit.policy.manifest_schema.rule_types import typed
from gitops_audit.policy.manifest_schema.rule_value import rule_value

KEY = "x-kubernetes-validations"
MAX_EVALUATIONS = 10_000
_LIMIT = " (limit: rule evaluations)"
_TYPES = {"self": "dyn", "oldSelf": "optional_type<dyn>"}
_LONGEST_MESSAGE = 5 * 1024
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['((?:[^'\\]|\\.)*)'\]")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One compiled rule; `reads` are the fields of `self` that it names."""

    text: str
    program: Program
    message: str
    message_program: Program | None
    field: Path
    reads: frozenset[tuple[str, ...]]

    def may_read(self, hidden: tuple[str, ...]) -> bool:
        """Whether the rule may look at a field of `self`, by what it names."""
        return any(all(a == b for a, b in zip(path, hidden, strict=False)) for path in self.reads)

    def fault(self, activation: Activation, at: Path) -> SchemaFault | None:
        """Raises CelLimit where the rule was not run to its end."""
        try:
            is_kept = self.program.evaluate(activation)
        except CelLimit:
            raise
        except CelError as error:  # the API server refuses the object too
            return SchemaFault(pointer_of(at), f"the rule of its definition fails: {error} ({self.text})")
        if is_kept is True:
            return None
        return SchemaFault(pointer_of((*at, *self.field)), self._said(activation))

    def _said(self, activation: Activation) -> str:
        return self._computed(activation) or self.message or f"failed rule: {self.text}"

    def _computed(self, activation: Activation) -> str:
        """The API server takes `message` in place of an expression that gives no sensible one."""
        try:
            text = self.message_program.evaluate(activation) if self.message_program else ""
        except CelError:
            return ""
        is_usable = isinstance(text, str) and "\n" not in text.strip() and len(text) <= _LONGEST_MESSAGE
        return str(text).strip() if is_usable else ""


class Rules:
    """The rules of one kind, each compiled when an object first has its field."""

    __slots__ = ("_bearers", "_compiled", "_schema")

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._bearers: set[int] = set()
        self._compiled: dict[int, tuple[_Rule | str, ...]] = {}
        self._find(schema)

    def __bool__(self) -> bool:
        return bool(self._bearers)

    def judge(self, body: Mapping[str, Any], unknown: Sequence[Path] = ()) -> Judged:
        """`unknown` are the fields where something stands for a value that is not known, redacted ones apart."""
        known = {key: value for key, value in body.items() if key != "status"}  # a declared status is dropped
        walk = _Walk(self, (*unknown, *_redacted(known, ())))
        try:
            walk.visit(self._schema, defaulted(self._schema, known), ())
        except CelLimit as error:
            walk.problem = walk.problem or str(error)
        return Judged(tuple(walk.faults), walk.problem, walk.unread)

    def is_borne_by(self, schema: Schema) -> bool:
        """Whether there are rules of a schema or below it."""
        return id(schema) in self._bearers

    def of(self, schema: Schema) -> tuple[_Rule | str, ...]:
        """The rules of a schema that apply at a creation; in place of one that does not compile, why."""
        if id(schema) not in self._compiled:
            found = (_compiled(schema, rule) for rule in _written(schema))
            self._compiled[id(schema)] = tuple(rule for rule in found if rule is not None)
        return self._compiled[id(schema)]

    def _find(self, schema: Schema) -> bool:
        below = [self._find(child) for child in _below(schema)]
        if not any(below) and next(_written(schema), None) is None:
            return False
        self._bearers.add(id(schema))
        return True


class _Walk:
    """One object on its way through the rules."""

    __slots__ = ("_count", "_rules", "_unknown", "faults", "problem", "unread")

    def __init__(self, rules: Rules, unknown: Sequence[Path]) -> None:
        self._rules, self._unknown, self._count = rules, unknown, 0
        self.faults: list[SchemaFault] = []
        self.problem, self.unread = "", 0

    def visit(self, schema: Schema, value: Any, at: Path) -> None:
        """Raises CelLimit."""
        if value is None or not self._rules.is_borne_by(schema):
            return
        rules = self._rules.of(schema)
        if rules:
            self._judge(rules, schema, value, at)
        if isinstance(value, dict):
            for key, inner in value.items():
                child = field_schema(schema, key)
                if child is not None:
                    self.visit(child, inner, (*at, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self.visit(item_schema(schema), inner, (*at, index))

    def _judge(self, rules: Sequence[_Rule | str], schema: Schema, value: Any, at: Path) -> None:
        hidden = [tuple(rule_name(str(key)) for key in path[len(at) :]) for path in self._unknown if _is_at(path, at)]
        activation: Activation | None = None
        for rule in rules:
            if isinstance(rule, str):
                self.problem = self.problem or rule
                continue
            if any(rule.may_read(path) for path in hidden):
                self.unread += 1
                continue
            self._counted()
            activation = activation or _activation(schema, value, is_resource=not at)
            fault = rule.fault(activation, at)
            self.faults += [fault] if fault else []

    def _counted(self) -> None:
        self._count += 1
        if self._count > MAX_EVALUATIONS:
            raise CelLimit(f"the rules of its definition would be evaluated more than {MAX_EVALUATIONS} times{_LIMIT}")


def _activation(schema: Schema, value: Any, *, is_resource: bool) -> Activation:
    """Raises CelLimit for values that cannot be given to the runtime."""
    try:
        values = {"self": rule_value(schema, value, is_resource=is_resource)}
        return Activation(values, runtime().Activation(values), len(orjson.dumps(values, default=str)))
    except (ValueError, TypeError, OverflowError) as error:
        raise CelLimit(f"a value cannot be given to the rules of its definition: {error}") from None


def _compiled(schema: Schema, rule: Mapping[str, Any]) -> _Rule | str | None:
    """None for a rule that is for updates alone."""
    text = str(rule.get("rule") or "").strip()
    try:
        program = _program(text, schema, "BOOL")
        is_transition = _names_before(program)
        if is_transition and rule.get("optionalOldSelf") is not True:
            return None
        written = rule.get("messageExpression")
        said = _program(str(written), schema, "STRING") if written else None
        message, field = str(rule.get("message") or "").strip(), _field(str(rule.get("fieldPath") or ""))
        reads = frozenset(paths(program.tree.root, "self"))
        return _Rule(text, Program(text, program.result_type, typed(program.tree, schema)), message, said, field, reads)
    except (CelError, RecursionError) as error:
        return f"a rule of its definition cannot be evaluated: {error or 'it is nested too deep'} ({text})"


def _program(text: str, schema: Schema, kind: str) -> Program:
    program = compile(text, _TYPES)
    if program.result_type not in (kind, "DYN"):
        raise CelError(f"it gives no {kind.lower()}")
    return program if kind == "BOOL" else Program(text, program.result_type, typed(program.tree, schema))


def _names_before(program: Program) -> bool:
    return any(isinstance(node, ast.Ident) and node.name == "oldSelf" for node in ast.walk(program.tree.root))


def _field(path: str) -> Path:
    """`.spec.x['a.b']` as keys."""
    return tuple(found[1] or re.sub(r"\\(.)", r"\1", found[2]) for found in _STEP.finditer(path))


def _written(schema: Schema) -> Iterator[Mapping[str, Any]]:
    rules = schema.get(KEY)
    yield from (rule for rule in (rules if isinstance(rules, list) else ()) if isinstance(rule, dict))


def _below(schema: Schema) -> Iterator[Schema]:
    properties = schema.get("properties")
    children = [*properties.values()] if isinstance(properties, dict) else []
    for child in (*children, schema.get("items"), schema.get("additionalProperties")):
        if isinstance(child, dict):
            yield child


def _is_at(path: Path, at: Path) -> bool:
    """Whether a field lies within another, or holds it."""
    return all(str(one) == str(other) for one, other in zip(path, at, strict=False))


def _redacted(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _redacted(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _redacted(inner, (*at, index))
    elif is_redacted(value):
        yield at
