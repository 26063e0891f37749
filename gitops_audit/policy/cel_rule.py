"""Parts that admission-like policies share: match conditions, variables and validations in CEL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gitops_audit.errors import PolicyError
from gitops_audit.policy.cel import Activation, CelError, Composition, Program
from gitops_audit.policy.cel.declarations import Overload
from gitops_audit.policy.contract import RuleResult, UnknownNamespace
from gitops_audit.policy.document import Document

_BOOLEAN = ("BOOL", "DYN")
_TEXT = ("STRING", "DYN")
_LONGEST_MESSAGE = 5 * 1024
_UNSUPPORTED = {
    "authorizer": "the authorizer asks a running API server who may do what, which an audit cannot",
}


@dataclass(frozen=True, slots=True)
class Condition:
    name: str
    program: Program


@dataclass(frozen=True, slots=True)
class Validation:
    """One expression that must be true; its name in results is its place in the document."""

    name: str
    program: Program
    message: str = ""
    message_program: Program | None = None

    def evaluate(self, activation: Activation) -> RuleResult:
        """`pass`, `fail` with the message, or `error`."""
        try:
            return self.judged(activation)
        except (CelError, UnknownNamespace) as error:
            return RuleResult(self.name, "error", str(error))

    def judged(self, activation: Activation) -> RuleResult:
        """`pass`, or `fail` with the message. Raises CelError, which names the expression, and UnknownNamespace."""
        try:
            holds = self.program.evaluate(activation)
        except CelError as error:
            raise CelError(f"{_shown(self.program)}: {error}") from None
        if holds is True:
            return _passed(self.name)
        if holds is not False:
            raise CelError(f"{_shown(self.program)}: the result is no boolean")
        return RuleResult(self.name, "fail", self._message(activation))

    def _message(self, activation: Activation) -> str:
        return self._computed(activation) or self.message or f"failed expression: {_shown(self.program)}"

    def _computed(self, activation: Activation) -> str:
        # the API server falls back to `message` for what is no sensible message
        if self.message_program is None:
            return ""
        try:
            text = self.message_program.evaluate(activation)
        except (CelError, UnknownNamespace):
            return ""
        is_usable = isinstance(text, str) and "\n" not in text.strip() and len(text) <= _LONGEST_MESSAGE
        return str(text).strip() if is_usable else ""


@lru_cache(maxsize=1024)
def _passed(name: str) -> RuleResult:
    """Passes are most of all results: each is made once."""
    return RuleResult(name, "pass")


def compile_at(document: Document, pointer: str, composition: Composition, expected: Sequence[str]) -> Program:
    """The expression at a pointer. Raises PolicyError at its line: not CEL, wrong type, or out of an audit's reach."""
    expression = document.text(pointer)
    if not expression.strip():
        raise document.fault(pointer, "an expression is missing", code="GA420")
    try:
        program = composition.compile(expression)
    except CelError as error:
        raise _fault(document, pointer, expression, error) from None
    if program.result_type not in expected:
        wanted = expected[0].lower()
        message = f"the expression must give a {wanted}, not {program.result_type.lower()}: {expression.strip()}"
        raise document.fault(pointer, message, code="GA421")
    return program


def _fault(document: Document, pointer: str, expression: str, error: CelError) -> PolicyError:
    for name, reason in _UNSUPPORTED.items():
        if re.search(rf"\b{name}\b", expression):
            return document.fault(pointer, f"`{name}` is not supported: {reason}", code="GA410")
    return document.fault(pointer, f"invalid CEL expression: {error}\n  {expression.strip()}", code="GA420")


def compose(
    document: Document, pointer: str, types: Mapping[str, str], extra: tuple[Overload, ...] = ()
) -> Composition:
    """The variables of a policy. Raises PolicyError at the line of one that does not compile."""
    composition = Composition(types, extra=extra)
    for index in range(len(document.sequence(pointer))):
        here = f"{pointer}/{index}"
        document.only(here, ("name", "expression"))
        expression = document.text(f"{here}/expression")
        try:
            composition = composition.defined(document.text(f"{here}/name"), expression)
        except CelError as error:
            raise _fault(document, f"{here}/expression", expression, error) from None
    return composition


def conditions(document: Document, pointer: str, composition: Composition) -> tuple[Condition, ...]:
    return tuple(_condition(document, f"{pointer}/{i}", composition) for i in range(len(document.sequence(pointer))))


def _condition(document: Document, pointer: str, composition: Composition) -> Condition:
    document.only(pointer, ("name", "expression"))
    program = compile_at(document, f"{pointer}/expression", composition, _BOOLEAN)
    return Condition(document.text(f"{pointer}/name"), program)


def validations(document: Document, pointer: str, composition: Composition) -> tuple[Validation, ...]:
    """Raises PolicyError where there is none, or one does not compile."""
    count = len(document.sequence(pointer))
    return tuple(_validation(document, pointer, index, composition) for index in range(count))


def _validation(document: Document, pointer: str, index: int, composition: Composition) -> Validation:
    here = f"{pointer}/{index}"
    document.only(here, ("expression", "message", "messageExpression", "reason"))
    message_program = None
    if document.value(f"{here}/messageExpression") is not None:
        message_program = compile_at(document, f"{here}/messageExpression", composition, _TEXT)
    return Validation(
        name=f"validations[{index}]",
        program=compile_at(document, f"{here}/expression", composition, _BOOLEAN),
        message=document.text(f"{here}/message").strip(),
        message_program=message_program,
    )


def holds(found: Sequence[Condition], activation: Activation) -> bool:
    """Whether all conditions hold. One that is false decides, also where another has an error.

    Raises CelError, with the name of the condition, or UnknownNamespace where none is false and one cannot be
    evaluated.
    """
    failure: CelError | UnknownNamespace | None = None
    for condition in found:
        try:
            if condition.program.evaluate(activation) is not True:
                return False
        except CelError as error:
            failure = failure or CelError(f"match condition {condition.name!r}: {error}")
        except UnknownNamespace as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return True


def audit_annotations(document: Document, pointer: str, composition: Composition) -> Iterator[Program]:
    """Audit annotations are checked, for the policy's own sake; an audit has nowhere to write them."""
    for index in range(len(document.sequence(pointer))):
        here = f"{pointer}/{index}"
        document.only(here, ("key", "valueExpression"))
        yield compile_at(document, f"{here}/valueExpression", composition, ("STRING", "NULL", "DYN"))


def _shown(program: Program) -> str:
    return program.expression.strip()
