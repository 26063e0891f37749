"""What concerns the run as a whole, in the file of `--junitxml`: pytest writes tests there, and nothing else.

Tests that are all skipped look green to whoever reads that file alone.
"""

from __future__ import annotations

import pytest
from _pytest.junitxml import xml_key

from gitops_audit.model.printable import printable
from gitops_audit.pytest_plugin.session import AuditSession


class RunInJunitXml:
    """Registered in the process that writes the file: not in the workers of xdist."""

    def __init__(self, session: AuditSession) -> None:
        self._session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        xml = session.config.stash.get(xml_key, None)
        if xml is None:
            return
        for run in self._session.runs.values():
            for part, sentence in run.unanswered.items():
                xml.pytest_runtest_logreport(_error("::".join([run.path.name, *part, "evaluated"]), sentence))
            for note in run.provider.notes():
                xml.add_global_property("note", printable(note))


def _error(node_id: str, sentence: str) -> pytest.TestReport:
    location = (node_id.partition("::")[0], None, node_id)
    return pytest.TestReport(printable(node_id), location, {}, "failed", printable(sentence), "setup")
