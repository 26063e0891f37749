"""The Code Quality report that GitLab shows in merge requests: a JSON array with an entry for each open finding."""

from __future__ import annotations

from typing import Any

from gitops_audit.model.finding import Severity
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult
from gitops_audit.report.issue import Issue, issues
from gitops_audit.report.json_report import dumps

_SEVERITY = {
    Severity.info: "info",
    Severity.low: "minor",
    Severity.medium: "major",
    Severity.high: "critical",
    Severity.critical: "blocker",
}


def write(result: AuditResult) -> bytes:
    """The report as UTF-8. Waived and skipped findings are left out: GitLab has no word for them."""
    return dumps([_entry(issue) for issue in issues(result)])


def _entry(issue: Issue) -> dict[str, Any]:
    return {
        "description": issue.text,
        "check_name": issue.rule,
        "fingerprint": issue.fingerprint,
        "severity": "blocker" if issue.result == "error" else _SEVERITY[issue.severity],
        "location": {"path": printable(issue.path.removeprefix("./")), "lines": {"begin": issue.line}},
    }
