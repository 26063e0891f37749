"""Kyverno `PolicyException` for its CEL policies (policies.kyverno.io)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gitops_audit.policy.cel import Activation
from gitops_audit.policy.cel_rule import Condition, compose, conditions, holds
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.validating.cel import FUNCTIONS
from gitops_audit.policy.form.kyverno.validating.checks import TYPES

_SPEC = ("allowedValues", "images", "matchConditions", "policyRefs", "reportResult")


@dataclass(frozen=True, slots=True)
class CelException:
    """Names policies by (kind, name); applies where all its match conditions hold.

    With `images` or `values` it is partial: the policy's own expressions decide what `exceptions.allowedImages` and
    `exceptions.allowedValues` are good for.
    """

    name: str
    policies: frozenset[tuple[str, str]]
    conditions: tuple[Condition, ...]
    images: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    result: Literal["pass", "skip"] = "skip"

    @classmethod
    def from_document(cls, document: Document) -> CelException:
        """Raises PolicyError for unknown keys and results."""
        document.only("/spec", _SPEC)
        refs = range(len(document.sequence("/spec/policyRefs")))
        pointers = [f"/spec/policyRefs/{index}" for index in refs]
        for pointer in pointers:
            document.only(pointer, ("kind", "name"))
        composition = compose(document, "/spec/variables", TYPES, FUNCTIONS)
        is_pass = document.choice("/spec/reportResult", ("skip", "pass"), "skip") == "pass"
        return cls(
            document.name,
            frozenset((document.text(f"{p}/kind"), document.text(f"{p}/name")) for p in pointers),
            conditions(document, "/spec/matchConditions", composition),
            _texts(document, "/spec/images"),
            _texts(document, "/spec/allowedValues"),
            "pass" if is_pass else "skip",
        )

    @property
    def is_full(self) -> bool:
        return not self.images and not self.values

    def is_for(self, policy: Document) -> bool:
        return (policy.kind, policy.name) in self.policies

    def applies(self, activation: Activation) -> bool:
        """Raises CelError where a condition cannot be evaluated."""
        return holds(self.conditions, activation)


def _texts(document: Document, pointer: str) -> tuple[str, ...]:
    return tuple(document.text(f"{pointer}/{index}") for index in range(len(document.sequence(pointer))))
