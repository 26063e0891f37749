"""The formats of report files: each is named once here, and both front ends take its option and help from it.

To add one: a module in this room with `write(result: AuditResult) -> bytes`, and a line here. Importing this costs
nothing: a format is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from gitops_audit.model.result import AuditResult

Writer = Callable[["AuditResult"], bytes]


class Format(NamedTuple):
    """One format. `name` is that of its option (`--json`, `--gitops-json`), `module` holds its `write`."""

    name: str
    help: str
    module: str

    def write(self, result: AuditResult) -> bytes:
        """The whole report as bytes."""
        writer = cast("Writer", import_module(f"gitops_audit.report.{self.module}").write)
        return writer(result)


FORMATS = {
    format_.name: format_
    for format_ in (
        Format("json", "write the JSON report", "json_report"),
        Format("junit", "write the JUnit report for dashboards", "junit"),
        Format("sarif", "write SARIF 2.1.0 for code scanning", "sarif"),
        Format("codequality", "write the Code Quality report of GitLab", "codequality"),
        Format("csv", "write a table of all findings for spreadsheets", "csv_report"),
        Format("markdown", "write Markdown for a comment on a pull request", "markdown"),
        Format("metrics", "write the numbers of the run for Prometheus", "metrics"),
    )
}
