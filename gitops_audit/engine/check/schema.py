"""The check of manifests: what the API server would refuse, and what it takes with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gitops_audit.drift import Scalers
from gitops_audit.engine.case import Case
from gitops_audit.engine.check.stand_ins import checkable
from gitops_audit.engine.check.validate import Validator
from gitops_audit.model.check import SCHEMA, CheckName
from gitops_audit.model.finding import PolicyResult, Severity
from gitops_audit.model.resource import Declared

_BESIDE_AUTOSCALER = "replicas-beside-autoscaler"


class SchemaCheck:
    """Checks manifests by the schemas of their cluster, offline by those of a Kubernetes version."""

    name: CheckName = SCHEMA

    def __init__(self, validator: Validator, scalers: Scalers, *, is_unreachable: bool, is_recorded: bool) -> None:
        self._validator = validator
        self._scalers = scalers
        self._is_unreachable = is_unreachable
        self._is_recorded = is_recorded

    def applies(self, case: Case) -> bool:
        return isinstance(case.subject, Declared)

    def checked(self, case: Case) -> Case:
        resource = case.declared
        warnings = tuple(self._scaled(resource))
        if self._is_unreachable:
            return replace(case, policies=(*case.policies, *warnings)) if warnings else case
        # What a server holds just as it is declared, its validation has let pass.
        is_accepted = case.drift is not None and case.drift.status == "in-sync" and not self._is_recorded
        validated = self._validator.check(resource, is_accepted=is_accepted)
        if resource.stand_ins:
            validated = checkable(resource, validated, is_compared=case.drift is not None)
        if validated.is_plain and not warnings:
            return case
        return replace(
            case,
            policies=(*case.policies, *warnings),
            invalid=(*case.invalid, *validated.faults),
            unchecked=validated.unchecked,
            unvalidated=validated.error,
        )

    def _scaled(self, resource: Declared) -> Iterator[PolicyResult]:
        """A warning where a manifest declares what an autoscaler keeps: the server takes it."""
        if (fault := self._scalers.fault(resource)) is not None:
            rule = _BESIDE_AUTOSCALER
            yield PolicyResult(rule, rule, "warn", Severity.low, fault.message, fault.path, pointer=fault.pointer)
