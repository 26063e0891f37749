from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import metrics
from tests.reported import finished, hostile, of_a_change, of_everything, resource, scaled, with_state

MONITORING = Path(__file__).parents[3] / "deploy/monitoring"


def samples(result: AuditResult) -> list[Any]:
    text = metrics.write(result).decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(run: AuditResult, name: str, /, **labels: str) -> float:
    found = [s.value for s in samples(run) if s.name == name and labels.items() <= s.labels.items()]
    return float(sum(found))


def test_resources_are_counted_by_outcome_with_zeros() -> None:
    result = finished([scaled("web")])
    found = {s.labels["outcome"]: s.value for s in samples(result) if s.name == "gitops_audit_resources"}
    assert found == {"passed": 0, "failed": 1, "error": 0, "skipped": 0}


def test_findings_are_counted_by_check_severity_and_result() -> None:
    result = of_everything()
    assert value(result, "gitops_audit_findings", check="policy", severity="critical", result="fail") == 1
    assert value(result, "gitops_audit_findings", check="drift", result="error") == 1
    assert value(result, "gitops_audit_waived_findings") == 2
    assert value(result, "gitops_audit_skipped_findings") == 2


def test_a_run_that_did_not_evaluate_everything_is_no_success() -> None:
    names = {s.name for s in samples(of_everything())}
    assert "gitops_audit_last_success_timestamp_seconds" not in names
    assert value(of_everything(), "gitops_audit_run_complete") == 0
    assert value(finished([scaled("web")]), "gitops_audit_last_success_timestamp_seconds") == 1767225602.5


def test_the_number_of_series_does_not_depend_on_the_number_of_resources() -> None:
    few, many = (samples(finished([scaled(f"w{n}") for n in range(count)])) for count in (1, 500))
    assert len(few) == len(many)
    assert not any("w1" in label for s in many for label in s.labels.values())


def test_hostile_names_are_label_values_and_nothing_else() -> None:
    made = samples(hostile())
    assert {s.name for s in made} <= set(metrics.METRICS)
    assert all(value.isprintable() for s in made for value in s.labels.values())


def aged() -> AuditResult:
    """A finding that a baseline knows since the last day of the year before, and a source without any."""
    known = with_state("persisting", scaled("web", source="old"))
    made = finished([known, with_state("new", scaled("web")), Verdict.of(resource("fine", source="fine"), "passed")])
    made.summary.resolved = []
    return made


def test_the_oldest_finding_is_told_of_each_source_and_the_end_of_the_run_where_nothing_is_open() -> None:
    name = "gitops_audit_oldest_finding_timestamp_seconds"
    found = {s.labels["source"]: s.value for s in samples(aged()) if s.name == name}
    assert found == {"old": 1767139200, "shop": 1767225602.5, "fine": 1767225602.5}
    assert name not in {s.name for s in samples(finished([scaled("web")]))}
    assert name not in {s.name for s in samples(of_a_change(scaled("web")))}


def test_every_metric_but_those_for_one_version_and_one_run_stands_in_the_dashboard_or_the_rules() -> None:
    used = "".join((MONITORING / name).read_text(encoding="utf-8") for name in ("dashboard.json", "rules.yaml"))
    assert {name for name in metrics.METRICS if name not in used} == {"gitops_audit_info"}


@pytest.mark.parametrize("name", ["dashboard.json", "rules.yaml"])
def test_dashboard_and_rules_use_names_and_labels_that_are_written(name: str) -> None:
    text = (MONITORING / name).read_text(encoding="utf-8")
    document = json.loads(text) if name.endswith("json") else yaml.safe_load(text)
    queries = list(_queries(document))
    assert queries
    written = {s.name: set(s.labels) for run in (of_everything(), aged()) for s in samples(run)}
    for query in queries:
        names, labels = _used(query)
        assert names
        assert names <= set(written), query
        assert labels <= {label for found in names for label in written[found]} | {"instance"}, query


def _used(query: str) -> tuple[set[str], set[str]]:
    """The metrics and labels of a query, as a parser of PromQL reads it; it raises ValueError for what is none.

    `label_values(metric, label)` is Grafana's own, for its variables.
    """
    names: set[str] = set()
    labels: set[str] = set()
    if variable := re.fullmatch(r"label_values\((.+), (\w+)\)", query):
        query = variable[1]
        labels.add(variable[2])

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            names.add(node.name or query)
            labels.update(matcher.name for matcher in node.matchers.matchers)
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            labels.update(node.modifier.labels)

    promql_parser.walk(promql_parser.parse(query), visit)
    return names, labels


def _queries(document: Any) -> Any:
    if isinstance(document, dict):
        yield from (v for k, v in document.items() if k in ("expr", "query") and "gitops" in str(v))
        document = list(document.values())
    if isinstance(document, list):
        for entry in document:
            yield from _queries(entry)
