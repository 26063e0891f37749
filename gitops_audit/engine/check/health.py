"""The check of what is deployed: whether the cluster has done what the object asks."""

from __future__ import annotations

from dataclasses import replace

from gitops_audit.engine.case import Case
from gitops_audit.health import health_of
from gitops_audit.model.check import HEALTH, CheckName
from gitops_audit.model.resource import Declared


class HealthCheck:
    """Reads the status of live objects; what is not there is missing already."""

    name: CheckName = HEALTH

    def applies(self, case: Case) -> bool:
        return case.live is not None and isinstance(case.subject, Declared) and not case.skip_reason

    def checked(self, case: Case) -> Case:
        return case if case.live is None else replace(case, health=health_of(case.live))
