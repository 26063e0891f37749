"""What the validation rules of a CustomResourceDefinition say of one object."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_audit.policy.manifest_schema.explain import SchemaFault

RULE_UNEVALUATED = "GA463"


@dataclass(frozen=True, slots=True)
class Judged:
    """`faults`, why a rule could not be evaluated (`problem`), and how many rules would have read values that are not
    known here (`unread`)."""

    faults: tuple[SchemaFault, ...] = ()
    problem: str = ""
    unread: int = 0
