from __future__ import annotations

from typing import Any

import pytest
import yaml

from gitops_audit.errors import PolicyError
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.form.own import policy as native
from gitops_audit.policy.form.own.policy_test import GivenWorld, inline_tests, subject_of
from gitops_audit.policy.load import policies as registry
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.loaded import policies_of

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"tier": "web"}},
    "spec": {
        "replicas": 1,
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "web"}], "initContainers": [{"name": "init"}]},
        },
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"app": "web"}},
}


def document(rules: list[dict[str, Any]], **spec: Any) -> bytes:
    body = {
        "apiVersion": "gitops-audit/v1",
        "kind": "Policy",
        "metadata": {"name": "test"},
        "spec": {"match": {"kinds": ["*"]}, "rules": rules} | spec,
    }
    return yaml.safe_dump(body, sort_keys=False).encode()


def evaluate(
    rules: list[dict[str, Any]], body: dict[str, Any] = DEPLOYMENT, others: tuple[dict[str, Any], ...] = (), **spec: Any
) -> list[RuleResult]:
    (policy,) = policies_of(native.load(read(document(rules, **spec), "policy.yaml")))
    return list(policy.evaluate(subject_of(body), GivenWorld(others)))


@pytest.mark.parametrize(
    ("match", "applies"),
    [
        ({"kinds": ["Deployment"]}, True),
        ({"kinds": ["Deployment.apps"]}, True),
        ({"kinds": ["Deployment.extensions"]}, False),
        ({"kinds": ["*.apps"]}, True),
        ({"kinds": ["Pod", "Deploy*"]}, True),
        ({"kinds": ["Pod"]}, False),
        ({"namespaces": ["sh*"]}, True),
        ({"namespaces": ["kube-*"]}, False),
        ({"names": ["web"], "kinds": ["Deployment"]}, True),
        ({"names": ["api"], "kinds": ["Deployment"]}, False),
        ({"labels": {"tier": "w*"}}, True),
        ({"labels": {"tier": "w*", "owner": "*"}}, False),
    ],
)
def test_match_and_exclude_decide_what_a_policy_applies_to(match: dict[str, Any], applies: bool) -> None:
    rule = {"name": "never", "cel": "false"}

    assert bool(evaluate([rule], match=match)) is applies
    assert bool(evaluate([rule], exclude=match)) is not applies


def test_a_cel_rule_sees_the_pod_template_and_its_containers() -> None:
    rule = {
        "name": "containers",
        "cel": "containers.size() == 1 && allContainers.size() == 2 && podSpec.containers == containers"
        " && podMetadata.labels.app == 'web' && object.kind == 'Deployment'",
    }

    assert [r.result for r in evaluate([rule])] == ["pass"]


@pytest.mark.parametrize(
    "rule",
    [
        {"cel": "false", "when": "resourceCount('', 'Service') == 1"},
        {"cel": "resourceCount('', 'Service') == 0"},
        {"cel": "false", "messageExpression": "resourceCount('', 'Service') == 1 ? 'one' : 'none'"},
        {"cel": "variables.services == 0"},
    ],
)
def test_every_expression_of_a_rule_may_ask_for_other_resources(rule: dict[str, Any]) -> None:
    variables = [{"name": "services", "expression": "resourceCount('', 'Service')"}]
    (result,) = evaluate([{"name": "r", "message": "one"} | rule], DEPLOYMENT, (SERVICE,), variables=variables)

    assert (result.result, result.message) == ("fail", "one")


@pytest.mark.parametrize(
    ("managed", "expression"),
    [
        (
            [{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {}}}],
            "managers == [{'manager': 'kubectl-edit', 'operation': 'Update'}]",
        ),
        (None, "managers == []"),
        ("none", "managers == []"),
        (["odd"], "managers == ['odd']"),
    ],
)
def test_a_cel_rule_sees_who_manages_the_object(managed: Any, expression: str) -> None:
    body = DEPLOYMENT | {"metadata": {"name": "web", "managedFields": managed}}

    assert [r.result for r in evaluate([{"name": "r", "cel": expression}], body)] == ["pass"]


