"""`--gitops-remediate`: plans the repair of what the selected tests found, or carries it out, before they are run.

So each test tells what was done about its resource. It is done once, in the process that judges: with xdist in the
controller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from gitops_audit.config.settings import Settings
from gitops_audit.engine.selection import select
from gitops_audit.engine.shield import Shield
from gitops_audit.errors import AuditError, ConfigError, RemediationError
from gitops_audit.model.check import DRIFT
from gitops_audit.model.printable import printable
from gitops_audit.model.remediation import Remediation
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.pytest_plugin.arguments import invocation_path
from gitops_audit.pytest_plugin.item import AuditItem, write
from gitops_audit.pytest_plugin.session import AuditRun, AuditSession, LocalAudit
from gitops_audit.remediate.apply import Run, apply
from gitops_audit.remediate.document import Plan, Scope
from gitops_audit.remediate.journal import journal_folder
from gitops_audit.remediate.plan import Planned, Planner
from gitops_audit.remediate.plan_file import PlanFile, load_plan
from gitops_audit.remediate.result import RunResult
from gitops_audit.remediate.survey import Survey
from gitops_audit.remediate.text import apply_lines, plan_lines
from gitops_audit.remediate.told import of_plan, of_refusal, of_run
from gitops_audit.remediate.writers import Writers
from gitops_audit.report.text import Line

NOT_APPROVED = "GA522"
_OTHER_AUDITS = ("offline", "snapshot", "mode", "shard", "base")
_SELECTING = ("keyword", "markexpr", "deselect", "lf", "stepwise")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for. `approved` is the plan of --gitops-approve."""

    mode: Literal["plan", "apply"]
    path: Path | None = None
    approved: Plan | None = None

    @classmethod
    def of(cls, config: pytest.Config, files: Sequence[Path]) -> Wish | None:
        """None where nothing is to be repaired. Raises UsageError."""
        mode, path, digest = (config.getoption(f"--gitops-{name}") for name in ("remediate", "plan", "approve"))
        if fault := _fault(config, files, mode, path, digest):
            raise pytest.UsageError(fault)
        if mode is None:
            return None
        file = invocation_path(config, path) if path else None
        return cls(mode, file, _approved(file, digest) if file and digest else None)


def _fault(config: pytest.Config, files: Sequence[Path], mode: str | None, path: str | None, digest: str | None) -> str:
    """What does not go together on the command line, empty where all does."""
    if mode is None:
        return "--gitops-plan and --gitops-approve need --gitops-remediate" if path or digest else ""
    if digest and mode == "plan":
        return "--gitops-approve goes with --gitops-remediate=apply"
    if digest and not path:
        return "--gitops-approve needs --gitops-plan FILE: the plan that was approved"
    if path and len(files) > 1:
        return "--gitops-plan is the plan of one configuration: name one"
    other = next((name for name in _OTHER_AUDITS if config.getoption(f"--gitops-{name}")), "")
    if other:
        return f"--gitops-remediate needs an audit of the whole, as configured: leave out --gitops-{other}"
    if config.getoption("dist", "no") != "no" and _is_selecting(config):
        return "--gitops-remediate with xdist repairs all that is audited: select with --gitops-source, or leave out -n"
    return ""


def _is_selecting(config: pytest.Config) -> bool:
    """Whether only some tests are to run, which the controller of xdist does not know."""
    given: Sequence[str] = config.args
    return any("::" in arg for arg in given) or any(getattr(config.option, name, None) for name in _SELECTING)


def _approved(path: Path, digest: str) -> Plan:
    try:
        plan = load_plan(path)
    except AuditError as error:
        raise pytest.UsageError(str(error)) from None
    if plan.digest != digest:
        raise pytest.UsageError(f"the plan {path} is {plan.digest}, not the approved {digest}")
    return plan


@dataclass(slots=True)
class _Outcome:
    """What became of one configuration, for the terminal."""

    planned: Planned | None = None
    result: RunResult | None = None
    error: AuditError | None = None
    lines: list[Line] = field(default_factory=list)


