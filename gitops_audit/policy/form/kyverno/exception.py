"""Kyverno's `PolicyException` (kyverno.io): which rules of which policies do not count for which objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.errors import Location
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import condition, jmes, wildcard
from gitops_audit.policy.form.kyverno.match import is_excepted
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.shape import check_conditions, check_exclude, check_match
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError

KIND = "PolicyException"
GROUP = "kyverno.io"
_SPEC = ("background", "conditions", "exceptions", "match", "podSecurity")


@dataclass(frozen=True, slots=True)
class KyvernoException:
    """`rules` are (policy, names of rules, with wildcards) pairs; `pod_security` exempts single controls only."""

    name: str
    namespace: str
    where: Location
    match: JsonObject
    rules: tuple[tuple[str, tuple[str, ...]], ...]
    conditions: Any = None
    pod_security: Sequence[JsonObject] = ()

    def __str__(self) -> str:
        return f"PolicyException {self.namespace}/{self.name}" if self.namespace else f"PolicyException {self.name}"

    @classmethod
    def from_document(cls, document: Document) -> KyvernoException:
        """Raises PolicyError for unknown fields and for an exception that names no rule."""
        document.only("/spec", _SPEC)
        check_match(document, "/spec/match")
        check_conditions(document, "/spec/conditions")
        for index in range(len(document.sequence("/spec/podSecurity"))):
            check_exclude(document, f"/spec/podSecurity/{index}")
        rules = tuple(_rules(document, f"/spec/exceptions/{i}") for i in range(len(_named(document))))
        return cls(
            document.name,
            document.text("/metadata/namespace"),
            document.at(""),
            document.mapping("/spec/match"),
            rules,
            document.value("/spec/conditions"),
            document.sequence("/spec/podSecurity"),
        )

    def names(self, policy: str, namespace: str, rule: str) -> bool:
        """Whether the exception is for a rule of a policy (of a namespace, or cluster-wide without one)."""
        full = f"{namespace}/{policy}" if namespace else policy
        return any(named == full and wildcard.is_any_match([*rules], rule) for named, rules in self.rules)

    def covers(self, request: Request, scope: Scope) -> bool:
        """Whether the exception holds for the object; conditions that cannot be evaluated do not hold."""
        if not is_excepted(self.match, request):
            return False
        try:
            return condition.evaluate(self.conditions, scope).holds
        except (SubstitutionError, jmes.JmesError):
            return False


def _named(document: Document) -> list[Any]:
    found = document.sequence("/spec/exceptions")
    if not found:
        raise document.fault("/spec", "the exception names no policy: spec.exceptions is empty")
    return found


def _rules(document: Document, at: str) -> tuple[str, tuple[str, ...]]:
    document.only(at, ("policyName", "ruleNames"))
    return document.text(f"{at}/policyName"), tuple(str(name) for name in document.sequence(f"{at}/ruleNames"))
