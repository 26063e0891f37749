"""Running the items: a fast path for those that pass, the stock one for all others, and the summary.

pytest's own way costs about 450 us an item, most of it in set-up and call machinery that a verdict made beforehand
does not need. An item that passed gets its three reports ready-made; everything else takes the stock path.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Literal

import pytest

from gitops_audit.pytest_plugin import fast_path
from gitops_audit.pytest_plugin.item import AuditFinding, AuditItem, FindingRepr
from gitops_audit.pytest_plugin.session import AuditSession

_PHASES: tuple[Literal["setup"], Literal["call"], Literal["teardown"]] = ("setup", "call", "teardown")

_PARENT_KEYWORDS: pytest.StashKey[dict[str, Literal[1]]] = pytest.StashKey()


class AuditProtocol:
    """Registered only in runs that audit something."""

    def __init__(self, session: AuditSession) -> None:
        self.session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if not isinstance(item, AuditItem) or not fast_path.is_open(item, nextitem):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        log = item.ihook.pytest_runtest_logreport
        for report in _passed(item, is_plain=not item.judge().findings):
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

    def pytest_report_header(self) -> list[str]:
        return [f"gitops-audit: {path}" for path in self.session.files]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What was selected and came to no answer must not end a run with success."""
        if self.session.unevaluated and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.session.is_empty_shard and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK


def _passed(item: AuditItem, *, is_plain: bool) -> Iterator[pytest.TestReport]:
    """The reports of the three phases of an item that passed. `id` is what pytest 9.2 has beside `nodeid`.

    `is_plain`: nothing was found, so that nobody who reads the reports has to ask for the verdict.
    """
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
            gitops_is_plain=is_plain,
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
