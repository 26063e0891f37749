from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from junitparser import JUnitXml

from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import Declared, Origin, ResourceKey
from gitops_audit.model.result import AuditResult, RunInfo, Summary
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import junit, junit_file
from tests.reported import BREAKING_OUT, finished, hostile, of_everything, remediated, resource, scaled

SCHEMA = Path(__file__).parents[2] / "junit.xsd"


@cache
def schema(*, is_strict: bool) -> Any:
    text = SCHEMA.read_text(encoding="utf-8")
    return xmlschema.XMLSchema(re.sub(r'<[^>]*id="extended-[^>]*/>', "", text) if is_strict else text)


COLONS = Declared(ResourceKey("eu.1", "", "ClusterRole", "", "system:a::b"), "s.x", "v1", {}, Origin("r.yaml", 2))


@cache
def written(what: str, dialect: junit.Dialect) -> bytes:
    """Made once for all tests: what is hostile is large."""
    if what == "hostile":
        return junit.write(hostile(), dialect)
    more = [*of_everything().verdicts, scaled("scaled"), Verdict.of(COLONS, "passed")]
    return junit.write(finished(more if what == "everything" else []), dialect)


def tree(document: bytes) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - our own text


def case(document: bytes, name: str) -> ET.Element:
    (found,) = (c for c in tree(document).iter("testcase") if str(c.get("name")).endswith(f"/{name}"))
    return found


def properties(element: ET.Element) -> dict[str | None, str | None]:
    return {p.get("name"): p.get("value") for p in element.findall("properties/property")}


def test_a_suite_is_a_cluster_and_source_and_counts_its_cases() -> None:
    found = [scaled("a"), scaled("b", source="other"), Verdict.of(resource("c"), "passed", Drift("in-sync"))]
    root = tree(junit.write(finished(found)))
    counts = {s.get("name"): (s.get("tests"), s.get("failures")) for s in root.iter("testsuite")}
    assert counts == {"prod/shop": ("2", "1"), "prod/other": ("1", "1")}
    assert root.get("tests") == "3"


def test_failures_errors_and_skipped_cases_are_told_apart() -> None:
    (suite,) = (s for s in JUnitXml.fromstring(junit.write(of_everything())) if s.name == "prod/shop")
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (10, 4, 2, 2)


def test_a_case_has_its_file_line_time_and_the_suite_its_timestamp() -> None:
    document = junit.write(finished([scaled("web")]))
    web = case(document, "web")
    assert (web.get("file"), web.get("line"), web.get("time")) == ("apps/web.yaml", "3", "2.500000")
    assert {s.get("timestamp") for s in tree(document).iter("testsuite")} == {"2026-01-01T00:00:00Z"}


FACTS = {
    "status": "modified",
    "check": "drift/changed",
    "severity": "medium",
    "cause": "cluster",
    "manager": "kubectl-edit",
    "user": "ann",
    "commit": "a" * 40,
    "fingerprint": scaled("web").findings[0].fingerprint,
}


def test_the_facts_of_a_finding_are_properties_of_its_case() -> None:
    assert properties(case(junit.write(finished([scaled("web")])), "web")) == FACTS


@pytest.mark.parametrize("dialect", junit.DIALECTS)
def test_the_facts_of_a_finding_stand_in_the_text_of_its_failure(dialect: junit.Dialect) -> None:
    failure = case(junit.write(finished([scaled("web")]), dialect), "web").find("failure")
    assert failure is not None
    assert {f"{name}: {value}" for name, value in FACTS.items()} <= set(str(failure.text).split("\n"))


def test_warnings_and_waived_findings_stand_in_system_out_also_of_a_case_that_fails() -> None:
    document = junit.write(of_everything())
    assert "the autoscaler owns it" in str(case(document, "ignored").findtext("system-out"))
    told = str(case(document, "judged").findtext("system-out"))
    assert "warning: labels: no owner" in told
    assert "excepted: probes: no probe" in told


def test_a_class_name_has_no_dots_and_two_different_names_stay_different() -> None:
    parts = [("prod.eu", "s"), ("prod%2Eeu", "s"), ("prod", "eu.s")]
    found = [scaled("web", cluster=cluster, source=source) for cluster, source in parts]
    names = [str(c.get("classname")) for c in tree(junit.write(finished(found))).iter("testcase")]
    assert names == ["prod%2Eeu/s/Deployment", "prod%252Eeu/s/Deployment", "prod/eu%2Es/Deployment"]


