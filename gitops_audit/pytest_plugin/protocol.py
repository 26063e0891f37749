"""Running the items: a fast path for those that pass, the stock one for all others, and the summary.

pytest's own way costs about 450 us an item, most of it in set-up and call machinery that a verdict made beforehand
does not need. An item that passed gets its three reports ready-made; everything else takes the stock path.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any, Literal

import pytest

from gitops_audit.model.verdict import Verdict
from gitops_audit.pytest_plugin.item import AuditFinding, AuditItem, FindingRepr
from gitops_audit.pytest_plugin.session import AuditRun, AuditSession
from gitops_audit.report import text

MAX_GROUPS = 12
# Nobody reads more diffs than that in one go; -v shows all.
MAX_SECTIONS = 100

_PHASES: tuple[Literal["setup"], Literal["call"], Literal["teardown"]] = ("setup", "call", "teardown")

_PARENT_KEYWORDS: pytest.StashKey[dict[str, Literal[1]]] = pytest.StashKey()


class AuditProtocol:
    """Registered only in runs that audit something."""

    def __init__(self, session: AuditSession) -> None:
        self.session = session
        self.sections = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if not isinstance(item, AuditItem) or item.config.getoption("setupshow", False):
            return None
        if nextitem is None or not isinstance(nextitem, AuditItem) or item.judge().outcome != "passed":
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        log = item.ihook.pytest_runtest_logreport
        for report in _passed(item):
            log(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if isinstance(item, AuditItem):
            report.__dict__["gitops_audit"] = item.identity
            if call.excinfo is not None and call.excinfo.errisinstance(AuditFinding):
                report.__dict__["gitops_finding"] = True
                report.longrepr = FindingRepr(item.judge())
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.session.record(report)
        if hasattr(report, "gitops_finding") and not hasattr(self.session.config, "workerinput"):
            self._show(report)

    def _show(self, report: pytest.TestReport) -> None:
        """As the terminal is to show it: of an xdist worker only text arrives, and of very many not all is shown."""
        verdict = self.session.verdict(report)
        self.sections += 1
        if verdict is not None:
            is_brief = self.sections > MAX_SECTIONS and self.session.config.get_verbosity() <= 0
            report.longrepr = FindingRepr(verdict, is_brief=is_brief)

    def pytest_report_header(self) -> list[str]:
        return [f"gitops-audit: {path}" for path in self.session.files]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        _forget_passed_phases(session.config)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for run in self.session.runs.values():
            if run.executed:
                terminalreporter.write_sep("=", "gitops-audit")
                for line in _summary(run, is_verbose=self.session.config.get_verbosity() > 0):
                    terminalreporter.write_line(line)
        if self.sections > MAX_SECTIONS and self.session.config.get_verbosity() <= 0:
            terminalreporter.write_line(f"shown in full: {MAX_SECTIONS} of {self.sections} findings (-v shows all)")


def _passed(item: AuditItem) -> Iterator[pytest.TestReport]:
    """The reports of the three phases of an item that passed. `id` is what pytest 9.2 has beside `nodeid`."""
    now = time.time()
    node_id = getattr(item, "id", item.nodeid)
    location = item.location
    keywords = _keywords(item)
    for when in _PHASES:
        yield pytest.TestReport(
            node_id,
            location,
            keywords,
            "passed",
            None,
            when,
            start=now,
            stop=now,
            user_properties=item.user_properties,
            gitops_audit=item.identity,
        )


def _keywords(item: AuditItem) -> dict[str, Literal[1]]:
    """As pytest takes them from all parents; those of the parents are the same for thousands of items."""
    parent = item.parent
    shared: dict[str, Literal[1]] | None = parent.stash.get(_PARENT_KEYWORDS, None) if parent else None
    if shared is None:
        shared = dict.fromkeys(parent.keywords, 1) if parent else {}
        if parent:
            parent.stash[_PARENT_KEYWORDS] = shared
    return shared | {item.name: 1} | {mark.name: 1 for mark in item.own_markers}


def _forget_passed_phases(config: pytest.Config) -> None:
    """pytest searches all passed set-ups and teardowns once for every failure: quadratic, and ours hold nothing."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and "" in reporter.stats:
        reporter.stats[""] = [r for r in reporter.stats[""] if not hasattr(r, "gitops_audit")]


def _summary(run: AuditRun, *, is_verbose: bool) -> Iterator[str]:
    summary = run.finished().summary
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.drift.items())) or "no cluster was asked"
    yield f"{summary.resources} resources; drift: {counts}"
    if summary.violations:
        yield "violations: " + ", ".join(f"{n} {severity}" for severity, n in sorted(summary.violations.items()))
    groups = Counter(group for verdict in run.executed for group in _groups(verdict))
    for group, count in groups.most_common(MAX_GROUPS):
        yield f"  {count:>6} x {group}"
    if len(groups) > MAX_GROUPS:
        yield f"         and {len(groups) - MAX_GROUPS} more kinds of findings"
    for source in run.provider.info.sources:
        if source.ignored:
            yield from text.source_lines(source, is_verbose=is_verbose)
    yield from (f"note: {note}" for note in run.provider.notes())


def _groups(verdict: Verdict) -> list[str]:
    """What a verdict has in common with others: a hundred Deployments scaled by one person are one line."""
    kind = verdict.resource.key.qualified_kind
    found = {f"{p.policy} violated" for p in verdict.violations}
    found |= {f"error {e.code}" for e in verdict.errors}
    if verdict.invalid:
        found.add(f"{kind} invalid")
    if verdict.drift and verdict.drift.status in ("missing", "extra"):
        found.add(f"{kind} {verdict.drift.status}")
    for change in verdict.counting_changes:
        by = f" by {change.by.manager}" if change.by else ""
        found.add(f"{kind} {change.path} {change.type}{by}")
    return sorted(found)
