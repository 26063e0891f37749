"""Findings as a table for spreadsheets: CSV as RFC 4180 has it, in UTF-8, one row for each finding, waived ones too."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import ABSENT, Change, FieldOwner, Finding
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text
from gitops_audit.report.diff import shortened, shown

COLUMNS = (
    *("cluster", "source", "group", "kind", "namespace", "name", "outcome"),
    *("check", "rule", "result", "state", "since", "severity", "field", "declared", "live", "message", "cause"),
    *("manager", "managerClass", "user", "time"),
    *("file", "line", "commit", "author", "date"),
    *("waiverReason", "waiverOwner", "waiverExpires", "fingerprint"),
)
MAX_CELL_CHARS = 4_000
_NOBODY = FieldOwner("")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - spreadsheets of East Asia take the wide ones for the same


def write(result: AuditResult) -> bytes:
    """The table with its header. A cell that a spreadsheet would take for a formula starts with an apostrophe."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for verdict, finding in result.findings:
        row = _row(verdict, finding)
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return table.getvalue().encode()


def _cell(value: str) -> str:
    mark = "'" if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else ""
    return mark + printable(shortened(value, MAX_CELL_CHARS))


def _row(verdict: Verdict, finding: Finding) -> Mapping[str, str]:
    resource, waiver, commit = verdict.subject, finding.waiver, verdict.commit
    line = finding.line or resource.origin.line
    return {
        "cluster": resource.key.cluster,
        "source": resource.source,
        "group": resource.key.group,
        "kind": resource.key.kind,
        "namespace": resource.key.namespace,
        "name": resource.key.name,
        "outcome": verdict.outcome,
        "check": finding.check,
        "rule": finding.rule,
        "result": text.word(finding),
        "state": finding.state or "",
        "since": finding.since,
        "severity": str(finding.severity),
        "field": finding.path,
        "message": finding.message,
        "file": resource.origin.path,
        "line": str(line) if line else "",
        "commit": commit.sha if commit else "",
        "author": commit.author if commit else "",
        "date": commit.date if commit else "",
        "waiverReason": waiver.reason if waiver else "",
        "waiverOwner": waiver.owner if waiver else "",
        "waiverExpires": waiver.expires if waiver else "",
        "fingerprint": finding.fingerprint,
        "cause": finding.cause if finding.check == DRIFT and finding.result == "fail" else "",
        **_evidence(finding.change),
    }


def _evidence(change: Change | None) -> Mapping[str, str]:
    by = (change.by if change else None) or _NOBODY
    return {
        "declared": _value(change.declared) if change else "",
        "live": _value(change.live) if change else "",
        "manager": by.manager,
        "managerClass": by.manager_class if by.manager else "",
        "user": by.user,
        "time": by.time,
    }


def _value(value: object) -> str:
    return "" if value is ABSENT else shown(value)
