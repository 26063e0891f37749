from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.testing import TestReport, TestRow, run

POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: no-host}
spec:
  rules:
  - name: network
    match: {any: [{resources: {kinds: [Pod]}}]}
    exclude: {any: [{resources: {namespaces: [system]}}]}
    preconditions: {all: [{key: "{{ request.operation }}", operator: NotEquals, value: UPDATE}]}
    validate: {message: no host network, pattern: {spec: {=(hostNetwork): false}}}
"""
RESOURCES = """\
apiVersion: v1
kind: Pod
metadata: {name: good}
spec: {containers: [{name: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bad}
spec: {hostNetwork: true}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: bad, namespace: shop}
spec: {template: {spec: {hostNetwork: true}}}
---
apiVersion: v1
kind: Pod
metadata: {name: left-out, namespace: system}
spec: {hostNetwork: true}
---
apiVersion: v1
kind: Namespace
metadata: {name: good}
"""
HEAD = """\
apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: t}
policies: [policy.yaml]
resources: [resources.yaml]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "resources.yaml").write_text(RESOURCES)
    return tmp_path


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


@pytest.mark.parametrize("field", ["patchedResource: x.yaml", "generatedResource: x.yaml", "isMutatingPolicy: true"])
def test_what_is_no_validation_fails_with_the_reason(folder: Path, field: str) -> None:
    row = only(outcome(folder, entry("bad", "fail", more=f", {field}")))
    assert (row.actual, row.is_passed) == ("error", False)
    assert field.split(":")[0] in row.message


def test_a_policy_that_is_not_there_fails_its_expectation(folder: Path) -> None:
    row = only(outcome(folder, "results:\n- {policy: nowhere, kind: Pod, resources: [bad], result: fail}\n"))
    assert (row.actual, row.message) == ("error", "there is no policy 'nowhere' in this test")


def test_a_policy_at_fault_fails_what_is_expected_of_it_with_its_line(folder: Path) -> None:
    (folder / "policy.yaml").write_text(POLICY.replace("pattern:", "patern:"))
    row = only(outcome(folder, entry("bad", "fail")))
    assert row.actual == "error"
    assert "policy.yaml:10" in row.message


def test_a_file_of_resources_that_is_missing_is_named_by_those_who_miss_one(folder: Path) -> None:
    head = HEAD.replace("[resources.yaml]", "[resources.yaml, missing.yaml]")
    first, second = outcome(folder, entry("bad, other", "fail"), head).rows
    assert first.is_passed
    assert "missing.yaml, which does not exist" in second.message


def test_a_missing_file_that_nobody_misses_is_a_row_of_its_own(folder: Path) -> None:
    head = HEAD.replace("[resources.yaml]", "[resources.yaml, missing.yaml]")
    first, second = outcome(folder, entry("bad", "fail"), head).rows
    assert first.is_passed
    assert (second.actual, second.is_passed) == ("error", False)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("results: []\n", "expects nothing"),
        ("results:\n- {policy: no-host, result: good}\n", "'good'"),
        ("results:\n- {policy: no-host, result: pass, reslt: 1}\n", "reslt"),
        ("odd: 1\n" + entry("bad", "fail"), "odd"),
        ("results: [\n", ""),
    ],
)
def test_a_broken_test_is_a_failed_row_with_file_and_line(folder: Path, rest: str, message: str) -> None:
    row = only(outcome(folder, rest))
    assert not row.is_passed
    assert (row.expected, row.actual) == ("", "error")
    assert message in row.message
    assert str(folder) in row.message


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("variables: none.yaml\n", "none.yaml"),
        ("values: {odd: 1}\n", "odd"),
        ("userinfo: none.yaml\n", "none.yaml"),
        ("values: {namespaces: [1]}\n", "must be an object"),
        ("values: {namespaces: [{metadata: {name: a, labels: {b: [c]}}}]}\n", "a label must be a string"),
        ("values: {subresources: [{subresource: [a]}]}\n", "must be an object"),
        ("values: {policies: [{name: a, rules: [{name: b, values: [c]}]}]}\n", "must be an object"),
        ("userinfo: odd.yaml\n", "must be a list"),
        ("context: odd.yaml\n", "must be an object"),
        ("apiCallResponses: [{response: {body: 1}}]\n", "no url"),
        ("globalContextEntries: [{name: a, resourceFiles: [none.yaml]}]\n", "none.yaml"),
        ("globalContextEntries: [{name: a, data: {}, projections: [{name: b, path: c}]}]\n", "cannot be made"),
    ],
)
def test_without_its_values_every_expectation_of_a_test_fails(folder: Path, rest: str, message: str) -> None:
    (folder / "odd.yaml").write_text("roles: admin\nspec: {resources: [pod]}\n")
    rows = outcome(folder, rest + entry("good, bad", "fail")).rows
    assert [(row.resource, row.actual) for row in rows] == [("good", "error"), ("bad", "error")]
    assert all(message in row.message for row in rows)


