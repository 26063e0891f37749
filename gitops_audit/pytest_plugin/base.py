"""`--gitops-base`: what the change makes of what is declared, at the end of a run of pytest."""

from __future__ import annotations

from typing import Any

from gitops_audit.pytest_plugin.session import AuditSession
from gitops_audit.report.base import gone, lines


class AgainstBase:
    """Registered where there is a base, in the process that prints: not in the workers of xdist."""

    def __init__(self, session: AuditSession) -> None:
        self._session = session

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        result = self._session.result()
        if result.base is None:
            return
        terminalreporter.write_sep("=", "gitops-audit against its base")
        for line in lines(result.base):
            terminalreporter.write_line(line)
        for how, what in gone(result):
            terminalreporter.write_line(f"  {how} {what}")
