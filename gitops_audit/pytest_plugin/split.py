"""The checks of one verdict, told apart for `--gitops-split-checks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gitops_audit.live.problem import SCHEMA_UNREAD
from gitops_audit.model.check import DRIFT, POLICY, SCHEMA
from gitops_audit.model.verdict import Threshold, Verdict


def checks_of(verdict: Verdict) -> Sequence[str]:
    """The checks that can be told apart in a verdict."""
    is_hook = bool(verdict.skip_reason) and verdict.is_evaluated
    is_asked = verdict.drift is not None or verdict.errors or is_hook
    drift = (DRIFT,) if is_asked else ()
    policies = dict.fromkeys(f"{POLICY}:{p.policy}" for p in verdict.policies)
    return (*drift, SCHEMA, *policies)


def checked(verdict: Verdict, check: str, threshold: Threshold) -> Verdict:
    """The part of a verdict that one check is about; the outcome follows that part alone."""
    if not check:
        return verdict
    name = check.partition(":")[2]
    if check == SCHEMA and verdict.unchecked and not verdict.invalid:
        return _without_schema(verdict, threshold)
    return replace(
        verdict,
        drift=verdict.drift if check == DRIFT else None,
        invalid=verdict.invalid if check == SCHEMA else (),
        policies=tuple(p for p in verdict.policies if name and p.policy == name),
        errors=verdict.errors if check == DRIFT else (),
        skip_reason=verdict.skip_reason if check == DRIFT else "",
    ).judged(threshold)


def _without_schema(verdict: Verdict, threshold: Threshold) -> Verdict:
    """Nothing was checked, so nothing passes: an error where there is a schema that could not be read, else a skip."""
    errors = tuple(e for e in verdict.errors if e.code == SCHEMA_UNREAD)
    reason = "" if errors else f"not checked against a schema: {verdict.unchecked}"
    return replace(verdict, drift=None, policies=(), errors=errors, skip_reason=reason).judged(threshold)


def is_evaluated(verdict: Verdict, check: str) -> bool:
    """Whether a test came to an answer, be it an error: the whole verdict's, where checks are not told apart."""
    if verdict.outcome in ("failed", "error"):
        return True
    if check == DRIFT:
        return verdict.is_compared
    if check == SCHEMA:
        return not verdict.unchecked or bool(verdict.invalid)
    return bool(check) or verdict.is_evaluated
