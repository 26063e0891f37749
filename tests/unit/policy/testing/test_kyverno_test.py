from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from gitops_audit.policy.testing import TestReport, TestRow, run
from tests.unit.policy.testing.conftest import POLICY, RESOURCES

HEAD = """\
apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: t}
policies: [policy.yaml]
resources: [resources.yaml]
"""


def outcome(folder: Path, rest: str, head: str = HEAD) -> TestReport:
    (folder / "kyverno-test.yaml").write_text(head + dedent(rest))
    return run([folder])


def only(report: TestReport) -> TestRow:
    (row,) = report.rows
    return row


def entry(resources: str, result: str, kind: str = "Pod", more: str = "") -> str:
    fields = f"policy: no-host, rule: network, kind: {kind}, resources: [{resources}], result: {result}{more}"
    return f"results:\n- {{{fields}}}\n"


@pytest.mark.parametrize(
    ("resources", "result", "kind", "actual"),
    [
        ("good", "pass", "Pod", "pass"),
        ("bad", "fail", "Pod", "fail"),
        ("bad", "pass", "Pod", "fail"),
        ("default/bad", "fail", "Pod", "fail"),
        ("shop/bad", "fail", "Deployment", "fail"),
        ("bad", "fail", "Deployment", "fail"),
        ("left-out", "skip", "Pod", "skip"),
        ("left-out", "pass", "Pod", "pass"),
        ("left-out", "fail", "Pod", "skip"),
        ("nobody", "fail", "Pod", "error"),
        ("other/bad", "fail", "Pod", "error"),
    ],
)
def test_a_row_tells_what_the_rule_said(folder: Path, resources: str, result: str, kind: str, actual: str) -> None:
    row = only(outcome(folder, entry(resources, result, kind)))
    assert (row.expected, row.actual) == (result, actual)
    assert row.is_passed is (result == actual)


def test_a_row_has_the_fields_that_scripts_read(folder: Path) -> None:
    report = outcome(folder, entry("bad", "fail", "Deployment"))
    assert report.as_json() == {
        "tests": [
            {
                "file": str(folder / "kyverno-test.yaml"),
                "policy": "no-host",
                "rule": "autogen-network",
                "kind": "Deployment",
                "resource": "bad",
                "expected": "fail",
                "actual": "fail",
                "message": "no host network. the value 'true' does not match 'false' at "
                "/spec/template/spec/hostNetwork/",
            }
        ],
        "summary": {"passed": 1, "failed": 0},
    }


def test_one_expectation_has_a_row_for_each_resource(folder: Path) -> None:
    report = outcome(folder, entry("good, bad, left-out", "pass"))
    assert [row.is_passed for row in report.rows] == [True, False, True]
    assert (report.passed, report.failed) == (2, 1)


def test_without_resources_all_are_meant(folder: Path) -> None:
    report = outcome(folder, "results:\n- {policy: no-host, rule: network, result: fail, kind: Deployment}\n")
    assert [row.resource for row in report.rows] == ["shop/bad"]


def test_without_a_rule_any_rule_decides(folder: Path) -> None:
    row = only(outcome(folder, "results:\n- {policy: no-host, kind: Pod, resources: [bad], result: fail}\n"))
    assert (row.actual, row.rule) == ("fail", "network")


@pytest.mark.parametrize(
    "values",
    [
        "policies: [{name: no-host, resources: [{name: bad, values: {request.operation: UPDATE}}]}]",
        "policies: [{name: no-host, rules: [{name: network, values: {request.operation: UPDATE}}]}]",
        "globalValues: {request.operation: UPDATE}",
    ],
)
def test_values_stand_in_for_the_request(folder: Path, values: str) -> None:
    (folder / "values.yaml").write_text(f"apiVersion: cli.kyverno.io/v1alpha1\nkind: Values\n{values}\n")
    assert only(outcome(folder, "variables: values.yaml\n" + entry("bad", "skip"))).is_passed


def test_values_may_stand_in_the_test_itself(folder: Path) -> None:
    assert only(
        outcome(folder, "values: {globalValues: {request.operation: UPDATE}}\n" + entry("bad", "skip"))
    ).is_passed


def test_an_expectation_may_name_its_operation(folder: Path) -> None:
    rows = outcome(folder, entry("bad", "skip", more=", operation: UPDATE")).rows
    assert [row.actual for row in rows] == ["skip"]


def test_values_may_change_the_object(folder: Path) -> None:
    values = "values: {globalValues: {request.object.spec.hostNetwork: false}}\n"
    assert only(outcome(folder, values + entry("bad", "pass"))).is_passed


CONTEXT = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: lookup}
spec:
  rules:
  - name: count
    match: {any: [{resources: {kinds: [Pod], namespaceSelector: {matchLabels: {env: prod}}}}]}
    context:
    - {name: pods, apiCall: {urlPath: /api/v1/pods, jmesPath: "items | length(@)"}}
    - {name: config, configMap: {name: c, namespace: d}}
    validate:
      deny:
        conditions:
          all:
          - {key: "{{ pods }}", operator: GreaterThan, value: 3}
          - {key: "{{ config.data.mode }}", operator: Equals, value: strict}
