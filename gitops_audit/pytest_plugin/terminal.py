"""What a pytest run shows on the terminal: findings, what many of them have in common, and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from gitops_audit.model.how_many import how_many
from gitops_audit.model.verdict import Verdict
from gitops_audit.pytest_plugin.item import CauseRepr, FindingRepr, screen
from gitops_audit.pytest_plugin.session import AuditRun, AuditSession
from gitops_audit.report import digest, facts, text
from gitops_audit.report.cause import ErrorCause, is_shared, only_cause, shared_causes
from gitops_audit.report.closing import Closing
from gitops_audit.report.source_lines import source_lines
from gitops_audit.report.text import Line

# Nobody reads more diffs than that in one go; -v shows all.
MAX_SECTIONS = 100
# Of errors with one cause that many get a letter in pytest's progress.
MAX_LETTERS = 200
LETTERS = "gitops-audit-letters"


class AuditTerminal:
    """Registered in the process that prints: not in the workers of xdist."""

    def __init__(self, session: AuditSession) -> None:
        self.session = session
        self.sections = 0
        self._causes: Counter[ErrorCause] = Counter()

    @property
    def is_verbose(self) -> bool:
        return self.session.config.get_verbosity() > 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.__dict__.get("gitops_is_plain"):
            return
        verdict = self.session.verdict(report)
        if verdict is None or not verdict.findings:
            return
        known = {name for name, _ in report.user_properties}
        report.user_properties.extend((n, v) for n, v in facts.facts(verdict) if n not in known)
        report.user_properties.extend(text.told(finding) for finding in verdict.findings)
        if hasattr(report, "gitops_finding"):
            self._show(report, verdict)
        elif report.when == "call" and report.outcome == "passed":
            report.sections.append(("gitops-audit", text.plain(verdict)))

    def _show(self, report: pytest.TestReport, verdict: Verdict) -> None:
        """As the terminal is to show it: of an xdist worker only text arrives, and of very many not all is shown."""
        cause = only_cause(verdict) if verdict.outcome == "error" else None
        if cause is not None:
            self._count(cause)
        if cause is None or not is_shared(cause, self._causes[cause]):
            self.sections += 1
        report.longrepr = FindingRepr(verdict, is_brief=self.sections > MAX_SECTIONS and not self.is_verbose)

    def _count(self, cause: ErrorCause) -> None:
        self._causes[cause] += 1
        plugins = self.session.config.pluginmanager
        if self._causes[cause] > MAX_LETTERS and not self.is_verbose and not plugins.has_plugin(LETTERS):
            plugins.register(FewerLetters(self._causes), LETTERS)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None]:
        """Below pytest's own list of failures, so that the last screen begins with what to do first."""
        yield
        for run in self.session.runs.values():
            name = f" {run.path.name}" if len(self.session.runs) > 1 else ""
            if run.is_empty_shard:
                count = len(run.provider.inventory())
                terminalreporter.write_line(
                    f"gitops-audit{name}: this shard holds none of the {how_many(count, 'resource')}"
                )
            if run.executed:
                terminalreporter.write_sep("=", f"gitops-audit{name}")
                for line in self._closing(run, terminalreporter):
                    terminalreporter.write_line(line)
        for sentence in self.session.unevaluated:
            terminalreporter.write_line(f"ERROR: {sentence}", red=True, bold=True)
        if self.sections > MAX_SECTIONS and not self.is_verbose:
            terminalreporter.write_line(
                f"shown in full: {MAX_SECTIONS} of {how_many(self.sections, 'finding')} (-v shows all)"
            )

    def _closing(self, run: AuditRun, terminalreporter: Any) -> Iterator[str]:
        result = run.result
        if self.is_verbose:
            yield from digest.each_unfailing(run.executed)
        facts = source_lines([s for s in result.info.sources if s.ignored], is_verbose=self.is_verbose)
        total = f"{how_many(result.summary.resources, 'resource')}; {text.drift(result)}"
        counts = (total, *text.states(result.summary), *text.violations(result.summary))
        yield from Closing(
            result,
            screen(terminalreporter._tw),
            list(facts),
            [Line(line) for line in counts],
            is_verbose=self.is_verbose,
            is_brief=self.session.config.get_verbosity() < 0,
            is_told=True,
        ).lines()


class FewerLetters:
    """No more letters for errors whose cause was met very often. Registered when there is one: it is asked of every
    report."""

    def __init__(self, causes: Mapping[ErrorCause, int]) -> None:
        self._causes = causes

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        shown: Any = report.longrepr
        if not isinstance(shown, FindingRepr) or shown.verdict.outcome != "error":
            return None
        cause = only_cause(shown.verdict)
        return ("error", "", "") if cause is not None and self._causes[cause] > MAX_LETTERS else None


class ErrorsOnce:
    """Lets pytest list errors that share a cause once, and count all of them."""

    def __init__(self) -> None:
        self._errors: list[Any] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            _forget_passed_phases(reporter)
            self._errors = reporter.stats.get("error")
            if self._errors:
                reporter.stats["error"] = list(_once(self._errors))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None]:
        """Around all listings; the line of counts comes after it."""
        yield
        if self._errors:
            terminalreporter.stats["error"] = self._errors


def _once(errors: list[Any]) -> Iterator[Any]:
    """One report for each cause, in the place of the first that has it; all that have another one or several."""
    verdicts = [e.longrepr.verdict for e in errors if isinstance(e.longrepr, FindingRepr)]
    shared = shared_causes(verdicts)
    told: set[ErrorCause] = set()
    for error in errors:
        cause = only_cause(error.longrepr.verdict) if isinstance(error.longrepr, FindingRepr) else None
        if cause is None or cause not in shared:
            yield error
        elif cause not in told:
            told.add(cause)
            error.longrepr = CauseRepr(shared[cause])
            yield error


def _forget_passed_phases(reporter: Any) -> None:
    """pytest searches all passed set-ups and teardowns once for every failure: quadratic, and ours hold nothing."""
    if "" in reporter.stats:
        reporter.stats[""] = [r for r in reporter.stats[""] if not hasattr(r, "gitops_audit")]
