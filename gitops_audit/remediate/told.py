"""What a plan or a run says of each resource, for the verdicts of an audit: by the id of the resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_audit.errors import AuditError
from gitops_audit.model.remediation import NO_ACTION, Remediation
from gitops_audit.remediate.document import Plan
from gitops_audit.remediate.result import RunResult


def of_plan(plan: Plan) -> Mapping[str, Remediation]:
    """Of a plan that nobody carried out."""
    return dict(_planned(plan))


def _planned(plan: Plan) -> Iterator[tuple[str, Remediation]]:
    guards = "; ".join(f"guard {guard.name}: {guard.detail}" for guard in plan.failed_guards)
    for action in plan.actions:
        yield action.id, Remediation(action.action, "refused" if guards else "planned", message=guards)
    for refused in plan.refused:
        yield refused.resource, Remediation(NO_ACTION, "refused", message=refused.reason)


def of_refusal(plan: Plan, error: AuditError) -> Mapping[str, Remediation]:
    """Of a plan that was not begun."""
    refused = {r.resource: Remediation(NO_ACTION, "refused", message=r.reason) for r in plan.refused}
    return {a.id: Remediation(a.action, "refused", message=error.message) for a in plan.actions} | refused


def of_run(plan: Plan, result: RunResult, *, is_repair_enough: bool) -> Mapping[str, Remediation]:
    """Of a run. `is_repair_enough`: the findings that were repaired count no more."""
    repaired = {action.id: frozenset(action.findings) for action in plan.actions} if is_repair_enough else {}
    return {
        r.id: Remediation(
            r.action,
            r.result,
            "" if r.action == NO_ACTION else result.run,
            r.message,
            repaired.get(r.id, frozenset()) if r.result == "done" else frozenset(),
        )
        for r in result.results
    }
