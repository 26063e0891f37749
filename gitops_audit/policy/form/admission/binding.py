"""`ValidatingAdmissionPolicyBinding`: to what a policy is applied, with which parameters, and what a violation does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document, suggestion
from gitops_audit.policy.match_constraints import MatchConstraints
from gitops_audit.policy.param import ParamRef

_ACTIONS = ("Deny", "Warn", "Audit")


@dataclass(frozen=True, slots=True)
class Binding:
    policy: str
    matches: MatchConstraints
    param_ref: ParamRef | None = None
    is_warning: bool = False

    @classmethod
    def from_document(cls, document: Document, policies: Collection[str]) -> Binding:
        """Raises PolicyError for unknown keys and for a policy that is not among `policies`."""
        document.only("/spec", ("matchResources", "paramRef", "policyName", "validationActions"))
        policy = document.text("/spec/policyName")
        if policy not in policies:
            hint = f"{suggestion(policy, policies)}load the policy together with its binding"
            raise document.fault("/spec/policyName", f"the policy {policy!r} is not loaded", code="GA402", hint=hint)
        return cls(
            policy=policy,
            matches=MatchConstraints.from_document(document, "/spec/matchResources"),
            param_ref=ParamRef.from_document(document),
            is_warning=_is_warning(document, "/spec/validationActions"),
        )

    def enforced(self, result: RuleResult) -> RuleResult:
        """A violation as the actions have it: with `Warn` alone it is a warning."""
        if result.result != "fail" or not self.is_warning:
            return result
        return RuleResult(result.rule, "warn", result.message, result.pointer)


def _is_warning(document: Document, pointer: str) -> bool:
    actions = document.sequence(pointer)
    for index, action in enumerate(actions):
        document.choice(f"{pointer}/{index}", _ACTIONS, str(action))
    return bool(actions) and set(actions) == {"Warn"}


UNBOUND = Binding("", MatchConstraints())
