from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import codequality
from tests.reported import finished, hostile, of_everything, resource, scaled


def report(result: AuditResult) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(codequality.write(result))
    return entries


@pytest.mark.parametrize("result", [finished([]), of_everything(), hostile()], ids=["empty", "everything", "hostile"])
def test_entries_are_as_gitlab_documents_them(result: AuditResult) -> None:
    for entry in report(result):
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"]["lines"]["begin"] >= 1
        assert entry["location"]["path"]
        assert not entry["location"]["path"].startswith("./")
        assert entry["description"].isprintable()


def test_no_two_entries_share_a_fingerprint() -> None:
    names = [entry["fingerprint"] for entry in report(finished([scaled("a"), scaled("a"), scaled("b")]))]
    assert len(set(names)) == 3


def test_open_findings_are_entries_and_waived_ones_are_not() -> None:
    entries = report(of_everything())
    assert {e["check_name"] for e in entries} == {
        *("drift/changed", "drift/missing", "drift/GA300", "schema/invalid"),
        *("policy/limits/cpu", "policy/labels", "policy/images/tag"),
    }
    assert entries[0]["severity"] == "blocker"


def test_a_source_of_which_nothing_was_evaluated_is_an_entry() -> None:
    skipped = Verdict.of(resource("a"), "skipped", skip_reason="no schema", unchecked="no schema")
    (entry,) = report(finished([skipped]))
    assert "nothing of source shop was evaluated" in entry["description"]