def test_two_cases_of_one_name_are_told_apart() -> None:
    names = [c.get("name") for c in tree(junit.write(finished([scaled("web"), scaled("web")]))).iter("testcase")]
    assert names == ["Deployment.apps/shop/web", "Deployment.apps/shop/web (2)"]


def test_a_source_of_which_nothing_was_evaluated_is_an_error_beside_its_skipped_cases() -> None:
    found = [Verdict.of(resource("a"), "skipped", skip_reason="no schema", unchecked="no schema")]
    (suite,) = tree(junit.write(finished(found))).iter("testsuite")
    (error,) = suite.iter("error")
    assert "nothing of source shop was evaluated for cluster prod" in str(error.get("message"))
    assert suite.get("errors") == "1"


def test_an_audit_of_nothing_is_an_error_and_notes_are_written() -> None:
    root = tree(junit.write(finished([], notes=["an ignore rule hid nothing"])))
    assert root.get("errors") == "1"
    assert "an ignore rule hid nothing" in "".join(root.itertext())


@pytest.mark.parametrize("dialect", junit.DIALECTS)
@pytest.mark.parametrize("what", ["everything", "hostile", "empty"])
def test_every_dialect_fits_the_schema(what: str, dialect: junit.Dialect) -> None:
    schema(is_strict=dialect == "jenkins").validate(written(what, dialect).decode())


def test_the_dialect_of_gitlab_has_the_line_behind_the_file_and_no_properties_of_cases() -> None:
    web = case(junit.write(finished([scaled("web")]), "gitlab"), "web")
    assert web.get("file") == "apps/web.yaml#L3"
    assert properties(web) == {}


def test_what_is_hostile_stays_text() -> None:
    root = tree(written("hostile", "common"))
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"}
    assert {element.tag for element in root.iter()} <= {*known, "system-out"}
    assert all(line.isprintable() for text in root.itertext() for line in text.split("\n"))


def test_what_an_object_holds_is_no_attachment() -> None:
    drift = Drift("missing", reason="[[ATTACHMENT|/etc/passwd]]")
    document = junit.write(finished([Verdict.of(resource("web"), "failed", drift)]))
    assert b"[[ATTACHMENT|" not in document


def test_a_text_of_a_megabyte_is_cut_and_that_is_told() -> None:
    found = [Verdict.of(resource("web"), "error", errors=(Problem("GA300", "x" * 1_000_000),))]
    document = junit.write(finished(found))
    assert len(document) < 300_000
    assert b"the JSON report has all" in document


def test_a_large_report_is_several_files_that_are_complete_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit_file, "MAX_CASES", 4)
    files = [tree(f) for f in junit.parts(finished([scaled(f"w{n}") for n in range(10)]))]
    assert [f.get("tests") for f in files] == ["4", "4", "2"]
    assert [f.get("name") for f in files] == [f"gitops-audit ({n} of 3)" for n in (1, 2, 3)]
    assert len({c.get("name") for f in files for c in f.iter("testcase")}) == 10


def test_no_file_is_larger_than_its_readers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit_file, "MAX_BYTES", 400_000)
    found = [
        Verdict.of(resource(f"w{n}"), "error", errors=(Problem("GA300", f"{n}" + "<" * 9_000),)) for n in range(100)
    ]
    files = junit.parts(finished(found))
    assert len(files) > 1
    assert all(len(f) < 400_000 for f in files)


# What the readers of JUnit do with a case, by their documentation and source: each comes to a key and an outcome.


def outcome(element: ET.Element, *tags: str) -> str:
    return next((tag for tag in tags if element.find(tag) is not None), "passed")


def read_by_jenkins(root: ET.Element) -> dict[tuple[str, str, str], str]:
    """The package is what stands before the last dot of the class; a case without a class takes its suite's name."""
    found = {}
    for suite in root.iter("testsuite"):
        for element in suite.findall("testcase"):
            package, _, class_ = str(element.get("classname", suite.get("name"))).rpartition(".")
            found[package, class_, str(element.get("name"))] = outcome(element, "error", "failure", "skipped")
    return found


