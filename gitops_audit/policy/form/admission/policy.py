"""Kubernetes `ValidatingAdmissionPolicy`, evaluated as at the creation of an object (admissionregistration/v1).

With bindings in the loaded documents a policy applies as they say; without any it applies to everything its own
constraints match, as if bound with `validationActions: [Deny]`: whoever audits by a policy wants to see its results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.admission_request import VARIABLES, activation
from gitops_audit.policy.cel import Activation, CelError, Program
from gitops_audit.policy.cel_rule import (
    Condition,
    Validation,
    audit_annotations,
    compose,
    conditions,
    holds,
    validations,
)
from gitops_audit.policy.contract import Metadata, RuleResult, Subject, UnknownNamespace, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.admission.binding import UNBOUND, Binding
from gitops_audit.policy.loaded import Loaded, companions
from gitops_audit.policy.match_constraints import MatchConstraints
from gitops_audit.policy.metadata import from_annotations
from gitops_audit.policy.param import ParamKind

FORM = "ValidatingAdmissionPolicy"
BINDING = "ValidatingAdmissionPolicyBinding"
_SPEC = (
    "auditAnnotations",
    "failurePolicy",
    "matchConditions",
    "matchConstraints",
    "paramKind",
    "validations",
    "variables",
)


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """A loaded policy with its bindings."""

    metadata: Metadata
    constraints: MatchConstraints
    conditions: tuple[Condition, ...]
    validations: tuple[Validation, ...]
    bindings: tuple[Binding, ...]
    param_kind: ParamKind | None = None
    is_failure_ignored: bool = False

    @property
    def rules(self) -> Sequence[str]:
        return tuple(v.name for v in self.validations)

    @property
    def operations(self) -> frozenset[str]:
        """None where it judges what is created: that is any object as it is."""
        found = frozenset(word for rule in self.constraints.rules for word in rule.operations or ("*",))
        return frozenset() if found & {"CREATE", "*"} else found

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        return self.constraints.may_match(group, version, kind, plural)

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """One result per validation, binding and parameter object.

        With failurePolicy Ignore the errors of expressions become skips; a Namespace that is not known here stays an
        error, as the API server would know it.
        """
        try:
            if not self.constraints.matches(subject, world):
                return ()
            return tuple(r for b in self.bindings for r in self._bound(b, subject, world))
        except (CelError, UnknownNamespace) as error:
            return tuple(self._every(error))

    def _bound(self, binding: Binding, subject: Subject, world: World) -> Sequence[RuleResult]:
        if binding is not UNBOUND and not binding.matches.matches(subject, world):
            return ()
        if self.param_kind is None:
            return self._judged(binding, activation(subject, world))
        if binding.param_ref is None:
            if binding is UNBOUND:
                return self._every(CelError("the policy needs parameters, and no binding names them"))
            return self._judged(binding, activation(subject, world))
        params = binding.param_ref.find(self.param_kind, subject, world)
        if not params and binding.param_ref.is_missing_denied:
            missing = binding.param_ref.missing(self.param_kind)
            return [RuleResult(v.name, "fail", missing) for v in self.validations]
        return [r for param in params for r in self._judged(binding, activation(subject, world, param))]

    def _judged(self, binding: Binding, values: Activation) -> Sequence[RuleResult]:
        try:
            if self.conditions and not holds(self.conditions, values):
                return ()
        except (CelError, UnknownNamespace) as error:
            return self._every(error)
        return [binding.enforced(self._validated(v, values)) for v in self.validations]

    def _validated(self, validation: Validation, values: Activation) -> RuleResult:
        try:
            return validation.judged(values)
        except (CelError, UnknownNamespace) as error:
            return self._failed(validation, error)

    def expressions(self, subject: Subject, world: World) -> Iterator[tuple[str, Program, Activation]]:
        """The validations with the values of the first binding and parameter object. May raise CelError."""
        params: Sequence[JsonObject | None] = [None]
        for binding in self.bindings:
            if self.param_kind is not None and binding.param_ref is not None:
                params = binding.param_ref.find(self.param_kind, subject, world)
        for param in params[:1]:
            values = activation(subject, world, param)
            yield from ((v.name, v.program, values) for v in self.validations)

    def _every(self, error: Exception) -> list[RuleResult]:
        return [self._failed(v, error) for v in self.validations]

    def _failed(self, validation: Validation, error: Exception) -> RuleResult:
        if self.is_failure_ignored and isinstance(error, CelError):
            return RuleResult(validation.name, "skip", f"failurePolicy is Ignore: {error}")
        return RuleResult(validation.name, "error", str(error))


def load(documents: Sequence[Document]) -> Iterator[Loaded[AdmissionPolicy]]:
    """The bindings among the documents, then the policies with them: of each the policy, or its first fault."""
    policies = {d.name for d in documents if d.kind == FORM}
    bindings, loaded = companions(
        (d for d in documents if d.kind == BINDING), lambda document: Binding.from_document(document, policies)
    )
    yield from loaded
    for document in documents:
        if document.kind == FORM:
            yield Loaded.of(document, lambda d: _policy(d, tuple(b for b in bindings if b.policy == d.name)))


def _policy(document: Document, bindings: tuple[Binding, ...]) -> AdmissionPolicy:
    document.only("/spec", _SPEC)
    composition = compose(document, "/spec/variables", VARIABLES)
    list(audit_annotations(document, "/spec/auditAnnotations", composition))
    found = validations(document, "/spec/validations", composition)
    if not found:
        raise document.fault("/spec", "there are no validations: an audit would show nothing")
    return AdmissionPolicy(
        metadata=from_annotations(document, FORM),
        constraints=_constraints(document),
        conditions=conditions(document, "/spec/matchConditions", composition),
        validations=found,
        bindings=bindings or (UNBOUND,),
        param_kind=ParamKind.from_document(document),
        is_failure_ignored=document.choice("/spec/failurePolicy", ("Fail", "Ignore"), "Fail") == "Ignore",
    )


def _constraints(document: Document) -> MatchConstraints:
    constraints = MatchConstraints.from_document(document, "/spec/matchConstraints")
    if not constraints.rules:
        raise document.fault("/spec/matchConstraints", "matchConstraints.resourceRules is missing")
    return constraints
