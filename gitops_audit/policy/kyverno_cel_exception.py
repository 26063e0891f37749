"""Kyverno `PolicyException` for its CEL policies (policies.kyverno.io)."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_audit.policy.admission_request import VARIABLES
from gitops_audit.policy.cel import Activation
from gitops_audit.policy.cel_rule import Condition, compose, conditions, holds
from gitops_audit.policy.document import Document
from gitops_audit.policy.kyverno_cel import FUNCTIONS


@dataclass(frozen=True, slots=True)
class CelException:
    """Names policies by (kind, name); applies where all its match conditions hold."""

    name: str
    policies: frozenset[tuple[str, str]]
    conditions: tuple[Condition, ...]

    @classmethod
    def from_document(cls, document: Document) -> CelException:
        """Raises PolicyError for unknown keys, GA410 for exceptions to single values."""
        for key in ("images", "allowedValues", "reportResult"):
            if document.value(f"/spec/{key}") is not None:
                raise document.fault(f"/spec/{key}", f"{key} of an exception is not supported", code="GA410")
        document.only("/spec", ("matchConditions", "policyRefs"))
        refs = range(len(document.sequence("/spec/policyRefs")))
        pointers = [f"/spec/policyRefs/{index}" for index in refs]
        for pointer in pointers:
            document.only(pointer, ("kind", "name"))
        composition = compose(document, "/spec/variables", VARIABLES, FUNCTIONS)
        return cls(
            document.name,
            frozenset((document.text(f"{p}/kind"), document.text(f"{p}/name")) for p in pointers),
            conditions(document, "/spec/matchConditions", composition),
        )

    def is_for(self, policy: Document) -> bool:
        return (policy.kind, policy.name) in self.policies

    def applies(self, activation: Activation) -> bool:
        """Raises CelError where a condition cannot be evaluated."""
        return holds(self.conditions, activation)
