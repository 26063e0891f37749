"""Kyverno `ValidatingPolicy` and `NamespacedValidatingPolicy` (policies.kyverno.io, v1alpha1 to v1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from gitops_audit.errors import AuditError
from gitops_audit.policy.cel import Activation, CelError, Program
from gitops_audit.policy.cel.world import bound
from gitops_audit.policy.cel_rule import holds
from gitops_audit.policy.contract import Metadata, RuleResult, Subject, UnknownNamespace, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.request import Operation, Request
from gitops_audit.policy.form.kyverno.validating import activation as kyverno_activation
from gitops_audit.policy.form.kyverno.validating import spec as spec
from gitops_audit.policy.form.kyverno.validating.autogen import controllers, generated, kinds
from gitops_audit.policy.form.kyverno.validating.checks import Checks
from gitops_audit.policy.form.kyverno.validating.exception import CelException
from gitops_audit.policy.loaded import Loaded, companions
from gitops_audit.policy.metadata import from_annotations

FORMS = ("ValidatingPolicy", "NamespacedValidatingPolicy")
EXCEPTION = "PolicyException"


@dataclass(frozen=True, slots=True)
class ValidatingPolicy:
    """`own` are the checks as written; those for controllers and other operations are made when they are needed.

    `controllers` are the resources, and `kinds` their kinds, whose pod templates a policy for Pods is about too. A
    policy `is_for_json` judges any JSON, whatever it matches.
    """

    metadata: Metadata
    document: Document
    own: Checks
    controllers: frozenset[str]
    kinds: frozenset[str]
    exceptions: tuple[CelException, ...] = ()
    namespace: str = ""
    is_failure_ignored: bool = False
    is_warning: bool = False
    is_for_json: bool = False
    _made: dict[tuple[str, Operation], Checks] = field(default_factory=dict, compare=False, repr=False)

    @property
    def rules(self) -> Sequence[str]:
        return tuple(v.name for v in self.own.validations)

    @property
    def operations(self) -> frozenset[str]:
        return frozenset()

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        return kind in self.kinds or self.own.constraints.may_match(group, version, kind, plural)

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """One result per validation, of the object as if it were being created now; none where a match condition does
        not hold."""
        found = [self.metadata.scored(result) for result in self._judged(Request(subject), world) or ()]
        return [replace(r, result="warn") if r.result == "fail" and self.is_warning else r for r in found]

    def answer(self, request: Request, world: World) -> Sequence[RuleResult]:
        """One result, as Kyverno gives it for any request: the first validation that does not pass decides."""
        results = self._judged(request, world)
        if results is None:
            return ()
        if not results:
            return [RuleResult("", "skip", "a match condition does not hold")]
        decisive = next((result for result in results if result.result != "pass"), results[0])
        return [replace(self.metadata.scored(decisive), rule="")]

    def expressions(self, subject: Subject, world: World) -> Iterator[tuple[str, Program, Activation]]:
        """The validations with the values of the subject, or for its pod template. May raise CelError."""
        request = Request(subject)
        checks = self._checks(request, world)
        if checks is not None:
            values = self._activation(request, world)
            yield from ((v.name, v.program, values) for v in checks.validations)

    def _judged(self, request: Request, world: World) -> Sequence[RuleResult] | None:
        """None where the policy is not about the object, nothing where a match condition does not hold."""
        with bound(world):
            try:
                checks = self._checks(request, world)
                return None if checks is None else self._results(checks, request, world)
            except (AuditError, CelError, UnknownNamespace) as error:
                return self.own.all("error", str(error))

    def _results(self, checks: Checks, request: Request, world: World) -> Sequence[RuleResult]:
        activation = self._activation(request, world)
        excepted = self._excepted(activation)
        full = next((item for item in excepted if item.is_full), None)
        if full is not None:
            return checks.all(full.result, f"excepted by PolicyException {full.name}")
        if excepted:
            activation = self._activation(request, world, excepted)
        try:
            if not holds(checks.conditions, activation):
                return ()
        except CelError:
            if self.is_failure_ignored:
                return ()
            raise
        return checks.judge(activation)

    def _excepted(self, activation: Activation) -> list[CelException]:
        """The exceptions that apply. Raises CelError for one that cannot be evaluated, unless one before is full."""
        found: list[CelException] = []
        for exception in self.exceptions:
            try:
                if exception.applies(activation):
                    found.append(exception)
            except CelError:
                if not self.is_failure_ignored and not any(item.is_full for item in found):
                    raise
        return found

    def _activation(self, request: Request, world: World, exceptions: Sequence[CelException] = ()) -> Activation:
        if self.is_for_json:
            return kyverno_activation.of_json(request.body)
        return kyverno_activation.of_request(request, world, exceptions)

    def _checks(self, request: Request, world: World) -> Checks | None:
        """The checks for the object itself, or else for its pod template."""
        subject = request.subject
        if self.is_for_json:
            return self.own
        if self.namespace and subject.namespace != self.namespace:
            return None
        kind = subject.kind if subject.kind in self.kinds else ""
        for variant in ("", kind) if kind else ("",):
            checks = self._variant(variant, request.operation)
            if checks.constraints.matches(subject, world):
                return checks
        return None

    def _variant(self, kind: str, operation: Operation) -> Checks:
        if not kind and operation == "CREATE":
            return self.own
        key = (kind if kind in ("", "CronJob") else "Deployment", operation)
        if key not in self._made:
            source = generated(self.document, self.controllers, kind) if kind else self.document
            self._made[key] = Checks.from_document(source, operation)
        return self._made[key]


def load(documents: Sequence[Document], *, is_test: bool = False) -> Iterator[Loaded[ValidatingPolicy]]:
    """The exceptions among the documents, then the policies with them: of each the policy, or its first fault.

    With `is_test` the world answers what an audit cannot ask (`http`, `global_entry`, `image_metadata`), and policies
    for JSON are loaded.
    """
    exceptions, loaded = companions((d for d in documents if d.kind == EXCEPTION), CelException.from_document)
    yield from loaded
    for document in documents:
        if document.kind in FORMS:
            yield Loaded.of(document, lambda d: _policy(d, exceptions, is_test))


def _policy(document: Document, exceptions: Sequence[CelException], is_test: bool) -> ValidatingPolicy:
    is_for_json = spec.mode(document, is_test) == spec.JSON
    spec.check(document, is_test=is_test)
    own = Checks.from_document(document)
    if not own.constraints.rules and not is_for_json:
        raise document.fault("/spec/matchConstraints", "matchConstraints.resourceRules is missing")
    resources = controllers(document)
    return ValidatingPolicy(
        metadata=from_annotations(document, document.kind),
        document=document,
        own=own,
        controllers=resources,
        kinds=kinds(resources),
        exceptions=tuple(e for e in exceptions if e.is_for(document)),
        namespace=spec.namespace(document),
        is_failure_ignored=document.choice("/spec/failurePolicy", ("Fail", "Ignore"), "Fail") == "Ignore",
        is_warning=spec.is_warning(document),
        is_for_json=is_for_json,
    )
