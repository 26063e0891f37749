"""JUnit for dashboards: one suite per cluster and source, one case per resource, through the junit-xml package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from junit_xml import TestCase, TestSuite, to_xml_report_string

from gitops_audit.model.check import POLICY
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult, Part, RunInfo, SourceInfo
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text


def write(result: AuditResult) -> bytes:
    """The report as UTF-8; `file` and `line` of a case are those of the manifest.

    A cluster is read and judged as a whole, so the time of a case is its share of the run.
    """
    suites: dict[tuple[str, str], list[Verdict]] = {}
    info = result.info
    for verdict in result.verdicts:
        suites.setdefault((verdict.resource.key.cluster, verdict.resource.source), []).append(verdict)
    sources = {s.name: s for s in info.sources}
    share_s = _seconds(info.started_at, result.finished_at) / max(len(result.verdicts), 1)
    report = to_xml_report_string(
        [
            _suite(cluster, source, sources.get(source), [c for v in found for c in _cases(v, share_s)], info)
            for (cluster, source), found in suites.items()
        ]
        + [_unanswered(part, sentence) for part, sentence in result.summary.unanswered.items()]
    )
    return str(report).encode()


def _unanswered(part: Part, sentence: str) -> TestSuite:
    """Cases that are all skipped look green: that nothing was evaluated is an error of its own."""
    name = printable("/".join(part))
    case = TestCase("evaluated", classname=printable(".".join(part)))
    case.add_error_info(message=printable(sentence))
    return TestSuite(f"{name} (not evaluated)", [case])


def _suite(cluster: str, source: str, read: SourceInfo | None, cases: Sequence[TestCase], info: RunInfo) -> TestSuite:
    properties = {"cluster": printable(cluster), "source": printable(source), "commit": read.commit if read else ""}
    if read is not None and read.followed_from:
        properties["from"] = printable(read.followed_from)
    name = printable(f"{cluster}/{source}")
    return TestSuite(name, cases, timestamp=info.started_at, properties=properties)


def _cases(verdict: Verdict, share_s: float) -> Iterator[TestCase]:
    """The case of a resource, and one for each policy that was skipped: a case has one outcome only."""
    gist, case = text.one_line(verdict), _case(verdict, "", share_s)
    if verdict.outcome == "failed":
        case.add_failure_info(message=gist, output=text.plain(verdict), failure_type=_failure_type(verdict))
    elif verdict.outcome == "error":
        case.add_error_info(message=gist, output=text.plain(verdict))
    elif verdict.outcome == "skipped":
        case.add_skipped_info(message=gist)
    elif verdict.findings:
        case.stdout = text.plain(verdict)
    yield case
    for finding in verdict.findings:
        if finding.check == POLICY and finding.result == "skip":
            skipped = _case(verdict, f"[{POLICY}:{finding.rule}]", 0)
            skipped.add_skipped_info(message=printable(finding.message))
            yield skipped


def _case(verdict: Verdict, check: str, elapsed_s: float) -> TestCase:
    resource = verdict.resource
    return TestCase(
        printable(f"{resource.title}{check}"),
        classname=printable(f"{resource.key.cluster}.{resource.source}.{resource.key.qualified_kind}"),
        elapsed_sec=round(elapsed_s, 6) or None,
        file=printable(resource.origin.path),
        line=resource.origin.line or None,
    )


def _failure_type(verdict: Verdict) -> str:
    """What failed, as `drift.<status>`, `policy` or `invalid`."""
    if verdict.drift and verdict.drift.status not in ("in-sync", "unknown"):
        return f"drift.{verdict.drift.status}"
    is_policy = any(f.check == POLICY and f.result == "fail" and f.waiver is None for f in verdict.findings)
    return "policy" if is_policy else "invalid"


def _seconds(start: str, end: str) -> float:
    return max((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 0)
