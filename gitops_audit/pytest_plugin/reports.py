"""Which report files a run was asked for, and writing them."""

from __future__ import annotations

import pytest

from gitops_audit.pytest_plugin.options import invocation_path
from gitops_audit.pytest_plugin.session import AuditRun
from gitops_audit.report.files import WRITERS


def write(config: pytest.Config, run: AuditRun) -> None:
    """Writes every report the command line names. A report covers the resources whose tests ran."""
    for name, writer in WRITERS.items():
        target = config.getoption(f"--gitops-{name}")
        if target:
            writer(invocation_path(config, target), run.provider.info, run.executed, run.finished())
