"""One `validate` rule, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import RuleResult, UnknownNamespace, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import condition, jmes, shape
from gitops_audit.policy.form.kyverno.budget import Exhausted
from gitops_audit.policy.form.kyverno.cel_rule import CelRule
from gitops_audit.policy.form.kyverno.check import Check
from gitops_audit.policy.form.kyverno.entry import EXTERNAL, defer_all
from gitops_audit.policy.form.kyverno.exception import KyvernoException
from gitops_audit.policy.form.kyverno.image import images_of
from gitops_audit.policy.form.kyverno.match import is_matched
from gitops_audit.policy.form.kyverno.pod_security_rule import PodSecurityRule
from gitops_audit.policy.form.kyverno.request import NO_ONE, Request
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError
from gitops_audit.policy.pod_security import parse_level, parse_version


@dataclass(frozen=True, slots=True)
class Rule:
    """`skip_reason` says why an unsupported rule is only shown as skipped. With `is_forgiving`, an update of an object
    that violated the rule before is let through (`allowExistingViolations`)."""

    name: str
    body: JsonObject
    namespace: str = ""
    is_forgiving: bool = False
    cel: CelRule | None = None
    pod_security: PodSecurityRule | None = None
    skip_reason: str = ""

    @classmethod
    def from_document(cls, document: Document, at: str, *, is_simulated: bool) -> Rule:
        """Raises PolicyError for a malformed rule.

        With `is_simulated` (tests) what asks a server is no fault of the rule: the test's values stand in.
        """
        shape.check_rule(document, at)
        reason = _skip_reason(document, at, is_simulated=is_simulated)
        rule = cls(
            document.text(f"{at}/name"),
            document.mapping(at),
            _namespace(document),
            is_forgiving=_is_forgiving(document, f"{at}/validate"),
            skip_reason=reason,
        )
        return rule if reason else rule._with_check(document, f"{at}/validate")

    def _with_check(self, document: Document, at: str) -> Rule:
        if document.value(f"{at}/cel") is not None:
            return replace(self, cel=CelRule.from_document(document, at, f"{at.rpartition('/')[0]}/celPreconditions"))
        if document.value(f"{at}/podSecurity") is not None:
            return replace(self, pod_security=_pod_security(document, f"{at}/podSecurity"))
        if not any(document.value(f"{at}/{check}") is not None for check in shape.CHECKS):
            raise document.fault(at, f"the rule {self.name!r} checks nothing")
        return self

    def evaluate(self, request: Request, world: World, exceptions: Sequence[KyvernoException]) -> RuleResult | None:
        """None where the rule is not about the object, or finds nothing in it to check."""
        try:
            return self._answer(request, world, exceptions)
        except UnknownNamespace as error:
            return RuleResult(self.name, "error", str(error))

    def _answer(self, request: Request, world: World, exceptions: Sequence[KyvernoException]) -> RuleResult | None:
        if not self._is_about(request):
            return None
        if self.skip_reason:
            # a test asks what the rule says, and "skip" might be what it expects to hear
            return RuleResult(self.name, "error" if request.is_simulated else "skip", self.skip_reason)
        try:
            return self._evaluated(self._scope(request, world), request, world, exceptions)
        except RecursionError:
            return RuleResult(self.name, "error", "the rule or the object is nested too deeply")
        except Exhausted as error:
            return RuleResult(self.name, "error", f"the rule cannot be evaluated: {error}")

    def _is_about(self, request: Request) -> bool:
        return is_matched(self.body.get("match") or {}, self.body.get("exclude"), request)

    def _evaluated(
        self, scope: Scope, request: Request, world: World, exceptions: Sequence[KyvernoException]
    ) -> RuleResult | None:
        try:
            verdict = condition.evaluate(self.body.get("preconditions"), scope)
        except (SubstitutionError, jmes.JmesError) as error:
            return RuleResult(self.name, "error", f"failed to evaluate preconditions: {error}")
        if not verdict.holds:
            return RuleResult(self.name, "skip", "; ".join(filter(None, ("preconditions not met", verdict.message))))
        applied = [item for item in exceptions if item.covers(request, scope)]
        full = [item for item in applied if self.pod_security is None or not item.pod_security]
        if full:
            return RuleResult(self.name, "skip", f"excepted by {', '.join(map(str, full))}")
        return self._checked(scope, request, world, applied)

    def _checked(
        self, scope: Scope, request: Request, world: World, applied: Sequence[KyvernoException]
    ) -> RuleResult | None:
        if self.cel is not None:
            return self.cel.evaluate(self.name, request, world)
        if self.pod_security is not None:
            return self._judged(self.pod_security, request, world, applied)
        result = Check(self.name, self.body["validate"], scope, request, world, namespace=self.namespace).run()
        return self._forgiven(result, request, world)

    def _judged(
        self, standard: PodSecurityRule, request: Request, world: World, applied: Sequence[KyvernoException]
    ) -> RuleResult | None:
        if request.operation == "DELETE":
            return None
        extra = [exclude for item in applied for exclude in item.pod_security]
        result = standard.evaluate(self.name, request.body, extra)
        if result.result == "skip":
            return replace(result, message=f"excepted by {', '.join(map(str, applied))}")
        return self._forgiven(result, request, world)

    def _forgiven(self, result: RuleResult | None, request: Request, world: World) -> RuleResult | None:
        """A skip where the old object, as if it were being created, fails as well."""
        if result is None or result.result != "fail" or request.operation != "UPDATE" or not self.is_forgiving:
            return result
        values = {path: value for path, value in request.values.items() if path != "request.operation"}
        before = replace(request, operation="CREATE", values=values)
        if not self._is_about(replace(before, user=NO_ONE)):
            return result
        old = self.evaluate(before, world, ())
        if old is None or old.result != "fail":
            return result
        return RuleResult(self.name, "skip", "the object violated the rule before, which is allowed")

    def _values(self, request: Request) -> Mapping[str, Any]:
        """The test's values for the rule; for a generated one, those of the rule it is made from."""
        names = (self.name, self.name.removeprefix("autogen-"), self.name.removeprefix("autogen-cronjob-"))
        return next((request.rule_values[name] for name in names if name in request.rule_values), {})

    def _scope(self, request: Request, world: World) -> Scope:
        scope = Scope(request.data(), is_delete=request.operation == "DELETE")
        extractors = self.body.get("imageExtractors")
        scope.defer("images", lambda _: images_of(request.body, extractors))
        for values in (request.values, self._values(request)):
            for path, value in values.items():
                scope.add(path, value)
        defer_all(self.body.get("context") or (), scope, request.lookups_in(world), self.namespace)
        return scope


