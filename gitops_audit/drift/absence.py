"""A declared object that is not in the cluster: missing, unless the cluster or a tool is known to leave it absent."""

from __future__ import annotations

from gitops_audit.deployer.directive import Directives, marks_of
from gitops_audit.model.finding import Drift, Waiver
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import Declared

_MISSING = Drift("missing", confirmed=True)


def absent(declared: Declared) -> Drift:
    """`missing`, or in sync with the reason why it may be absent."""
    told = Directives.of(marks_of(declared.body)).not_reconciled
    if told:
        return _explained(told, "annotation")
    return _explained(*expired) if (expired := _expiry(declared)) else _MISSING


def _explained(reason: str, rule: str) -> Drift:
    return Drift("in-sync", confirmed=True, reason=f"absent, and {reason}", ignored=Waiver(reason, rule=rule))


def _expiry(declared: Declared) -> tuple[str, str] | None:
    """The TTL-after-finished controller removes a Job that has ended, whether it succeeded or failed.

    Source: Kubernetes "Automatic Cleanup for Finished Jobs"; zero removes it at once, null never.
    """
    spec = declared.body.get("spec")
    seconds = spec.get("ttlSecondsAfterFinished") if isinstance(spec, dict) else None
    is_job = (declared.key.group, declared.key.kind) == ("batch", "Job")
    if not is_job or not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    told = f"a Job that has finished is removed after {how_many(seconds, 'second')} (ttlSecondsAfterFinished)"
    return f"{told}; whether it ran is not known", "ttl"
