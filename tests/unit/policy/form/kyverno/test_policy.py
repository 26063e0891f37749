from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno.load import load
from gitops_audit.policy.form.kyverno.request import UserInfo
from gitops_audit.policy.loaded import policies_of
from tests.unit.policy.form.kyverno.making import (
    answered,
    cron_job,
    deployment,
    documents,
    pod,
    policy,
    results,
    verdict,
)

EACH = """\
validate:
  message: "{{ element.name }} is bad"
  foreach:
  - list: request.object.spec.containers
    %s
"""
BOTH = pod({"name": "a", "image": "nginx:1"}, {"name": "b", "image": "corp/x:latest"})


@pytest.mark.parametrize(
    ("block", "body", "expected"),
    [
        ("pattern: {image: '!*:latest'}", BOTH, "fail"),
        ("pattern: {image: '*'}", BOTH, "pass"),
        ("anyPattern: [{image: 'corp/*'}, {image: 'nginx*'}]", BOTH, "pass"),
        ("anyPattern: [{image: 'corp/*'}, {image: 'apache*'}]", BOTH, "fail"),
        (
            "deny: {conditions: {any: [{key: '{{ element.image }}', operator: Equals, value: '*:latest'}]}}",
            BOTH,
            "fail",
        ),
        ("deny: {conditions: {any: [{key: '{{ elementIndex }}', operator: GreaterThan, value: 1}]}}", BOTH, "pass"),
        (
            "preconditions: {all: [{key: '{{ element.name }}', operator: Equals, value: a}]}\n"
            "    pattern: {image: '!*:latest'}",
            BOTH,
            "pass",
        ),
        (
            "preconditions: {all: [{key: '{{ element.nothing }}', operator: Equals, value: a}]}\n"
            "    pattern: {image: z}",
            BOTH,
            "",
        ),
        ("elementScope: false\n    pattern: {spec: {hostNetwork: true}}", BOTH, "fail"),
        ("elementScope: false\n    pattern: {metadata: {name: web}}", BOTH, "pass"),
        (
            "context: [{name: tag, variable: {jmesPath: \"split(element.image, ':')[1]\"}}]\n"
            "    deny: {conditions: {any: [{key: '{{ tag }}', operator: Equals, value: latest}]}}",
            BOTH,
            "fail",
        ),
    ],
)
def test_foreach_checks_each_element(block: str, body: dict[str, Any], expected: str) -> None:
    assert verdict(policy(EACH % block), body) == expected


def test_a_failing_element_is_named_in_message_and_pointer() -> None:
    (result,) = results(policy(EACH % "pattern: {image: '!*:latest'}"), BOTH)
    assert result.message.startswith("b is bad")
    assert result.pointer == "/spec/containers/1/image"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("request.object.spec.nothing", ""), ("request.object.spec.containers[", "error"), ("`[]`", "")],
)
def test_a_list_that_is_not_there_is_left_out(expression: str, expected: str) -> None:
    rule = f"validate:\n  foreach:\n  - list: '{expression}'\n    pattern: {{image: '*'}}"
    assert verdict(policy(rule), BOTH) == expected


def test_a_list_of_a_variable_that_is_not_there_is_left_out_too() -> None:
    rule = """
        context: [{name: v, variable: {jmesPath: request.object.spec.nothing}}]
        validate: {foreach: [{list: v, deny: {}}]}
    """
    assert verdict(policy(rule), pod()) == ""


def test_scoping_to_an_element_that_is_no_object_is_an_error() -> None:
    rule = "validate:\n  foreach:\n  - list: '`[1]`'\n    elementScope: true\n    pattern: {a: 1}"
    assert verdict(policy(rule), BOTH) == "error"


def test_foreach_nests() -> None:
    rule = """\
    validate:
      foreach:
      - list: request.object.spec.containers
        foreach:
        - list: element.ports || `[]`
          deny:
            conditions:
              all:
              - {key: "{{ element0.name }}", operator: Equals, value: a}
              - {key: "{{ element1.hostPort || `0` }}", operator: GreaterThan, value: 0}
    """
    open_port = {"name": "a", "image": "x", "ports": [{"hostPort": 80}]}
    assert verdict(policy(rule), pod(open_port)) == "fail"
    assert verdict(policy(rule), pod({**open_port, "name": "b"})) == "pass"


ONE = "validate: {pattern: {spec: {hostNetwork: false}}}"