def unsupported(document: Document, at: str) -> tuple[str, str]:
    """The first part of the rule at `at` that is not supported, as a pointer, and why; empty where all of it is."""
    pointer, reason = shape.unsupported(document, at)
    if not reason and document.value(f"{at}/validate") is None:
        return at, "the rule has no `validate`"
    return pointer, reason


def _skip_reason(document: Document, at: str, *, is_simulated: bool) -> str:
    pointer, reason = unsupported(document, at)
    if is_simulated and any(pointer.endswith(f"/{kind}") for kind in EXTERNAL):
        return ""
    return f"unsupported: {reason}" if reason else ""


def _is_forgiving(document: Document, at: str) -> bool:
    action = document.value(f"{at}/failureAction") or document.value("/spec/validationFailureAction") or "Audit"
    return action in ("Enforce", "enforce") and document.value(f"{at}/allowExistingViolations") is not False


def _namespace(document: Document) -> str:
    return document.text("/metadata/namespace") if document.kind == "Policy" else ""


def _pod_security(document: Document, at: str) -> PodSecurityRule:
    level = parse_level(document.text(f"{at}/level"), document.at(f"{at}/level"))
    version: Any = document.value(f"{at}/version") or "latest"
    parse_version(version, document.at(f"{at}/version"))
    return PodSecurityRule(level, version, document.sequence(f"{at}/exclude"))
