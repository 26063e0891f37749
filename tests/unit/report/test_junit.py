from __future__ import annotations

from xml.etree import ElementTree as ET

from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import Declared, Origin, ResourceKey
from gitops_audit.model.result import AuditResult, RunInfo, SourceInfo, Summary
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import junit


def resource(name: str, cluster: str = "c") -> Declared:
    return Declared(ResourceKey(cluster, "", "Service", "shop", name), "s", "v1", {}, Origin("web.yaml", 3))


def test_a_source_of_which_nothing_was_evaluated_is_an_error_beside_its_skipped_cases() -> None:
    skipped = Verdict(resource("a"), "skipped", skip_reason="no schema", unchecked="no schema")
    summary = Summary()
    summary.add(skipped)
    info = RunInfo("2026-01-01T00:00:00Z")
    root = ET.fromstring(junit.write(AuditResult(info, "2026-01-01T00:00:01Z", summary, [skipped])))  # noqa: S314 - our own text
    (error,) = root.iter("error")
    assert "nothing of source s was evaluated for cluster c" in str(error.get("message"))


def test_suites_are_clusters_and_cases_carry_their_outcome_and_place() -> None:
    verdicts = [
        Verdict(resource("a"), "passed", Drift("in-sync")),
        Verdict(resource("b"), "failed", Drift("missing")),
        Verdict(resource("c"), "error", errors=(Problem("GA300", "down \x00 <&>"),)),
        Verdict(resource("d", "other"), "skipped", skip_reason="a hook"),
    ]
    info = RunInfo("2026-01-01T00:00:00Z", sources=(SourceInfo("s", ".", "main", "abc123", ""),))
    root = ET.fromstring(junit.write(AuditResult(info, "2026-01-01T00:00:02.5Z", Summary(), verdicts)))  # noqa: S314 - our own text
    suites = {s.get("name"): s for s in root.iter("testsuite")}
    assert set(suites) == {"c/s", "other/s"}
    cases = {c.get("name"): c for c in root.iter("testcase")}
    assert [c.tag for c in cases["Service/shop/a"]] == []
    failure = cases["Service/shop/b"].find("failure")
    assert failure is not None
    assert failure.get("type") == "drift.missing"
    assert cases["Service/shop/b"].get("file") == "web.yaml"
    assert cases["Service/shop/b"].get("line") == "3"
    assert cases["Service/shop/c"].find("error") is not None
    assert cases["Service/shop/d"].find("skipped") is not None
    properties = {p.get("name"): p.get("value") for p in suites["c/s"].iter("property")}
    assert properties["commit"] == "abc123"
