"""Kyverno `ValidatingPolicy` and `NamespacedValidatingPolicy` (policies.kyverno.io, v1alpha1 to v1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops_audit.errors import Location
from gitops_audit.model.finding import PolicyOutcome, Severity
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.admission_match import MatchConstraints, UnknownNamespace
from gitops_audit.policy.admission_request import VARIABLES, namespace_of, values
from gitops_audit.policy.cel import Activation, CelError, Composition, Program
from gitops_audit.policy.cel.world import bound
from gitops_audit.policy.cel_rule import (
    Condition,
    Validation,
    audit_annotations,
    compose,
    conditions,
    holds,
    validations,
)
from gitops_audit.policy.contract import Policy, RuleResult, Subject, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.kyverno_autogen import controllers
from gitops_audit.policy.kyverno_cel import FUNCTIONS, UNSUPPORTED
from gitops_audit.policy.kyverno_cel_exception import CelException
from gitops_audit.policy.metadata import Metadata
from gitops_audit.policy.pod_template import as_pod, containers, template_of

FORMS = ("ValidatingPolicy", "NamespacedValidatingPolicy")
TYPES: Mapping[str, str] = {**VARIABLES, "images": "map<string,list<string>>"}
_SPEC = (
    "auditAnnotations",
    "autogen",
    "evaluation",
    "failurePolicy",
    "matchConditions",
    "matchConstraints",
    "validationActions",
    "validations",
    "variables",
    "webhookConfiguration",
)
_EVALUATION = ("admission", "background", "mode")
_ACTIONS = ("Audit", "Deny", "Warn")
_REGISTRY = "image.GetMetadata"


@dataclass(frozen=True, slots=True)
class ValidatingPolicy:
    """`controllers` are the kinds on whose pod template a policy for Pods is evaluated too."""

    metadata: Metadata
    constraints: MatchConstraints
    conditions: tuple[Condition, ...]
    validations: tuple[Validation, ...]
    controllers: frozenset[str]
    exceptions: tuple[CelException, ...] = ()
    namespace: str = ""
    is_failure_ignored: bool = False
    is_warning: bool = False

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def form(self) -> str:
        return self.metadata.form

    @property
    def title(self) -> str:
        return self.metadata.title

    @property
    def category(self) -> str:
        return self.metadata.category

    @property
    def severity(self) -> Severity:
        return self.metadata.severity

    @property
    def standards(self) -> Sequence[str]:
        return self.metadata.standards

    @property
    def remediation(self) -> str:
        return self.metadata.remediation

    @property
    def where(self) -> Location:
        return self.metadata.where

    @property
    def rules(self) -> Sequence[str]:
        return tuple(v.name for v in self.validations)

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        return kind in self.controllers or self.constraints.may_match(group, version, kind, plural)

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """One result per validation; errors become skips with failurePolicy Ignore."""
        with bound(world):
            try:
                found = self._results(subject, world)
            except (CelError, UnknownNamespace) as error:
                found = [RuleResult(v.name, "error", str(error)) for v in self.validations]
        return [self._enforced(result) for result in found]

    def expressions(self, subject: Subject, world: World) -> Iterator[tuple[str, Program, Activation]]:
        """The validations with the values of the subject, or of its pod template. May raise CelError."""
        target = self._target(subject, world)
        if target is not None:
            values = activation_of(target, world)
            yield from ((v.name, v.program, values) for v in self.validations)

    def _results(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        target = self._target(subject, world)
        if target is None:
            return ()
        activation = activation_of(target, world)
        if not holds(self.conditions, activation):
            return ()
        for exception in self.exceptions:
            if exception.applies(activation):
                reason = f"excepted by PolicyException {exception.name}"
                return [RuleResult(v.name, "skip", reason) for v in self.validations]
        return [validation.evaluate(activation) for validation in self.validations]

    def _target(self, subject: Subject, world: World) -> Subject | None:
        """What is evaluated: the object itself, or what its pod template makes of it."""
        if self.namespace and subject.namespace != self.namespace:
            return None
        if self.constraints.matches(subject, world):
            return subject
        template = template_of(subject) if subject.kind in self.controllers else None
        return as_pod(subject, template) if template is not None else None

    def _enforced(self, result: RuleResult) -> RuleResult:
        outcome: PolicyOutcome = result.result
        if outcome == "error" and self.is_failure_ignored:
            return RuleResult(result.rule, "skip", f"failurePolicy is Ignore: {result.message}")
        if outcome == "fail" and self.is_warning:
            return RuleResult(result.rule, "warn", result.message, result.pointer)
        return result


def activation_of(subject: Subject, world: World) -> Activation:
    """The values of TYPES. Raises CelError for an object CEL cannot hold."""
    given = values(subject, namespace_of(subject, world))
    # unlike the API server's own admission, Kyverno sees the object's JSON with its nulls
    return Activation.of(given | {"object": subject.body, "params": None, "images": _images(subject)})


def _images(subject: Subject) -> JsonObject:
    spec = subject.body.get("spec")
    keys = ("containers", "initContainers", "ephemeralContainers")
    return {key: [_image(c) for c in containers(spec, key) if _image(c)] for key in keys}


def _image(container: object) -> str:
    image = container.get("image") if isinstance(container, dict) else None
    return image if isinstance(image, str) else ""


def load(documents: Sequence[Document], *, has_image_metadata: bool = False) -> Sequence[Policy]:
    """Policies with the exceptions among the documents.

    `has_image_metadata`: a test gives what an audit cannot fetch, through `World.image_metadata(reference)`.
    Raises PolicyError: GA410 for what an audit does not support, others for mistakes, each at its line.
    """
    exceptions = [CelException.from_document(d) for d in documents if d.kind == "PolicyException"]
    return [_policy(d, exceptions, has_image_metadata) for d in documents if d.kind in FORMS]


def _policy(document: Document, exceptions: Sequence[CelException], has_image_metadata: bool) -> ValidatingPolicy:
    document.only("/spec", _SPEC)
    _check_supported(document, has_image_metadata)
    composition = compose(document, "/spec/variables", TYPES, FUNCTIONS)
    list(audit_annotations(document, "/spec/auditAnnotations", composition))
    found = _validations(document, composition)
    constraints = MatchConstraints.from_document(document, "/spec/matchConstraints")
    if not constraints.rules:
        raise document.fault("/spec/matchConstraints", "matchConstraints.resourceRules is missing")
    return ValidatingPolicy(
        metadata=Metadata.from_annotations(document, document.kind),
        constraints=constraints,
        conditions=conditions(document, "/spec/matchConditions", composition),
        validations=found,
        controllers=controllers(document, constraints),
        exceptions=tuple(e for e in exceptions if e.is_for(document)),
        namespace=_namespace(document),
        is_failure_ignored=document.choice("/spec/failurePolicy", ("Fail", "Ignore"), "Fail") == "Ignore",
        is_warning=_is_warning(document),
    )


def _validations(document: Document, composition: Composition) -> tuple[Validation, ...]:
    found = validations(document, "/spec/validations", composition)
    if not found:
        raise document.fault("/spec", "there are no validations: an audit would show nothing")
    return found


def _namespace(document: Document) -> str:
    if document.kind != "NamespacedValidatingPolicy":
        return ""
    return document.text("/metadata/namespace") or "default"


def _is_warning(document: Document) -> bool:
    actions = document.sequence("/spec/validationActions")
    for index, action in enumerate(actions):
        document.choice(f"/spec/validationActions/{index}", _ACTIONS, str(action))
    return bool(actions) and set(actions) == {"Warn"}


def _check_supported(document: Document, has_image_metadata: bool) -> None:
    document.only("/spec/evaluation", _EVALUATION)
    mode = document.text("/spec/evaluation/mode", "Kubernetes")
    if mode != "Kubernetes":
        raise document.fault(
            "/spec/evaluation/mode", f"evaluation mode {mode!r} is not for resources of a cluster", code="GA410"
        )
    for pointer, text in _expressions(document):
        found = UNSUPPORTED.search(text)
        name = found[1] if found else _REGISTRY if _REGISTRY in text and not has_image_metadata else ""
        if name:
            message = f"`{name}` is not supported: an audit asks nothing but Git and the cluster's objects"
            raise document.fault(pointer, message, code="GA410", hint="--allow-unsupported skips such policies visibly")


def _expressions(document: Document) -> Sequence[tuple[str, str]]:
    places = [
        (f"/spec/{key}/{index}/{field}", item.get(field))
        for key in ("variables", "matchConditions", "validations", "auditAnnotations")
        for index, item in enumerate(document.sequence(f"/spec/{key}"))
        if isinstance(item, dict)
        for field in ("expression", "messageExpression", "valueExpression")
    ]
    return [(pointer, text) for pointer, text in places if isinstance(text, str)]