def test_a_violation_has_the_message_path_and_severity_of_its_rule() -> None:
    rule = {
        "name": "replicas",
        "cel": "object.spec.replicas > 1",
        "messageExpression": "'only ' + string(object.spec.replicas)",
        "path": "/spec/replicas",
        "severity": "low",
    }
    (result,) = evaluate([rule])

    assert (result.rule, result.result, result.message, result.pointer) == (
        "replicas",
        "fail",
        "only 1",
        "/spec/replicas",
    )
    assert str(result.severity) == "low"


@pytest.mark.parametrize(
    ("when", "expected"), [("true", ["fail"]), ("false", []), ("object.no", ["error"]), ("1", ["error"])]
)
def test_a_rule_applies_when_its_condition_holds(when: str, expected: list[str]) -> None:
    given = f"dyn({when})"

    assert [r.result for r in evaluate([{"name": "r", "cel": "false", "when": given}])] == expected


def test_a_schema_rule_names_every_field_that_is_wrong() -> None:
    schema = {
        "properties": {"replicas": {"minimum": 2}, "template": {"required": ["status"]}},
        "required": ["strategy"],
    }
    found = evaluate([{"name": "shape", "schema": schema, "path": "/spec"}])

    assert {(r.pointer, r.result) for r in found} == {
        ("/spec/replicas", "fail"),
        ("/spec/template", "fail"),
        ("/spec", "fail"),
    }


def test_a_schema_says_nothing_of_a_part_that_is_not_there() -> None:
    assert [r.result for r in evaluate([{"name": "s", "schema": False, "path": "/spec/none"}])] == ["pass"]


def test_a_pod_security_rule_points_at_the_field() -> None:
    found = evaluate(
        [{"name": "pss", "podSecurity": {"level": "restricted", "exclude": ["seccompProfile_restricted"]}}]
    )

    assert all(r.result == "fail" and r.pointer.startswith("/spec/template/spec/") for r in found)
    assert not any("seccomp" in r.message for r in found)


def test_a_rule_may_look_at_other_resources() -> None:
    selects = {"name": "selects", "cel": "podsMatching(object.spec.selector, object.metadata.namespace) > 0"}
    listed = {"name": "listed", "cel": "resources('apps', 'Deployment', 'shop').exists(d, d.metadata.name == 'web')"}
    single = {"name": "single", "cel": "resource('apps', 'Deployment', 'shop', 'api') == null"}

    assert [r.result for r in evaluate([selects, listed, single], SERVICE, (DEPLOYMENT,))] == ["pass"] * 3
    assert [r.result for r in evaluate([selects, listed, single], SERVICE)] == ["fail", "fail", "pass"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("resourceCount('apps', 'Deployment') == 1 && resourceCount('apps', 'Deployment', 'other') == 0", "pass"),
        ("resourcesWith('apps', 'Deployment', 'shop', '/metadata/name', 'web')[0].spec.replicas == 1", "pass"),
        ("resourcesWith('apps', 'Deployment', 'shop', '/metadata/name', 'api').size() == 0", "pass"),
        ("selecting('', 'Service', 'shop', {'app': 'web'}) == 0", "pass"),
        ("selecting('policy', 'PodDisruptionBudget', 'shop', {'app': 'web', 'tier': 'x'}) == 1", "pass"),
        ("selecting('policy', 'PodDisruptionBudget', 'shop', object.spec.selector) == 1", "pass"),
        ("selecting('policy', 'PodDisruptionBudget', 'shop', object.metadata.name) == 1", "error"),
    ],
)
def test_other_resources_are_found_by_what_they_have(expression: str, expected: str) -> None:
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "shop"}}
    budget["spec"] = {"selector": {"matchLabels": {"app": "web"}}}

    assert [r.result for r in evaluate([{"name": "r", "cel": expression}], SERVICE, (DEPLOYMENT, budget))] == [expected]


