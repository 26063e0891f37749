"""The report files of a pytest run: opened before anything is collected, written when all tests are through."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.model.printable import printable_lines
from gitops_audit.pytest_plugin.arguments import invocation_path
from gitops_audit.pytest_plugin.session import AuditSession
from gitops_audit.report import push
from gitops_audit.report.files import ReportFiles
from gitops_audit.report.registry import FORMATS

NOT_WRITTEN = 3


class AuditReports:
    """Registered in the process that writes reports: not in the workers of xdist."""

    def __init__(self, session: AuditSession) -> None:
        """Raises UsageError for a path that cannot be written, before any test runs."""
        config = session.config
        targets = {name: config.getoption(f"--gitops-{name}") for name in FORMATS}
        self._session = session
        self._gateway: str | None = config.getoption("--gitops-push-metrics")
        names = (f"{format_.name}-{choice.name}" for format_ in FORMATS.values() for choice in format_.choices)
        choices = {name: config.getoption(f"--gitops-{name}") for name in names}
        self._files = ReportFiles({n: str(invocation_path(config, t)) for n, t in targets.items() if t}, choices)
        self._errors: list[str] = []
        try:
            if self._gateway is not None:
                push.checked(self._gateway)
            self._files.__enter__()
        except ConfigError as error:
            raise pytest.UsageError(printable_lines(str(error))) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self._session.runs or session.config.option.collectonly:
            return
        result = self._session.result()
        unwritten = self._files.write(result)
        if self._gateway is not None and (unsent := push.push(result, self._gateway)):
            unwritten.append(unsent)
        self._errors += [printable_lines(str(error)) for error in unwritten]
        if self._errors:
            session.exitstatus = NOT_WRITTEN

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for note in self._files.notes:
            terminalreporter.write_line(note)
        for error in self._errors:
            terminalreporter.write_line(f"error: {error}", red=True)

    def pytest_unconfigure(self) -> None:
        self._files.__exit__(None, None, None)
