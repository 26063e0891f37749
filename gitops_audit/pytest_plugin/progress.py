"""How far an audit is, as lines of pytest's terminal: nothing with -q, and in the workers of xdist."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from gitops_audit.engine.events import OnProgress
from gitops_audit.report.progress import ProgressLines


class AuditProgress:
    """Shown while `shown()` is entered; `tell` is for the audit, None where nothing is shown."""

    def __init__(self, config: pytest.Config) -> None:
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        is_shown = reporter is not None and config.get_verbosity() >= 0 and not hasattr(config, "workerinput")
        self._lines = ProgressLines(lambda line: reporter.write_line(f"gitops-audit: {line}")) if is_shown else None

    @property
    def tell(self) -> OnProgress | None:
        return self._lines.stage if self._lines is not None else None

    def shown(self) -> AbstractContextManager[object]:
        return self._lines if self._lines is not None else nullcontext()
