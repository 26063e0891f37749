"""Asks the server about suspects: a server-side-apply dry run each, side by side, only for what differs locally."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.confirm import DryRun, confirmed, is_suspect
from gitops_audit.drift.ownership import Ownership
from gitops_audit.engine.case import Case, merged
from gitops_audit.engine.events import OnProgress, Stage
from gitops_audit.engine.pace import Pace
from gitops_audit.engine.shield import as_problem
from gitops_audit.live import Cluster, Refusal
from gitops_audit.live.workers import threads
from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import Declared, JsonObject

CONCURRENCY = 8
# Under this name nothing is ever stored: a dry run has to name some manager, and no applier is known.
OWN_MANAGER = "gitops-audit"


class Confirmer:
    """Confirms the drift of one cluster, as far as the credentials may patch; without that, local verdicts stand."""

    def __init__(
        self,
        cluster: Cluster | None,
        managers: Managers,
        is_confirmed: Callable[[Declared, JsonObject], bool] | None = None,
    ) -> None:
        """`is_confirmed` says of what the server was asked before: it is not asked again."""
        self._cluster = cluster
        self._is_confirmed = is_confirmed or (lambda declared, live: False)
        self._managers = managers
        self._dropped = 0
        self._refusals: dict[str, int] = {}

    def confirmed(self, cases: Sequence[Case], on_progress: OnProgress | None = None) -> Sequence[Case]:
        """The cases after the server's word on those that differ."""
        suspects = [case for case in cases if _is_suspect(case)]
        known = [case for case in suspects if self._is_confirmed(case.declared, case.live or {})]
        if known:
            cases = merged(cases, (replace(case, drift=replace(case.found, confirmed=True)) for case in known))
            asked_before = {case.subject.id for case in known}
            suspects = [case for case in suspects if case.subject.id not in asked_before]
        if not suspects or self._cluster is None:
            return cases
        pace = Pace(Stage("confirmed", "difference", total=len(suspects), where=self._cluster.name), on_progress)
        with threads(CONCURRENCY, "dry-run") as pool:
            answers = pace.over(pool.map(self._ask, suspects), every=1)
            return merged(cases, (self._settled(s, answer) for s, answer in zip(suspects, answers, strict=True)))

    def notes(self) -> Iterator[str]:
        if self._dropped:
            yield f"differences dropped because the server says they are equal (dry run){self._where}: {self._dropped}"
        for message, count in self._refusals.items():
            yield f"resources whose drift is not confirmed by a dry run{self._where}: {count} ({message})"

    @property
    def _where(self) -> str:
        return f" on cluster {self._cluster.name}" if self._cluster else ""

    def _ask(self, suspect: Case) -> JsonObject | Refusal | Problem:
        if self._cluster is None or suspect.live is None:
            raise ValueError("only what was read is a suspect")
        try:
            return self._cluster.dry_run_apply(suspect.declared, self._manager(suspect.declared, suspect.live))
        except Exception as error:
            return as_problem(error)

    def _manager(self, resource: Declared, live: JsonObject) -> str:
        """The name under which the deployer of the object applies: not that of somebody who applied beside it."""
        ownership = Ownership.of(live, resource.body, self._managers)
        appliers = [e for e in ownership.entries if e.is_apply and ownership.is_deployer(e)]
        return max(appliers, key=lambda e: e.time).manager if appliers else OWN_MANAGER

    def _settled(self, suspect: Case, answer: JsonObject | Refusal | Problem) -> Case:
        return replace(suspect, drift=self._answered(suspect, suspect.found, answer))

    def _answered(self, suspect: Case, drift: Drift, answer: JsonObject | Refusal | Problem) -> Drift:
        if isinstance(answer, Refusal):
            return self._unconfirmed(drift, answer)
        if isinstance(answer, Problem):
            return _unasked(drift, answer)
        try:
            outcome = confirmed(drift, suspect.declared, suspect.live or {}, DryRun(answer), suspect.schema)
        except Exception as error:
            return _unasked(drift, as_problem(error))
        self._dropped += outcome.dropped
        return outcome.drift

    def _unconfirmed(self, drift: Drift, refusal: Refusal) -> Drift:
        """A missing permission is told once for the run; what the server holds against the object, with the object."""
        if refusal.reason in ("forbidden", "sensitive", "recording"):
            self._refusals[refusal.message] = self._refusals.get(refusal.message, 0) + 1
            return replace(drift, confirmed=False)
        return replace(drift, confirmed=False, reason=f"the dry run was refused: {refusal.message}")


def _is_suspect(case: Case) -> bool:
    return case.is_modified and not case.declared.stand_ins and is_suspect(case.found)


def _unasked(drift: Drift, problem: Problem) -> Drift:
    """The server did not answer, so the cluster was not read to the end: an error, beside what was found locally."""
    return replace(drift, confirmed=False, code=problem.code, reason=f"it could not be confirmed: {problem.message}")