@pytest.mark.parametrize(
    ("rule", "expected", "message"),
    [
        (
            "preconditions: {any: [{key: 1, operator: Equals, value: 2, message: odd}]}\n" + ONE,
            "skip",
            "preconditions not met; odd",
        ),
        (
            "preconditions: {any: [{key: '{{ nothing }}', operator: Equals, value: 2}]}\n" + ONE,
            "error",
            "failed to evaluate preconditions",
        ),
        ("validate: {pattern: {spec: {hostNetwork: '{{ nothing }}'}}}", "error", "unknown key"),
        ("validate: {message: 'no {{ nothing }}', deny: {}}", "fail", ""),
        ("validate: {deny: {}}", "fail", "rule rule failed"),
        ("validate: {message: Never., pattern: {spec: {hostNetwork: false}}}", "fail", "Never. the value"),
        ("context: [{name: v, variable: {value: 5}}]\n" + ONE, "fail", "hostNetwork"),
        (
            "context: [{name: v, variable: {jmesPath: nothing, default: true}}]\n"
            "validate: {pattern: {spec: {hostNetwork: '{{ v }}'}}}",
            "pass",
            "",
        ),
        (
            "context: [{name: v, variable: {value: {a: 1}, jmesPath: b}}]\n"
            "validate: {deny: {conditions: {any: [{key: '{{ v }}', operator: Equals, value: 1}]}}}",
            "error",
            "unknown key",
        ),
        (
            "context: [{name: v, variable: {value: '{{ nothing }}', default: 1}}]\n"
            "validate: {deny: {conditions: {any: [{key: '{{ v }}', operator: Equals, value: 1}]}}}",
            "error",
            "unknown key",
        ),
        (
            "context: [{name: v, variable: {value: {a: 1}, jmesPath: '[0]', default: 1}}]\n"
            "validate: {deny: {conditions: {any: [{key: '{{ v }}', operator: Equals, value: 1}]}}}",
            "error",
            "has no value",
        ),
    ],
)
def test_a_rule_says_what_it_found(rule: str, expected: str, message: str) -> None:
    (result,) = results(policy(rule), pod(hostNetwork=True))
    assert result.result == expected
    assert message in result.message


def test_a_config_map_is_read_from_the_audited_objects() -> None:
    rule = """\
    context:
    - name: allowed
      configMap: {name: "{{ request.object.metadata.name }}-images", namespace: platform}
    validate:
      foreach:
      - list: request.object.spec.containers
        deny:
          conditions:
            any:
            - {key: "{{ element.image }}", operator: AnyNotIn, value: "{{ parse_yaml(allowed.data.images) }}"}
    """
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web-images", "namespace": "platform"},
        "data": {"images": "- nginx:*"},
    }
    loaded = policy(rule)
    assert verdict(loaded, pod(), config) == "pass"
    assert verdict(loaded, BOTH, config) == "fail"
    assert verdict(loaded, pod()) == "error"


def test_the_images_variable_has_the_parts_of_every_image() -> None:
    rule = """\
    validate:
      deny:
        conditions:
          any:
          - {key: "{{ images.containers.*.registry }}", operator: AnyNotIn, value: [ghcr.io]}
    """
    assert verdict(policy(rule), pod()) == "fail"
    assert verdict(policy(rule), pod({"name": "a", "image": "ghcr.io/a/b:1"})) == "pass"


def test_an_update_sees_the_old_object_and_a_deletion_only_that() -> None:
    rule = """\
    validate:
      deny:
        conditions:
          all:
          - {key: "{{ request.operation }}", operator: AnyIn, value: [UPDATE, DELETE]}
          - {key: "{{ request.oldObject.metadata.name }}", operator: Equals, value: web}
    """
    loaded = policy(rule)
    assert answered(loaded, pod()) == "pass"
    assert answered(loaded, pod(), operation="UPDATE") == "fail"
    assert answered(loaded, pod(), operation="DELETE") == "fail"
    assert answered(policy(ONE), pod(hostNetwork=True), operation="DELETE") == ""


@pytest.mark.parametrize(
    ("validate", "expected"),
    [
        ("failureAction: Enforce, pattern: {spec: {hostNetwork: false}}", "skip"),
        ("failureAction: Audit, pattern: {spec: {hostNetwork: false}}", "fail"),
        ("failureAction: Enforce, allowExistingViolations: false, pattern: {spec: {hostNetwork: false}}", "fail"),
        ("failureAction: Enforce, podSecurity: {level: baseline}", "skip"),
        (
            "failureAction: Enforce, deny: {conditions: "
            "[{key: '{{ request.operation }}', operator: Equals, value: UPDATE}]}",
            "fail",
        ),
    ],
)
def test_an_update_of_what_violated_before_is_let_through_where_the_rule_would_block(
    validate: str, expected: str
) -> None:
    loaded = policy(f"validate: {{{validate}}}")
    assert answered(loaded, pod(hostNetwork=True), operation="UPDATE") == expected
    assert answered(loaded, pod(hostNetwork=True)) == ("pass" if "UPDATE" in validate else "fail")


