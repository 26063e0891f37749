"""The outcome of a case: nothing is revised after it."""

from __future__ import annotations

from dataclasses import replace

from gitops_audit.engine.case import Case
from gitops_audit.engine.shield import as_problem
from gitops_audit.model.finding import Problem
from gitops_audit.model.verdict import Verdict


def facts(case: Case) -> Verdict:
    """Everything a case holds, as the verdict on its subject before the outcome is given. Never raises."""
    try:
        return _facts(case)
    except Exception as error:
        return Verdict.of(case.subject, "error", errors=(as_problem(error),))


def _facts(case: Case) -> Verdict:
    verdict = _told(case)
    if verdict.skip_reason or verdict.is_evaluated:
        return verdict
    return _told(replace(case, skip_reason=f"nothing could be checked: {case.unchecked}; and no policy is about it"))


def _told(case: Case) -> Verdict:
    return Verdict.of(
        case.subject,
        "passed",
        case.drift,
        case.policies,
        case.invalid,
        _errors(case),
        skip_reason=case.skip_reason,
        unchecked=case.unchecked,
        health=case.health,
        engine=case.engine,
    )


def _errors(case: Case) -> tuple[Problem, ...]:
    """Why something could not be evaluated, as one reason: what comes first explains the others."""
    if case.problem is not None:
        return (case.problem,)
    if case.drift is not None and case.drift.code:
        return (Problem(case.drift.code, case.drift.reason),)
    return (case.unvalidated,) if case.unvalidated is not None else ()
