"""The run in numbers, in the text format of Prometheus: for the textfile collector of the node exporter, or a gateway.

No series is made for a resource: their number depends on clusters, sources and checks alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult, part_of
from gitops_audit.model.verdict import Outcome
from gitops_audit.report.base import is_of_the_change
from gitops_audit.report.diff import shortened

Labels = tuple[tuple[str, str], ...]

METRICS = {
    "gitops_audit_info": "The version that wrote this",
    "gitops_audit_resources": "Resources by outcome",
    "gitops_audit_findings": "Open findings by check, severity and result (fail, warn, error)",
    "gitops_audit_oldest_finding_timestamp_seconds": "Since when a baseline knows the oldest open finding",
    "gitops_audit_waived_findings": "Findings that an ignore rule or an exception accepts",
    "gitops_audit_skipped_findings": "What was not evaluated on purpose",
    "gitops_audit_run_complete": "1 where everything was evaluated, else 0",
    "gitops_audit_run_duration_seconds": "How long the run took",
    "gitops_audit_last_run_timestamp_seconds": "When the run ended",
    "gitops_audit_last_success_timestamp_seconds": "When the run ended, where everything was evaluated",
}
"""Every name with its help; docs/reference/formats.md has their labels."""

# Where nothing is found any more, a number goes to zero and does not stay as it was: a gateway keeps what is not sent.
_ZEROS: Mapping[str, Labels] = {
    "gitops_audit_findings": (("check", "drift"), ("severity", "medium"), ("result", "fail")),
    "gitops_audit_waived_findings": (("check", "drift"), ("severity", "medium")),
    "gitops_audit_skipped_findings": (("check", "drift"),),
}
_OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped")
MAX_LABEL_CHARS = 200


def write(result: AuditResult) -> bytes:
    """The metrics as UTF-8. That of the last success is not there where the run was none."""
    series = dict(_series(result))
    return "".join(line for name in METRICS if series.get(name) for line in _family(name, series[name])).encode()


def _series(result: AuditResult) -> Iterator[tuple[str, Mapping[Labels, float]]]:
    start, end = (datetime.fromisoformat(t).timestamp() for t in (result.info.started_at, result.finished_at))
    is_complete = result.summary.exit_code in (0, 1)
    yield "gitops_audit_info", {(("version", result.info.version),): 1}
    yield "gitops_audit_resources", _resources(result)
    yield from _findings(result).items()
    if result.summary.resolved is not None and result.base is None:
        yield "gitops_audit_oldest_finding_timestamp_seconds", _oldest(result, end)
    yield "gitops_audit_run_complete", {(): int(is_complete)}
    yield "gitops_audit_run_duration_seconds", {(): max(end - start, 0)}
    yield "gitops_audit_last_run_timestamp_seconds", {(): end}
    if is_complete:
        yield "gitops_audit_last_success_timestamp_seconds", {(): end}


def _resources(result: AuditResult) -> Mapping[Labels, float]:
    """All outcomes of each source, zeros too, so that a series ends at zero and does not go."""
    counted = Counter((part_of(verdict), verdict.outcome) for verdict in result.verdicts)
    parts = dict.fromkeys(part for part, _ in counted)
    return {(*_part(part), ("outcome", o)): counted[part, o] for part in parts for o in _OUTCOMES}


def _findings(result: AuditResult) -> Mapping[str, Mapping[Labels, float]]:
    found: dict[str, Counter[Labels]] = {
        "gitops_audit_findings": Counter(),
        "gitops_audit_waived_findings": Counter(),
        "gitops_audit_skipped_findings": Counter(),
    }
    for part in dict.fromkeys(map(part_of, result.verdicts)):
        for name, labels in _ZEROS.items():
            found[name][(*_part(part), *labels)] = 0
    for verdict, finding in result.findings:
        if result.base is not None and is_of_the_change(finding):
            continue
        labels = (*_part(part_of(verdict)), ("check", finding.check))
        severity = ("severity", finding.severity.name)
        if finding.waiver is not None:
            found["gitops_audit_waived_findings"][(*labels, severity)] += 1
        elif finding.result == "skip":
            found["gitops_audit_skipped_findings"][labels] += 1
        else:
            state = (("state", finding.state),) if finding.state else ()
            found["gitops_audit_findings"][(*labels, severity, ("result", finding.result), *state)] += 1
    return found


def _oldest(result: AuditResult, end: float) -> Mapping[Labels, float]:
    """Of each source, as a baseline knows it; the end of the run where nothing is open, for a gateway keeps what is not
    sent. Days begin at midnight, UTC."""
    oldest = {_part(part): end for part in dict.fromkeys(map(part_of, result.verdicts))}
    for verdict, finding in result.findings:
        if finding.since and finding.waiver is None and finding.result != "skip":
            since = datetime.fromisoformat(finding.since)
            at = (since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()
            labels = _part(part_of(verdict))
            oldest[labels] = min(at, oldest[labels])
    return oldest


def _part(part: tuple[str, str]) -> Labels:
    return (("cluster", part[0]), ("source", part[1]))


def _family(name: str, series: Mapping[Labels, float]) -> Iterable[str]:
    yield f"# HELP {name} {METRICS[name]}\n# TYPE {name} gauge\n"
    for labels, value in series.items():
        told = ",".join(f'{label}="{_escaped(content)}"' for label, content in labels)
        yield f"{name}{{{told}}} {value!r}\n" if told else f"{name} {value!r}\n"


def _escaped(content: str) -> str:
    """As the format wants it: a quote and a backslash by a backslash. Line feeds are escapes already."""
    return printable(shortened(content, MAX_LABEL_CHARS)).replace("\\", "\\\\").replace('"', '\\"')