def test_a_user_whom_the_match_names_has_not_made_the_old_object() -> None:
    rule = "validate: {failureAction: Enforce, pattern: {spec: {hostNetwork: false}}}"
    loaded = policy(rule, match="{any: [{resources: {kinds: [Pod]}, subjects: [{kind: User, name: eve}]}]}")
    user = UserInfo(username="eve")
    assert answered(loaded, pod(hostNetwork=True), operation="UPDATE", user=user) == "fail"


def test_the_user_of_a_request_is_seen() -> None:
    rule = """\
    validate:
      deny:
        conditions:
          any:
          - {key: "{{ serviceAccountName }}/{{ request.userInfo.username }}", operator: Equals, value: "robot/*"}
    """
    user = UserInfo.from_json({"userInfo": {"username": "system:serviceaccount:ci:robot", "groups": ["x"]}})
    assert answered(policy(rule), pod(), user=user) == "fail"
    assert answered(policy(rule), pod()) == "error"


CEL = """\
celPreconditions:
- {name: web, expression: "object.metadata.name == 'web'"}
validate:
  message: no host network
  cel:
    variables:
    - {name: spec, expression: object.spec}
    expressions:
    - expression: "!has(variables.spec.hostNetwork) || !variables.spec.hostNetwork"
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (pod(), ("pass", "")),
        (pod(hostNetwork=True), ("fail", "no host network")),
        (pod(name="db", hostNetwork=True), ("skip", "CEL preconditions not met")),
    ],
)
def test_cel_rules_are_evaluated(body: dict[str, Any], expected: tuple[str, str]) -> None:
    (result,) = results(policy(CEL), body)
    assert (result.result, result.message) == expected


def test_cel_rules_are_carried_over_to_controllers() -> None:
    rule = "validate: {cel: {expressions: [{expression: '!has(object.spec.hostNetwork)', message: never}]}}"
    assert verdict(policy(rule), deployment(pod(hostNetwork=True))) == "fail"
    assert verdict(policy(rule), cron_job(pod())) == "pass"


def test_a_cel_expression_that_cannot_be_evaluated_denies() -> None:
    rule = "validate: {cel: {expressions: [{expression: 'object.spec.nothing == 1'}]}}"
    assert verdict(policy(rule), pod()) == "fail"


def test_cel_rules_take_parameters() -> None:
    rule = """\
    validate:
      cel:
        paramKind: {apiVersion: v1, kind: ConfigMap}
        paramRef: {name: limits, namespace: platform}
        expressions:
        - expression: "string(object.spec.containers.size()) <= params.data.most"
    """
    limits = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits", "namespace": "platform"}}
    assert verdict(policy(rule), BOTH, {**limits, "data": {"most": "1"}}) == "fail"
    assert verdict(policy(rule), BOTH, {**limits, "data": {"most": "2"}}) == "pass"


def test_the_first_rule_that_applies_is_enough_where_the_policy_says_so() -> None:
    text = """\
    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: p}
    spec:
      applyRules: One
      rules:
      - {name: a, match: {resources: {kinds: [Pod]}}, validate: {pattern: {spec: {hostNetwork: true}}}}
      - {name: b, match: {resources: {kinds: [Pod]}}, validate: {pattern: {spec: {hostNetwork: true}}}}
    """
    (loaded,) = policies_of(load(documents(text)))
    assert [result.rule for result in results(loaded, pod())] == ["a"]


def test_a_policy_of_a_namespace_is_for_that_namespace_alone() -> None:
    text = """\
    apiVersion: kyverno.io/v1
    kind: Policy
    metadata: {name: p, namespace: shop}
    spec:
      rules:
      - {name: a, match: {resources: {kinds: [Pod]}}, validate: {pattern: {spec: {hostNetwork: true}}}}
    """
    (loaded,) = policies_of(load(documents(text)))
    elsewhere = pod()
    elsewhere["metadata"]["namespace"] = "bank"
    assert [item.result for item in results(loaded, pod())] == ["fail"]
    assert list(results(loaded, elsewhere)) == []


def test_match_conditions_of_the_webhook_are_conditions_of_the_policy() -> None:
    text = """\
    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: p}
    spec:
      webhookConfiguration:
        matchConditions: [{name: web, expression: "object.metadata.name != 'web'"}]
      rules:
      - {name: a, match: {resources: {kinds: [Pod]}}, validate: {pattern: {spec: {hostNetwork: true}}}}
    """
    (loaded,) = policies_of(load(documents(text)))
    assert list(results(loaded, pod())) == []
    assert [item.result for item in results(loaded, pod(name="db"))] == ["fail"]