def test_one_subject_is_judged_in_each_world_it_is_shown_in() -> None:
    rule = {"name": "r", "cel": "namespaceObject != null && resources('', 'Service').size() == 1"}
    (policy,) = policies_of(native.load(read(document([rule]), "policy.yaml")))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    subject = subject_of(DEPLOYMENT)
    worlds = [GivenWorld(), GivenWorld((SERVICE, namespace)), GivenWorld()]

    assert [r.result for world in worlds for r in policy.evaluate(subject, world)] == ["fail", "pass", "fail"]


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        (("severity: high", "severity: hihg"), "did you mean 'high'", 7),
        (("  match:", "  mach:"), "did you mean 'match'", 8),
        (("cel: 'true'", "cel: 'true +'"), "Syntax error", 11),
        (("cel: 'true'", "cell: 'true'"), "did you mean 'cel'", 11),
        (("cel: 'true'", "schema: {type: strin}"), "invalid JSON Schema", 11),
        (("cel: 'true'", "schema: {$ref: 'https://example.com/s.json'}"), "nothing is fetched", 11),
        (("cel: 'true'", "podSecurity: {level: strict}"), "use one of baseline, restricted", 11),
        (("cel: 'true'", "podSecurity: {level: baseline, exclude: [nope]}"), "there is no control 'nope'", 11),
        (("cel: 'true'", "podSecurity: {level: baseline, version: '2.0'}"), "not a version", 11),
        (("name: first", "name: second"), "two rules are called 'second'", 12),
    ],
)
def test_a_mistake_is_told_at_its_line(change: tuple[str, str], message: str, line: int) -> None:
    text = """apiVersion: gitops-audit/v1
kind: Policy
metadata:
  name: test
spec:
  title: Test
  severity: high
  match: {kinds: [Pod]}
  rules:
    - name: first
      cel: 'true'
    - name: second
      cel: '1 < 2'
"""
    with pytest.raises(PolicyError) as raised:
        registry.load(read(text.replace(*change).encode(), "policy.yaml"))

    assert message in str(raised.value)
    assert raised.value.where is not None
    assert (raised.value.where.path, raised.value.where.line) == ("policy.yaml", line)


@pytest.mark.slow
@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"pattern": "(a+)+$("},
        {"properties": {str(n): {} for n in range(30_000)}},
        {"$dynamicRef": "file:///etc/passwd"},
    ],
)
def test_a_hostile_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="invalid JSON Schema"):
        policies_of(native.load(read(document([{"name": "s", "schema": schema}]), "policy.yaml")))


def test_a_schema_nested_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(60):
        schema = {"properties": {"a": schema}}

    with pytest.raises(PolicyError, match="deeper than 64 levels"):
        policies_of(native.load(read(document([{"name": "s", "schema": schema}]), "policy.yaml")))


def test_a_catastrophic_pattern_of_a_schema_takes_linear_time() -> None:
    schema = {"properties": {"metadata": {"properties": {"name": {"pattern": "^(a+)+$"}}}}}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a" * 30_000 + "b"}}

    assert [r.result for r in evaluate([{"name": "s", "schema": schema, "message": "bad"}], body)] == ["fail"]


def test_a_recursive_schema_ends_with_the_object() -> None:
    schema = {"$defs": {"node": {"properties": {"spec": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"}

    assert [r.result for r in evaluate([{"name": "s", "schema": schema}])] == ["pass"]


def test_the_tests_in_a_document_are_run() -> None:
    tests = [
        {"name": "one replica", "object": DEPLOYMENT, "expect": "fail", "rule": "two", "message": "replica"},
        {"name": "a service", "object": SERVICE, "expect": "skip"},
        {"name": "wrong", "object": DEPLOYMENT, "expect": "pass"},
        {"name": "from a file", "file": "good.yaml", "expect": "pass"},
    ]
    body = yaml.safe_load(
        document(
            [{"name": "two", "cel": "object.spec.replicas > 1", "message": "one replica"}],
            match={"kinds": ["Deployment"]},
        )
    )
    data = yaml.safe_dump(body | {"tests": tests}).encode()
    good = yaml.safe_dump(DEPLOYMENT | {"spec": {"replicas": 2}}).encode()
    documents = read(data, "policy.yaml", lambda name: {"good.yaml": good}[name])
    (policy,) = registry.load(documents)

    outcomes = [test.run(policy) for test in inline_tests(documents[0], policy)]

    assert [(o.test.name, o.actual, o.has_passed) for o in outcomes] == [
        ("one replica", "fail", True),
        ("a service", "skip", True),
        ("wrong", "fail", False),
        ("from a file", "pass", True),
    ]
