"""The checks of one verdict, told apart for `--gitops-split-checks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gitops_audit.live.problem import SCHEMA_UNREAD
from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.model.finding import Finding
from gitops_audit.model.subject import Undeclared
from gitops_audit.model.verdict import Threshold, Verdict


def checks_of(verdict: Verdict) -> Sequence[str]:
    """The checks that can be told apart in a verdict."""
    is_hook = bool(verdict.skip_reason) and verdict.is_evaluated
    is_asked = verdict.drift is not None or verdict.unevaluated or is_hook
    drift = (DRIFT,) if is_asked else ()
    policies = {p.policy for p in verdict.passed} | {f.policy for f in verdict.found(POLICY)}
    health = (HEALTH,) if verdict.health is not None else ()
    engine = (ENGINE,) if verdict.is_engine_checked else ()
    schema = (SCHEMA,) if drift or not isinstance(verdict.subject, Undeclared) else ()
    return (*drift, *schema, *health, *engine, *(f"{POLICY}:{name}" for name in sorted(policies)))


def checked(verdict: Verdict, check: str, threshold: Threshold) -> Verdict:
    """The part of a verdict that one check is about; the outcome follows that part alone."""
    if not check:
        return verdict
    kind, _, name = check.partition(":")
    if check == SCHEMA and verdict.unchecked and not verdict.found(SCHEMA):
        return _without_schema(verdict, threshold)
    return replace(
        verdict,
        findings=tuple(f for f in verdict.findings if f.check == kind and f.policy == name),
        drift=verdict.drift if check == DRIFT else None,
        passed=tuple(p for p in verdict.passed if p.policy == name),
        health=verdict.health if check == HEALTH else None,
        is_engine_checked=check == ENGINE,
        skip_reason=verdict.skip_reason if check == DRIFT else "",
        remediation=verdict.remediation if check == DRIFT else None,
    ).judged(threshold)


def _without_schema(verdict: Verdict, threshold: Threshold) -> Verdict:
    """Nothing was checked, so nothing passes: an error where there is a schema that could not be read, else a skip."""
    errors = tuple(f for f in verdict.findings if f.rule == SCHEMA_UNREAD)
    reason = f"not checked against a schema: {verdict.unchecked}"
    skipped = Finding(SCHEMA, "skipped", "skip", reason)
    told = verdict.with_findings(errors or [skipped])
    told = replace(told, drift=None, passed=(), health=None, is_engine_checked=False, remediation=None)
    return replace(told, skip_reason="" if errors else reason).judged(threshold)


def is_evaluated(verdict: Verdict, check: str) -> bool:
    """Whether a test came to an answer, be it an error: the whole verdict's, where checks are not told apart."""
    if verdict.outcome in ("failed", "error"):
        return True
    if check == DRIFT:
        return verdict.is_compared
    if check == SCHEMA:
        return not verdict.unchecked or bool(verdict.found(SCHEMA))
    return bool(check) or verdict.is_evaluated