def test_exceptions_that_are_missing_are_a_row_of_their_own(folder: Path) -> None:
    first, second = outcome(folder, "exceptions: [none.yaml]\n" + entry("bad", "fail")).rows
    assert first.is_passed
    assert not second.is_passed
    assert "none.yaml" in second.message


def test_a_policy_file_that_is_missing_fails_what_is_expected_of_its_policy_alone(folder: Path) -> None:
    head = HEAD.replace("[policy.yaml]", "[policy.yaml, none.yaml]")
    rest = entry("bad", "fail") + "- {policy: other, kind: Pod, resources: [good, bad], result: fail}\n"
    first, *others = outcome(folder, rest, head).rows
    assert first.is_passed
    assert [row.actual for row in others] == ["error", "error"]
    assert all("none.yaml, which does not exist" in row.message for row in others)


@pytest.mark.parametrize("name", ["a" * 300 + ".yaml", '"a\\0b.yaml"'])
def test_a_name_that_no_file_can_have_is_a_file_that_is_missing(folder: Path, name: str) -> None:
    row = only(outcome(folder, entry("bad", "fail"), HEAD.replace("policy.yaml", name)))
    assert row.actual == "error"
    assert "does not exist" in row.message


def test_files_on_the_network_are_not_fetched(folder: Path) -> None:
    head = HEAD.replace("policy.yaml", "https://example.org/policy.yaml")
    assert "not a local file" in only(outcome(folder, entry("bad", "fail"), head)).message


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


SERVED = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: served}
spec:
  rules:
  - name: asked
    match: {any: [{resources: {kinds: [Pod]}}]}
    context: [{name: answer, %s}]
    validate: {deny: {conditions: {all: [{key: "{{ answer }}", operator: Equals, value: good}]}}}
"""
CLUSTER = """\
apiVersion: cli.kyverno.io/v1alpha1
kind: ClusterResource
metadata: {name: c}
spec:
  resources:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {word: good}}
  - {apiVersion: x.example/v1, kind: Policy, metadata: {name: one}, spec: {word: good}}
