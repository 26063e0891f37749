"""JUnit for dashboards: one suite per cluster and source, one case per resource, through the junit-xml package."""

from __future__ import annotations

from collections.abc import Sequence

from junit_xml import TestCase, TestSuite, to_xml_report_string

from gitops_audit.engine.events import Finished, RunInfo
from gitops_audit.model.printable import printable
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text


def document(info: RunInfo, verdicts: Sequence[Verdict], finished: Finished) -> bytes:
    """The report as UTF-8; `file` and `line` of a case are those of the manifest."""
    suites: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        suites.setdefault((verdict.resource.key.cluster, verdict.resource.source), []).append(verdict)
    commits = {s.name: s.commit for s in info.sources}
    report = str(
        to_xml_report_string(
            [_suite(cluster, source, commits.get(source, ""), found) for (cluster, source), found in suites.items()]
        )
    )
    return report.encode()


def _suite(cluster: str, source: str, commit: str, verdicts: Sequence[Verdict]) -> TestSuite:
    properties = {"cluster": printable(cluster), "source": printable(source), "commit": commit}
    return TestSuite(printable(f"{cluster}/{source}"), [_case(v) for v in verdicts], properties=properties)


def _case(verdict: Verdict) -> TestCase:
    resource = verdict.resource
    case = TestCase(
        printable(str(resource.key)),
        classname=printable(f"{resource.key.cluster}.{resource.source}.{resource.key.qualified_kind}"),
        file=printable(resource.origin.path),
        line=resource.origin.line,
    )
    gist = text.one_line(verdict)
    if verdict.outcome == "failed":
        case.add_failure_info(message=gist, output=text.plain(verdict), failure_type=_failure_type(verdict))
    elif verdict.outcome == "error":
        case.add_error_info(message=gist, output=text.plain(verdict))
    elif verdict.outcome == "skipped":
        case.add_skipped_info(message=gist)
    return case


def _failure_type(verdict: Verdict) -> str:
    if verdict.drift and verdict.drift.status not in ("in-sync", "unknown"):
        return f"drift.{verdict.drift.status}"
    return "policy" if verdict.violations else "invalid"