"""


@pytest.mark.parametrize(
    ("given", "expected"), [("pods: 5, config.data.mode: strict", "fail"), ("pods: 1", "pass"), ("a: 1", "error")]
)
def test_values_stand_in_for_what_a_server_would_say(tmp_path: Path, given: str, expected: str) -> None:
    (tmp_path / "policy.yaml").write_text(CONTEXT)
    (tmp_path / "resources.yaml").write_text(RESOURCES)
    values = "values: {namespaceSelector: [{name: default, labels: {env: prod}}],"
    values += f" policies: [{{name: lookup, rules: [{{name: count, values: {{{given}}}}}]}}]}}\n"
    results = f"results:\n- {{policy: lookup, rule: count, kind: Pod, resources: [bad], result: {expected}}}\n"
    assert only(outcome(tmp_path, values + results)).actual == expected


def test_a_namespace_without_the_labels_is_not_selected(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(CONTEXT)
    (tmp_path / "resources.yaml").write_text(RESOURCES)
    results = "results:\n- {policy: lookup, rule: count, kind: Pod, resources: [bad], result: skip}\n"
    assert only(outcome(tmp_path, results)).is_passed


EXEC = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: no-exec}
spec:
  rules:
  - name: shell
    match: {any: [{resources: {kinds: [Pod/exec]}}]}
    validate:
      deny: {conditions: {any: [{key: "{{ request.object.command }}", operator: AnyIn, value: [sh]}]}}
"""
SUBRESOURCES = """\
values:
  subresources:
  - subresource: {name: pods/exec, kind: PodExecOptions, version: v1}
    parentResource: {name: pods, kind: Pod, version: v1}
"""


@pytest.mark.parametrize(("values", "expected"), [(SUBRESOURCES, "fail"), ("", "skip")])
def test_values_say_what_is_a_subresource(tmp_path: Path, values: str, expected: str) -> None:
    (tmp_path / "policy.yaml").write_text(EXEC)
    options = "apiVersion: v1\nkind: PodExecOptions\nmetadata: {name: e}\ncommand: [sh]\n"
    (tmp_path / "resources.yaml").write_text(options)
    results = (
        f"results:\n- {{policy: no-exec, rule: shell, kind: PodExecOptions, resources: [e], result: {expected}}}\n"
    )
    assert only(outcome(tmp_path, values + results)).is_passed


def test_a_user_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        POLICY.replace("namespaces: [system]", "kinds: [Pod]").replace(
            "exclude: {any: [{", "exclude: {any: [{clusterRoles: [admin], "
        )
    )
    (tmp_path / "resources.yaml").write_text(RESOURCES)
    (tmp_path / "user.yaml").write_text("clusterRoles: [admin]\nuserInfo: {username: alice}\n")
    assert only(outcome(tmp_path, entry("bad", "fail"))).is_passed
    assert only(outcome(tmp_path, "userinfo: user.yaml\n" + entry("bad", "skip"))).is_passed


def test_exceptions_are_applied(folder: Path) -> None:
    (folder / "exception.yaml").write_text(
        "apiVersion: kyverno.io/v2\nkind: PolicyException\nmetadata: {name: e}\nspec:\n"
        "  match: {any: [{resources: {kinds: [Pod]}}]}\n"
        "  exceptions: [{policyName: no-host, ruleNames: [network]}]\n"
    )
    row = only(outcome(folder, "exceptions: [exception.yaml]\n" + entry("bad", "skip")))
    assert (row.actual, row.message) == ("skip", "excepted by PolicyException e")


def test_the_older_form_of_tests_is_read(folder: Path) -> None:
    head = "name: t\npolicies: [policy.yaml]\nresources: [resources.yaml]\n"
    results = (
        "results:\n- {policy: no-host, rule: network, kind: Pod, resource: bad, namespace: default, status: fail}\n"
    )
    assert only(outcome(folder, results, head)).is_passed


def test_policies_may_be_a_folder(folder: Path) -> None:
    (folder / "policies").mkdir()
    (folder / "policy.yaml").rename(folder / "policies" / "p.yaml")
    head = HEAD.replace("policy.yaml", "policies")
    assert only(outcome(folder, entry("bad", "fail"), head)).is_passed


def test_other_forms_of_policy_are_tested_too(folder: Path) -> None:
    (folder / "policy.yaml").write_text(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: vap}\nspec:\n"
        "  matchConstraints:\n    resourceRules:\n"
        "    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}\n"
        "  validations: [{expression: '!has(object.spec.hostNetwork)'}, {expression: 'true'}]\n"
    )
    results = "results:\n- {policy: vap, isValidatingAdmissionPolicy: true, kind: Pod, resources: [%s], result: %s}\n"
    assert only(outcome(folder, results % ("bad", "fail"))).is_passed
    assert only(outcome(folder, results % ("good", "pass"))).is_passed


MIXED = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: mixed}
spec:
  rules:
  - name: label
    match: {any: [{resources: {kinds: [Pod]}}]}
    mutate: {patchStrategicMerge: {metadata: {labels: {a: b}}}}
  - name: network
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {pattern: {spec: {=(hostNetwork): false}}}
"""


def test_a_rule_that_is_no_validation_fails_its_own_rows_alone(folder: Path) -> None:
    (folder / "policy.yaml").write_text(MIXED)
    row = "- {policy: mixed, rule: %s, kind: Pod, resources: [bad], result: %s}\n"
    rest = "results:\n" + row % ("network", "fail") + row % ("label", "pass") + row % ("label", "skip")
    rows = outcome(folder, rest).rows
    assert [row.actual for row in rows] == ["fail", "error", "error"]
    assert "`mutate` rules are not evaluated" in rows[2].message
