from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from gitops_audit.model.finding import Change, Drift, FieldOwner, PolicyResult, Problem, Waiver
from gitops_audit.model.resource import Commit, Declared, Invalid, Origin, ResourceKey
from gitops_audit.model.result import AuditResult, ClusterInfo, RunInfo, SourceInfo, Summary
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import json_report

INFO = RunInfo("2026-01-01T00:00:00Z", (ClusterInfo("c", "v1.36"),), (SourceInfo("s", ".", "main", "abc", "apps"),))
RESOURCE = Declared(ResourceKey("c", "", "Service", "shop", "web"), "s", "v1", {}, Origin("web.yaml", 3))
CHANGES = (
    Change("changed", "/spec/type", "spec.type", "A", "B", by=FieldOwner("kubectl-edit", user="ann")),
    Change(
        "added", "/spec/x", "spec.x", live=[1, {"a": None}], ignored=Waiver("known", "team", "2027-01-01", "rule 1")
    ),
)
VERDICTS = [
    Verdict.of(RESOURCE, "passed", Drift("in-sync", confirmed=True)),
    Verdict.of(
        RESOURCE, "failed", Drift("modified", CHANGES), commit=Commit("a" * 40, "Ann", "2026-01-01T00:00:00Z", "s")
    ),
    Verdict.of(
        RESOURCE, "failed", None, (PolicyResult("p", "r", "fail", exception=Waiver("x")),), (Invalid("a", "m", 1),)
    ),
    Verdict.of(RESOURCE, "error", errors=(Problem("GA300", "down"),)),
    Verdict.of(RESOURCE, "skipped", skip_reason="a hook"),
]


def report() -> Any:
    summary = Summary()
    for verdict in VERDICTS:
        summary.add(verdict)
    made = json_report.document(AuditResult(INFO, "2026-01-01T00:00:01Z", summary, VERDICTS, ("a note",)))
    return json.loads(json_report.dumps(made))


def test_the_report_keeps_to_its_published_schema() -> None:
    schema = json.loads(json_report.schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report(), schema)


def test_the_schema_refuses_what_the_report_must_not_hold() -> None:
    broken = report() | {"extra": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, json.loads(json_report.schema_text()))


def test_counts_and_evidence_are_all_there() -> None:
    made = report()
    assert made["summary"]["resources"] == 5
    assert made["summary"]["drift"] == {"in-sync": 1, "modified": 1}
    changed, added = made["resources"][1]["drift"]["changes"]
    assert (changed["declared"], changed["live"], changed["by"]["user"]) == ("A", "B", "ann")
    assert (added["declared"], added["ignored"]["reason"]) == (None, "known")
    assert made["resources"][1]["origin"]["commit"] == "a" * 40
    assert made["resources"][4]["skipReason"] == "a hook"
    assert made["notes"] == ["a note"]
