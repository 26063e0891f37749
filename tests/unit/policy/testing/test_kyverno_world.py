"""What a Kyverno test says of the cluster: answers of calls, contexts, Namespaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.testing import run
from tests.unit.policy.testing.conftest import POLICY
from tests.unit.policy.testing.test_kyverno_test import HEAD, entry, only, outcome

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
