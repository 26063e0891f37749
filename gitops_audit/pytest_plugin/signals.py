"""Ends an audit in good order when a signal ends pytest: programs are ended, trees are removed, reports are written."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from gitops_audit import lifetime


class Signals:
    """Registered in the process that audits. Ctrl-C keeps pytest's own exit code; SIGTERM and SIGHUP get theirs."""

    def __init__(self) -> None:
        self._handlers = ExitStack()
        self._handlers.enter_context(lifetime.ended_by_signals(grace_s=None))
        self._exit_code: int | None = None

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        error = excinfo.value
        if isinstance(error, lifetime.Interrupted):
            is_from_keyboard = error.name == "SIGINT"
            self._exit_code = pytest.ExitCode.INTERRUPTED if is_from_keyboard else error.exit_code

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._exit_code is not None:
            session.exitstatus = self._exit_code

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """From here on only threads that still wait for a server could keep the process."""
        self._handlers.close()
        if self._exit_code is not None:
            lifetime.end_within(lifetime.GRACE_S, self._exit_code)
