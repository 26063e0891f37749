"""Which parts of a policy's expressions decided on a subject: for `policy explain` and for failed policy tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gitops_audit.policy.cel import Activation, CelError, Program
from gitops_audit.policy.cel.explain import Part
from gitops_audit.policy.cel.explain import explain as explain_program
from gitops_audit.policy.cel.world import bound
from gitops_audit.policy.contract import Policy, Subject, World


@runtime_checkable
class HasExpressions(Protocol):
    """A policy whose rules are CEL expressions."""

    def expressions(self, subject: Subject, world: World) -> Iterator[tuple[str, Program, Activation]]:
        """(rule, expression, values) of everything that is evaluated for a subject. May raise CelError."""
        ...


@dataclass(frozen=True, slots=True)
class Explained:
    """The parts of one rule's expression, or why there are none."""

    rule: str
    parts: tuple[Part, ...] = ()
    problem: str = ""


def explain(policy: Policy, subject: Subject, world: World) -> Sequence[Explained]:
    """Empty for policies without expressions, and where the policy does not apply to the subject."""
    if not isinstance(policy, HasExpressions):
        return ()
    with bound(world):
        try:
            found = list(policy.expressions(subject, world))
        except CelError as error:
            return (Explained("", problem=str(error)),)
        return [Explained(rule, tuple(explain_program(program, values))) for rule, program, values in found]