class AuditRemediation:
    """Registered in the process that judges, where a remediation is asked for."""

    def __init__(self, session: AuditSession, wish: Wish) -> None:
        """Raises UsageError for a plan that cannot be written, before any test runs."""
        self._session = session
        self._wish = wish
        self._outcomes: dict[Path, _Outcome] = {}
        self._file = PlanFile(wish.path if wish.approved is None else None)
        try:
            self._file.__enter__()
        except ConfigError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Not after an error of the collection: what was meant to be selected is not known then."""
        option = session.config.option
        if session.testsfailed or option.collectonly or getattr(option, "setupplan", False):
            return
        for run in self._session.runs.values():
            own = [i for i in session.items if isinstance(i, AuditItem) and i.run is run and i.check in ("", DRIFT)]
            if own:
                self.act(run, [item.resource for item in own])

    def act(self, run: AuditRun, selected: Sequence[Subject]) -> None:
        """Plans or repairs what the audit finds about these resources, once. What keeps it from that is told."""
        if run.path in self._outcomes:
            return
        outcome = self._outcomes[run.path] = _Outcome()
        done: Mapping[str, Remediation] = {}
        try:
            with Shield():
                verdicts = run.judge(selected)
                done = self._done(run, [verdicts[r.id] for r in selected], outcome)
        except AuditError as error:
            outcome.error = error
            plan = outcome.planned.plan if outcome.planned is not None else self._wish.approved
            if plan is not None:
                done = of_refusal(plan, error)
        known = ((run.verdict(name), found) for name, found in done.items())
        run.remediated({v.subject.id: _judged(v, found, run) for v, found in known if v is not None})

    def _done(self, run: AuditRun, verdicts: Sequence[Verdict], outcome: _Outcome) -> Mapping[str, Remediation]:
        audit = run.provider
        if not isinstance(audit, LocalAudit):
            return {}
        settings, plan = audit.settings, self._wish.approved
        if plan is None:
            outcome.planned = self._planned(audit, verdicts)
            plan = outcome.planned.plan
            self._file.write(plan)
        if self._wish.mode == "plan":
            return of_plan(plan)
        if self._wish.approved is None:
            _check_consent(settings)
        outcome.result = apply(plan, Run(settings, select, journal_folder(None), lambda: datetime.now(UTC)))
        return of_run(plan, outcome.result, is_repair_enough=settings.remediation.is_repair_enough)

    def _planned(self, audit: LocalAudit, verdicts: Sequence[Verdict]) -> Planned:
        settings = audit.settings
        is_all = len(verdicts) == len(audit.inventory())
        names = () if is_all else tuple(v.subject.id for v in verdicts)
        options = audit.options
        config = settings.remediation
        scope = Scope(
            "cluster",
            options.revision or "",
            config.prune,
            config.recreate,
            names,
            options.clusters,
            options.sources,
        )
        is_whole = is_all and not options.sources
        made = audit.audit
        survey = Survey(settings, made.info, tuple(verdicts), made.inventory, made.declared, made.live, is_whole, made)
        with Writers(settings.clusters) as writers:
            return Planner(survey, writers).plan(scope, datetime.now(UTC))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What was asked for and not done must not end a run with success."""
        is_bad = any(o.error or (o.result and o.result.exit_code) for o in self._outcomes.values())
        if is_bad and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for path, outcome in self._outcomes.items():
            terminalreporter.write_sep("=", f"gitops-audit remediation {path.name}")
            lines = (line._replace(text=printable(line.text)) for line in self._lines(outcome))
            write(terminalreporter._tw, lines)

    def _lines(self, outcome: _Outcome) -> Sequence[Line]:
        lines: list[Line] = []
        if outcome.planned is not None:
            lines += plan_lines(outcome.planned.plan, outcome.planned.drafts)
        if outcome.result is not None:
            lines += apply_lines(outcome.result)
        if outcome.error is not None:
            lines += [Line(text, "error") for text in f"ERROR: {outcome.error}".split("\n")]
        elif self._wish.mode == "plan" and outcome.planned is not None and outcome.planned.plan.actions:
            digest = outcome.planned.plan.digest
            file = self._session.config.getoption("--gitops-plan") or "FILE"
            options = f"--gitops-remediate=apply --gitops-plan={file} --gitops-approve={digest}"
            lines.append(Line(f"apply it with: {options}", is_exact=True))
        return lines

    def pytest_unconfigure(self) -> None:
        self._file.__exit__(None, None, None)


def _judged(verdict: Verdict, done: Remediation, run: AuditRun) -> Verdict:
    return replace(verdict, remediation=done).judged(run.provider.threshold)


def _check_consent(settings: Settings) -> None:
    if not settings.remediation.auto_approve:
        hint = "approve a plan with --gitops-plan FILE --gitops-approve DIGEST, or set remediation.autoApprove: true"
        message = f"nobody approved the plan, and {settings.path.name} does not say that it may be applied"
        raise RemediationError(message, code=NOT_APPROVED, hint=hint)