"""
CALL = "apiCallResponses: [{url: 'https://x.example/a', response: {body: {word: good}}}]"
POST = "apiCallResponses: [{url: 'https://x.example/a', method: post, response: {body: {word: good}}}]"
BROKEN = "apiCallResponses: [{url: 'https://x.example/a', response: {body: {word: good}, statusCode: 500}}]"
ENTRY = "globalContextEntries: [{name: g, data: {list: [{word: good}]}, fieldPath: list, projections: [%s]}]"
AT = "apiCall: {service: {url: 'https://x.example/a'}, jmesPath: word}"
IN_CLUSTER = "clusterResources: [cluster.yaml]"


@pytest.mark.parametrize(
    ("context", "given", "expected"),
    [
        (AT, CALL, "fail"),
        (AT, POST, "error"),
        (AT.replace("{service", "{method: POST, service"), POST, "fail"),
        (AT, BROKEN, "error"),
        (AT.replace("jmesPath: word", "default: good"), BROKEN, "fail"),
        ("apiCall: {urlPath: /api/v1/namespaces/shop/configmaps/settings, jmesPath: data.word}", IN_CLUSTER, "fail"),
        ("apiCall: {urlPath: '/api/v1/configmaps?limit=1', jmesPath: 'items[0].data.word'}", IN_CLUSTER, "fail"),
        ("apiCall: {urlPath: /apis/x.example/v1/policies/one, jmesPath: spec.word}", IN_CLUSTER, "fail"),
        ("apiCall: {urlPath: /apis/x.example/v1/policies/two, jmesPath: spec.word}", IN_CLUSTER, "error"),
        ("apiCall: {urlPath: /odd, jmesPath: spec.word}", IN_CLUSTER, "error"),
        ("globalReference: {name: g, jmesPath: 'w'}", ENTRY % "{name: w, path: '[0].word'}", "fail"),
        ("globalReference: {name: g.w}", ENTRY % "{name: w, path: '[0].word'}", "fail"),
        ("globalReference: {name: g.x}", ENTRY % "{name: w, path: '[0].word'}", "error"),
        ("globalReference: {name: h}", ENTRY % "", "error"),
        ("globalReference: {name: g, jmesPath: '[0].word'}", ENTRY % "", "fail"),
    ],
)
def test_a_test_answers_what_an_entry_asks(folder: Path, context: str, given: str, expected: str) -> None:
    (folder / "policy.yaml").write_text(SERVED % context)
    (folder / "cluster.yaml").write_text(CLUSTER)
    results = f"results:\n- {{policy: served, rule: asked, kind: Pod, resources: [bad], result: {expected}}}\n"
    row = only(outcome(folder, f"{given}\n{results}"))
    assert row.actual == expected, row.message


def test_a_config_map_is_read_where_the_test_has_a_cluster(folder: Path) -> None:
    (folder / "policy.yaml").write_text(
        SERVED.replace("{{ answer }}", "{{ answer.data.word }}") % "configMap: {name: settings, namespace: shop}"
    )
    (folder / "cluster.yaml").write_text(CLUSTER)
    results = "results:\n- {policy: served, rule: asked, kind: Pod, resources: [bad], result: fail}\n"
    assert only(outcome(folder, f"{IN_CLUSTER}\n{results}")).is_passed
    assert only(outcome(folder, results)).actual == "error"


def test_values_of_a_rule_are_values_of_the_rules_generated_from_it(folder: Path) -> None:
    (folder / "policy.yaml").write_text(SERVED % "globalReference: {name: g}")
    values = "values: {policies: [{name: served, rules: [{name: asked, values: {answer: good}}]}]}\n"
    results = "results:\n- {policy: served, rule: asked, kind: Deployment, resources: [shop/bad], result: fail}\n"
    assert only(outcome(folder, values + results)).is_passed


VALIDATING = """\
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: vpol}
spec:
  %s
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [%s], resources: [pods]}]
  validations: [{expression: "%s"}]
"""
VALIDATED = "results:\n- {policy: vpol, isValidatingPolicy: true, kind: Pod, resources: [bad], result: fail%s}\n"


@pytest.mark.parametrize(
    ("operations", "expression", "rest"),
    [
        ("CREATE", "object.metadata.name != 'bad'", VALIDATED % ""),
        ("CREATE", "http.Get('https://x.example/a').body.word != 'good'", f"{CALL}\n" + VALIDATED % ""),
        ("CREATE", "http.post('https://x.example/a', object).statusCode == 0", f"{POST}\n" + VALIDATED % ""),
        (
            "CREATE",
            "globalContext.Get('g', 'w') != 'good'",
            ENTRY % "{name: w, path: '[0].word'}" + "\n" + VALIDATED % "",
        ),
        ("CREATE", "globalContext.get('h') != null", VALIDATED % ""),
        (
            "CREATE",
            "resource.get('v1', 'configmaps', 'shop', 'settings').data.word != 'good'",
            f"{IN_CLUSTER}\n" + VALIDATED % "",
        ),
        (
            "CREATE",
            "resource.Get('x.example/v1', 'policies', '', 'one').spec.word != 'good'",
            f"{IN_CLUSTER}\n" + VALIDATED % "",
        ),
        ("CREATE", "has(request.userInfo.username)", VALIDATED % ""),
        ("DELETE", "oldObject.metadata.name != 'bad' && object == null", VALIDATED % ", operation: DELETE"),
        (
            "UPDATE",
            "request.operation == 'CREATE'",
            "values: {globalValues: {request.operation: UPDATE}}\n" + VALIDATED % "",
        ),
    ],
)
def test_a_validating_policy_is_asked_as_the_test_says(
    folder: Path, operations: str, expression: str, rest: str
) -> None:
    (folder / "policy.yaml").write_text(VALIDATING % ("failurePolicy: Fail", operations, expression))
    (folder / "cluster.yaml").write_text(CLUSTER)
    row = only(outcome(folder, rest))
    assert row.actual == "fail", row.message


def test_a_validating_policy_for_another_operation_is_not_asked(folder: Path) -> None:
    (folder / "policy.yaml").write_text(VALIDATING % ("failurePolicy: Fail", "DELETE", "false"))
    assert only(outcome(folder, VALIDATED % "")).actual == "skip"


def test_any_json_may_be_judged(folder: Path) -> None:
    (folder / "policy.yaml").write_text(VALIDATING % ("evaluation: {mode: JSON}", "CREATE", "object.word == 'good'"))
    for name, word in (("a", "good"), ("b", "bad")):
        (folder / f"{name}.json").write_text(f'{{"word": "{word}"}}')
    head = HEAD.replace("resources: [resources.yaml]", "jsonPayloads: [a.json, b.json, c.json]")
    rest = "results:\n- {policy: vpol, kind: '', resources: [a.json], result: pass}\n"
    rest += "- {policy: vpol, kind: '', resources: [b.json], result: fail}\n"
    first, second, missing = outcome(folder, rest, head).rows
    assert first.is_passed
    assert second.is_passed
    assert "c.json" in missing.message


CONTEXT_FILE = """\
apiVersion: cli.kyverno.io/v1alpha1
kind: Context
metadata: {name: c}
spec:
  resources: [{apiVersion: v1, kind: Pod, metadata: {name: one, namespace: shop}}]
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("resource.List('v1', 'pods', 'shop').items.size() == 1", "pass"),
        ("resource.List('v1', 'pods', '').items.size() == 0", "pass"),
        ("resource.List('v1', 'services', 'shop').items.size() == 0", "error"),
        ("resource.Get('v1', 'pods', 'shop', 'one').metadata.name == 'one'", "pass"),
        ("resource.Get('v1', 'pods', 'default', 'bad').metadata.name == 'bad'", "error"),
    ],
)
def test_policies_in_cel_look_up_what_the_context_holds_and_not_what_is_tested(
    folder: Path, expression: str, expected: str
) -> None:
    (folder / "policy.yaml").write_text(VALIDATING % ("failurePolicy: Fail", "CREATE", expression))
    (folder / "context.yaml").write_text(CONTEXT_FILE)
    assert only(outcome(folder, "context: context.yaml\n" + VALIDATED % "")).actual == expected


