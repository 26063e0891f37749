"""The check of policies: every policy of the run on what is declared and on what the cluster has."""

from __future__ import annotations

from dataclasses import replace

from gitops_audit.engine.case import Case
from gitops_audit.engine.check.policies import ClusterPolicies
from gitops_audit.model.check import POLICY, CheckName
from gitops_audit.model.resource import Declared


class PolicyCheck:
    """Judges by the policies of a run."""

    name: CheckName = POLICY

    def __init__(self, policies: ClusterPolicies) -> None:
        self._policies = policies

    def applies(self, case: Case) -> bool:
        return isinstance(case.subject, Declared)

    def checked(self, case: Case) -> Case:
        results = self._policies.evaluate(case.declared, case.live)
        return replace(case, policies=(*case.policies, *results)) if results else case
