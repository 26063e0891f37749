"""`validate.cel`: CEL expressions as in a ValidatingAdmissionPolicy, with Kyverno's one result per rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gitops_audit.policy.admission_request import VARIABLES
from gitops_audit.policy.cel import Activation, CelError
from gitops_audit.policy.cel_rule import (
    Condition,
    Validation,
    audit_annotations,
    compose,
    conditions,
    holds,
    validations,
)
from gitops_audit.policy.contract import RuleResult, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import admission
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.param import ParamKind, ParamRef


@dataclass(frozen=True, slots=True)
class CelRule:
    conditions: tuple[Condition, ...]
    validations: tuple[Validation, ...]
    message: str = ""
    param_kind: ParamKind | None = None
    param_ref: ParamRef | None = None

    @classmethod
    def from_document(cls, document: Document, at: str, preconditions: str) -> CelRule:
        """`at` is the `validate` block. Raises PolicyError for expressions that do not compile, or none at all."""
        composition = compose(document, f"{at}/cel/variables", VARIABLES)
        list(audit_annotations(document, f"{at}/cel/auditAnnotations", composition))
        found = validations(document, f"{at}/cel/expressions", composition)
        if not found:
            raise document.fault(f"{at}/cel", "there are no expressions: an audit would show nothing")
        return cls(
            conditions(document, preconditions, composition),
            found,
            document.text(f"{at}/message"),
            ParamKind.from_document(document, f"{at}/cel/paramKind"),
            ParamRef.from_document(document, f"{at}/cel/paramRef"),
        )

    def evaluate(self, name: str, request: Request, world: World) -> RuleResult:
        """The first expression that does not hold decides. One that cannot be evaluated denies, as in Kyverno.

        Raises UnknownNamespace: Kyverno knows every Namespace.
        """
        try:
            results = [self._with_params(values) for values in self._activations(request, world)]
        except CelError as error:
            return RuleResult(name, "error", str(error))
        decisive = next((result for result in results if result is not None), None)
        if decisive is None:
            return RuleResult(name, "pass")
        return RuleResult(name, decisive.result, decisive.message)

    def _activations(self, request: Request, world: World) -> Iterator[Activation]:
        if self.param_kind is None or self.param_ref is None:
            yield admission.activation(request, world)
            return
        for param in self.param_ref.find(self.param_kind, request.subject, world):
            yield admission.activation(request, world, param)

    def _with_params(self, values: Activation) -> RuleResult | None:
        try:
            if not holds(self.conditions, values):
                return RuleResult("", "skip", "CEL preconditions not met")
        except CelError as error:
            return RuleResult("", "fail", str(error))
        for validation in self.validations:
            try:
                result = validation.judged(values)
            except CelError as error:
                return RuleResult("", "fail", str(error))
            if result.result != "pass":
                is_own = bool(validation.message or validation.message_program)
                return result if is_own or not self.message else RuleResult("", "fail", self.message)
        return None
