"""The formats of report files: each is named once here, and both front ends take its option and help from it.

To add one: a module in this room with `write(result: AuditResult) -> bytes`, and a line here. A format that may be too
large for one file has `parts(result) -> Sequence[bytes]` as well. Importing this costs nothing: a format is imported
when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gitops_audit.model.result import AuditResult


class Choice(NamedTuple):
    """What can be chosen of a format: `--junit-dialect` is `dialect` of `junit`. The first value is the default."""

    name: str
    help: str
    values: tuple[str, ...]


class Format(NamedTuple):
    """One format. `name` is that of its option (`--json`, `--gitops-json`), `module` holds its `write`."""

    name: str
    help: str
    module: str
    choices: tuple[Choice, ...] = ()

    def write(self, result: AuditResult, **chosen: str) -> bytes:
        """The whole report as bytes. `chosen`: values of `choices`."""
        document: bytes = import_module(f"gitops_audit.report.{self.module}").write(result, **chosen)
        return document

    def whole(self, result: AuditResult, **chosen: str) -> Sequence[bytes]:
        """The report as one file, for what has no name to be numbered."""
        return [self.write(result, **chosen)]

    def parts(self, result: AuditResult, **chosen: str) -> Sequence[bytes]:
        """The report as the files it is to be written to: most formats have one."""
        module = import_module(f"gitops_audit.report.{self.module}")
        parts: Sequence[bytes] = module.parts(result, **chosen) if hasattr(module, "parts") else ()
        return parts or self.whole(result, **chosen)

    def chosen(self, values: Mapping[str, str | None]) -> dict[str, str]:
        """What was chosen, from values by the names of options (`junit-dialect`)."""
        options = {choice.name: values.get(f"{self.name}-{choice.name}") for choice in self.choices}
        return {name: value for name, value in options.items() if value}


PUSH_HELP = "send the numbers of the run to this Pushgateway of Prometheus"

JUNIT_DIALECT = Choice("dialect", "who reads the JUnit report", ("common", "gitlab", "jenkins"))

FORMATS = {
    format_.name: format_
    for format_ in (
        Format("json", "write the JSON report", "json_report"),
        Format("html", "write one HTML file to look at, which needs no network", "html_report"),
        Format("junit", "write the JUnit report for dashboards", "junit", (JUNIT_DIALECT,)),
        Format("sarif", "write SARIF 2.1.0 for code scanning", "sarif"),
        Format("codequality", "write the Code Quality report of GitLab", "codequality"),
        Format("csv", "write a table of all findings for spreadsheets", "csv_report"),
        Format("markdown", "write Markdown for a comment on a pull request", "markdown"),
        Format("github-annotations", "write workflow commands that annotate a pull request", "github_annotations"),
        Format("gitlab-annotations", "write the annotations report of GitLab", "gitlab_annotations"),
        Format("metrics", "write the numbers of the run for Prometheus", "metrics"),
    )
}