def test_maps_that_charts_leave_without_a_value_are_empty(folder: Path) -> None:
    (folder / "resources.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: bad, labels: }\nspec: {nodeSelector: , hostname: }\n"
    )
    expression = "object.metadata.labels == {} && object.spec.nodeSelector == {} && object.spec.hostname == null"
    (folder / "policy.yaml").write_text(VALIDATING % ("failurePolicy: Fail", "CREATE", f"!({expression})"))
    assert only(outcome(folder, VALIDATED % "")).is_passed


def test_a_namespace_of_the_values_is_one_whatever_they_call_it(folder: Path) -> None:
    (folder / "policy.yaml").write_text(
        VALIDATING % ("failurePolicy: Fail", "CREATE", "namespaceObject.metadata.labels.env != 'prod'")
    )
    values = "values: {namespaces: [{kind: namespace, metadata: {name: default, labels: {env: prod}}}]}\n"
    assert only(outcome(folder, values + VALIDATED % "")).is_passed


def test_a_cel_rule_of_a_cluster_policy_knows_the_name_of_the_namespace(folder: Path) -> None:
    cel = """validate: {cel: {expressions: [{expression: "namespaceObject.metadata.name != 'default'"}]}}"""
    (folder / "policy.yaml").write_text(POLICY[: POLICY.index("    preconditions")] + f"    {cel}\n")
    assert only(outcome(folder, entry("bad", "fail"))).is_passed


@pytest.mark.parametrize(
    ("selector", "expression", "expected"),
    [
        ("{}", "namespaceObject.metadata.name != 'default'", "fail"),
        ("{matchLabels: {env: prod}}", "false", "fail"),
        ("{matchLabels: {env: dev}}", "false", "skip"),
    ],
)
def test_an_admission_policy_knows_every_namespace(folder: Path, selector: str, expression: str, expected: str) -> None:
    (folder / "policy.yaml").write_text(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: vap}\nspec:\n"
        f"  matchConstraints:\n    namespaceSelector: {selector}\n    resourceRules:\n"
        "    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}\n"
        f'  validations: [{{expression: "{expression}"}}]\n'
    )
    values = "values: {namespaceSelector: [{name: default, labels: {env: prod}}]}\n"
    results = "results:\n- {policy: vap, kind: Pod, resources: [bad], result: fail}\n"
    assert only(outcome(folder, values + results)).actual == expected


def test_paths_without_tests_and_paths_that_are_not_there_are_errors(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy tests"):
        run([tmp_path])
    with pytest.raises(PolicyError, match="no file or directory"):
        run([tmp_path / "nowhere"])
