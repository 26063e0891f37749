"""A loaded `ClusterPolicy` or `Policy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_audit.policy.cel import CelError
from gitops_audit.policy.cel_rule import Condition, holds
from gitops_audit.policy.contract import Metadata, RuleResult, Subject, World
from gitops_audit.policy.form.kyverno import admission
from gitops_audit.policy.form.kyverno.exception import KyvernoException
from gitops_audit.policy.form.kyverno.match import may_be_matched
from gitops_audit.policy.form.kyverno.request import Request, audited
from gitops_audit.policy.form.kyverno.rule import Rule


@dataclass(frozen=True, slots=True)
class KyvernoPolicy:
    """The rules as written and, by kind of controller, with those generated for it."""

    metadata: Metadata
    namespace: str
    own: tuple[Rule, ...]
    by_kind: Mapping[str, tuple[Rule, ...]]
    conditions: tuple[Condition, ...] = ()
    is_first_only: bool = False
    exceptions: tuple[KyvernoException, ...] = field(default=())

    @property
    def rules(self) -> Sequence[str]:
        """All rules, the generated ones too."""
        found = (rule.name for rules in (self.own, *self.by_kind.values()) for rule in rules)
        return tuple(dict.fromkeys(found))

    def with_exceptions(self, exceptions: Sequence[KyvernoException]) -> KyvernoPolicy:
        """The policy with those of the exceptions that name one of its rules."""
        named = [e for e in exceptions if any(e.names(self.metadata.name, self.namespace, rule) for rule in self.rules)]
        return replace(self, exceptions=(*self.exceptions, *named))

    @property
    def operations(self) -> frozenset[str]:
        return frozenset()

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        # match conditions come before the rules, and their errors show for every kind
        rules = self.by_kind.get(kind, self.own)
        return bool(self.conditions) or any(
            may_be_matched(rule.body.get("match") or {}, group, version, kind) for rule in rules
        )

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """The object as if it were being created now, by nobody in particular."""
        return self.answer(audited(subject, world), world)

    def answer(self, request: Request, world: World) -> Sequence[RuleResult]:
        """The results of the rules that match a request, in the order of the policy."""
        if self.namespace and self.namespace != request.subject.namespace:
            return ()
        results: list[RuleResult] = []
        try:
            if not self._is_asked(request, world):
                return ()
        except CelError as error:
            return [RuleResult(rule.name, "error", str(error)) for rule in self.own]
        for rule in self.by_kind.get(request.subject.kind, self.own):
            named = [item for item in self.exceptions if item.names(self.metadata.name, self.namespace, rule.name)]
            result = rule.evaluate(request, world, named)
            if result is not None:
                results.append(self.metadata.scored(result))
                if self.is_first_only and result.result in ("pass", "fail"):
                    break
        return results

    def _is_asked(self, request: Request, world: World) -> bool:
        return not self.conditions or holds(self.conditions, admission.activation(request, world))
