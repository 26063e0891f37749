"""The check of policies: every policy of the run on what is declared and on what the cluster has."""

from __future__ import annotations

from dataclasses import replace

from gitops_audit.engine.case import Case
from gitops_audit.engine.check.policies import ClusterPolicies
from gitops_audit.model.check import POLICY, CheckName
from gitops_audit.model.resource import Declared
from gitops_audit.model.subject import Undeclared


class PolicyCheck:
    """Judges by the policies of a run."""

    name: CheckName = POLICY

    def __init__(self, policies: ClusterPolicies) -> None:
        self._policies = policies

    def applies(self, case: Case) -> bool:
        subject = case.subject
        return isinstance(subject, Declared) or (isinstance(subject, Undeclared) and subject.is_removed)

    def checked(self, case: Case) -> Case:
        if isinstance(case.subject, Declared):
            results = self._policies.evaluate(case.subject, case.live)
        else:
            results = self._policies.removed(case.subject.key)
        return replace(case, policies=(*case.policies, *results)) if results else case
