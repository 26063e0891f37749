"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

A run shows 50 annotations, and of one step 10 errors, 10 warnings and 10 notices: the worst come first, and what is cut
is told by the last.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.model.finding import Severity
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult
from gitops_audit.report.issue import Issue, annotated

MAX_ANNOTATIONS = 49


def write(result: AuditResult) -> bytes:
    """One command a line, as UTF-8; nothing where nothing is open."""
    return "".join(f"{line}\n" for line in _commands(annotated(result))).encode()


def _commands(found: list[Issue]) -> Iterator[str]:
    kept = found if len(found) <= MAX_ANNOTATIONS else found[: MAX_ANNOTATIONS - 1]
    for issue in kept:
        place = f"file={_property(issue.path)},line={issue.line},title={_property(issue.rule)}"
        yield f"::{_level(issue)} {place}::{_data(issue.text)}"
    if len(kept) < len(found):
        more = len(found) - len(kept)
        yield f"::notice title=gitops-audit::{how_many(more, 'more finding')} not annotated: the JSON report has all"


def _level(issue: Issue) -> str:
    if issue.result == "error" or (issue.severity >= Severity.high and issue.result == "fail"):
        return "error"
    return "warning" if issue.severity >= Severity.medium else "notice"


def _data(content: str) -> str:
    return printable(content).replace("%", "%25")


def _property(content: str) -> str:
    return _data(content).replace(":", "%3A").replace(",", "%2C")