def read_by_gitlab(root: ET.Element) -> dict[tuple[str, str], str]:
    """One of two cases with the same class and name is dropped; a failure goes before an error and a skip."""
    found: dict[tuple[str, str], str] = {}
    for element in root.iter("testcase"):
        key = (str(element.get("classname")), str(element.get("name")))
        found.setdefault(key, outcome(element, "failure", "error", "skipped"))
    return found


def read_by_actions(root: ET.Element) -> dict[tuple[str, str, str], str]:
    """The reporters of GitHub (dorny, mikepenz): an annotation needs `file`, and `line` as a number."""
    found = {}
    for element in root.iter("testcase"):
        path, line = str(element.get("file")), int(element.get("line", "1"))
        key = (f"{path}:{line}", str(element.get("classname")), str(element.get("name")))
        found[key] = outcome(element, "failure", "error", "skipped")
    return found


def read_by_buildkite(root: ET.Element) -> dict[tuple[str, str], str]:
    """`scope` is the class, and both may have 1,024 characters."""
    found = {}
    for element in root.iter("testcase"):
        scope, name = str(element.attrib["classname"]), str(element.attrib["name"])
        assert max(len(scope), len(name)) <= 1024
        found[scope, name] = outcome(element, "failure", "error", "skipped")
    return found


def read_by_azure(root: ET.Element) -> dict[tuple[str, str], str]:
    """Times are numbers with a dot, a suite has its start; a case without a name is dropped."""
    found = {}
    for suite in root.iter("testsuite"):
        assert float(suite.attrib["time"]) >= 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", suite.attrib["timestamp"])
        for element in suite.findall("testcase"):
            if element.get("name"):
                key = (str(element.get("classname")), str(element.get("name")))
                found[key] = outcome(element, "failure", "error", "skipped")
    return found


def read_by_reportportal(root: ET.Element) -> dict[str, str]:
    """The code reference of a case is its class, a dot and its name; names may have 1,024 characters."""
    found = {}
    for suite in root.iter("testsuite"):
        assert len(suite.attrib["name"]) <= 1024
        for element in suite.findall("testcase"):
            assert len(element.attrib["name"]) <= 1024
            reference = f"{element.get('classname')}.{element.get('name')}"
            found[reference] = outcome(element, "error", "failure", "skipped")
    return found


READERS = (read_by_jenkins, read_by_gitlab, read_by_actions, read_by_buildkite, read_by_azure, read_by_reportportal)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(getattr(reader, "__name__", "")))
@pytest.mark.parametrize("dialect", junit.DIALECTS)
def test_each_reader_finds_every_case_with_its_outcome(reader: object, dialect: junit.Dialect) -> None:
    assert callable(reader)
    for what in ("everything", "hostile"):
        root = tree(written(what, dialect))
        found = reader(root)
        assert len(found) == int(root.attrib["tests"])
        told = list(found.values())
        assert told.count("failure") == int(root.attrib["failures"])
        assert told.count("error") == int(root.attrib["errors"])
        assert told.count("skipped") == sum(int(suite.get("skipped", 0)) for suite in root.iter("testsuite"))


def test_names_are_the_same_in_every_run() -> None:
    names = [str(c.get("name")) for c in tree(junit.write(of_everything())).iter("testcase")]
    assert names[:2] == ["Deployment.apps/shop/fine", "Deployment.apps/shop/scaled"]
    assert not any(text in "".join(names) for text in ("2026", "abc", *BREAKING_OUT[:1]))


def test_a_run_without_times_takes_none() -> None:
    info = RunInfo("2026-01-01T00:00:00Z")
    document = junit.write(AuditResult(info, "2026-01-01T00:00:00Z", Summary(), [scaled("web")]))
    assert case(document, "web").get("time") is None


def test_what_was_done_about_a_resource_is_in_the_properties_of_its_case() -> None:
    root = ET.fromstring(junit.write(remediated()))  # noqa: S314 - our own text

    found = [{p.get("name"): p.get("value") for p in case.iter("property")} for case in root.iter("testcase")]

    told = [{k: v for k, v in p.items() if str(k).startswith("remediation.")} for p in found]
    assert told == [
        {
            "remediation.action": "apply",
            "remediation.result": "done",
            "remediation.run": "20260301T031500Z-4f2a9c",
        },
        {"remediation.action": "create", "remediation.result": "planned"},
        {
            "remediation.action": "none",
            "remediation.result": "refused",
            "remediation.message": "a person <edits> it\\x1b",
        },
    ]
