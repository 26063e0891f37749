from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.explain import explain
from gitops_audit.policy.form.admission import policy as vap
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.loaded import policies_of

PODS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"tier": "web"}},
    "spec": {"priority": 3, "hostname": None},
}
SHOP = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"stage": "prod"}}}
LIMITS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "limits", "namespace": "shop"},
    "data": {"max": "2"},
}


def policy(**spec: Any) -> dict[str, Any]:
    whole = {"matchConstraints": {"resourceRules": [PODS]}, "validations": [{"expression": "false"}]} | spec
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "test"},
        "spec": whole,
    }


def binding(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "test"},
        "spec": {"policyName": "test"} | spec,
    }


def results(
    *bodies: dict[str, Any], of: Mapping[str, Any] = POD, world: Sequence[dict[str, Any]] = (SHOP,)
) -> Sequence[RuleResult]:
    (loaded,) = policies_of(vap.load([Document(body, "policy.yaml", 1) for body in bodies]))
    return loaded.evaluate(subject_of(copy.deepcopy(dict(of))), GivenWorld(tuple(world)))


def outcomes(*bodies: dict[str, Any], **given: Any) -> list[str]:
    return [result.result for result in results(*bodies, **given)]


@pytest.mark.parametrize(
    ("constraints", "applies"),
    [
        ({"resourceRules": [PODS]}, True),
        ({"resourceRules": [PODS | {"resources": ["*"]}]}, True),
        ({"resourceRules": [PODS | {"resources": ["*/*"], "apiGroups": ["*"], "apiVersions": ["*"]}]}, True),
        ({"resourceRules": [PODS | {"resources": ["pods/status"]}]}, False),
        ({"resourceRules": [PODS | {"resources": ["pods/*"]}]}, False),
        ({"resourceRules": [PODS | {"apiGroups": ["apps"]}]}, False),
        ({"resourceRules": [PODS | {"apiVersions": ["v2"]}]}, True),
        ({"resourceRules": [PODS | {"apiVersions": ["v2"]}], "matchPolicy": "Exact"}, False),
        ({"resourceRules": [PODS | {"operations": ["UPDATE", "DELETE"]}]}, False),
        ({"resourceRules": [PODS | {"operations": ["*"]}]}, True),
        ({"resourceRules": [PODS | {"scope": "Cluster"}]}, False),
        ({"resourceRules": [PODS | {"scope": "Namespaced"}]}, True),
        ({"resourceRules": [PODS | {"resourceNames": ["web", "api"]}]}, True),
        ({"resourceRules": [PODS | {"resourceNames": ["api"]}]}, False),
        ({"resourceRules": [PODS], "excludeResourceRules": [PODS]}, False),
        ({"resourceRules": [PODS], "objectSelector": {"matchLabels": {"tier": "web"}}}, True),
        ({"resourceRules": [PODS], "objectSelector": {"matchLabels": {"tier": "api"}}}, False),
        ({"resourceRules": [PODS], "namespaceSelector": {"matchLabels": {"stage": "prod"}}}, True),
        ({"resourceRules": [PODS], "namespaceSelector": {"matchLabels": {"stage": "test"}}}, False),
        (
            {
                "resourceRules": [PODS],
                "namespaceSelector": {
                    "matchExpressions": [
                        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
                    ]
                },
            },
            True,
        ),
    ],
)
def test_the_constraints_decide_what_a_policy_applies_to(constraints: dict[str, Any], applies: bool) -> None:
    assert outcomes(policy(matchConstraints=constraints)) == (["fail"] if applies else [])


@pytest.mark.parametrize(
    ("operator", "values", "applies"),
    [
        ("In", ["web"], True),
        ("In", ["api"], False),
        ("NotIn", ["api"], True),
        ("NotIn", ["web"], False),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
    ],
)
def test_a_label_expression_is_read_as_kubernetes_reads_it(operator: str, values: list[str], applies: bool) -> None:
    selector = {"matchExpressions": [{"key": "tier", "operator": operator, "values": values}]}

    assert bool(results(policy(matchConstraints={"resourceRules": [PODS], "objectSelector": selector}))) is applies


def test_an_unknown_namespace_whose_labels_decide_is_an_error() -> None:
    constraints = {"resourceRules": [PODS], "namespaceSelector": {"matchLabels": {"stage": "prod"}}}
    (result,) = results(policy(matchConstraints=constraints), world=())

    assert result.result == "error"
    assert "namespace 'shop' is not known" in result.message


def test_the_message_is_computed_written_or_the_expression() -> None:
    found = results(
        policy(
            validations=[
                {
                    "expression": "false",
                    "messageExpression": "'priority ' + string(object.spec.priority)",
                    "message": "m",
                },
                {"expression": "false", "messageExpression": "object.missing", "message": "as written"},
                {"expression": "1 > 2"},
                {"expression": "true"},
            ]
        )
    )

    assert [(r.rule, r.result, r.message) for r in found] == [
        ("validations[0]", "fail", "priority 3"),
        ("validations[1]", "fail", "as written"),
        ("validations[2]", "fail", "failed expression: 1 > 2"),
        ("validations[3]", "pass", ""),
    ]


def test_an_error_is_an_error_unless_failures_are_ignored() -> None:
    broken = [{"expression": "object.missing == 1"}]

    assert outcomes(policy(validations=broken)) == ["error"]
    assert outcomes(policy(validations=broken, failurePolicy="Ignore")) == ["skip"]


LARGE: Mapping[str, Any] = {**POD, "spec": {"list": list(range(2_000)), "text": "a" * 50_000}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("object.spec.list.all(a, object.spec.list.all(b, object.spec.list.all(c, a + b + c >= 0)))", "error"),
        ("object.spec.list.map(a, object.spec.list.map(b, object.spec.text)).size() == 0", "error"),
        ("object.spec.text.matches('^(a+)+$b')", "fail"),
        ("object.spec.text.matches('^(a?){0,900}b$')", "fail"),
        ("object.spec.text.find('(a|aa)+$') == object.spec.text", "pass"),
        ("object.spec.list.filter(x, object.spec.text.matches('(a{1,30}){1,30}b')).size() == 0", "error"),
        ("object.spec.list.filter(x, matches(object.spec.text, '(a{1,30}){1,30}b')).size() == 0", "error"),
        ("object.spec.list.filter(x, object.spec.text.matches('(a{1,30}){1,30}' + string(x))).size() == 0", "error"),
        ("object.spec.list.map(x, object.spec.text.find('(a{1,30}){1,30}b')).size() == 0", "error"),
        ("object.spec.list.map(x, object.spec.text.findAll('(a{1,30}){1,30}b', 1)).size() == 0", "error"),
    ],
)
def test_a_hostile_expression_ends_in_bounded_time(expression: str, expected: str) -> None:
    started = time.process_time()

    assert outcomes(policy(validations=[{"expression": expression}]), of=LARGE) == [expected]
    assert time.process_time() - started < 10


def test_a_hostile_condition_or_message_ends_in_bounded_time() -> None:
    endless = "object.spec.list.all(a, object.spec.list.all(b, object.spec.list.all(c, a + b + c >= 0)))"
    message = [{"expression": "false", "message": "written", "messageExpression": f"{endless} ? 'a' : 'b'"}]
    condition = [{"name": "endless", "expression": endless}]

    assert outcomes(policy(matchConditions=condition), of=LARGE) == ["error"]
    assert [r.message for r in results(policy(validations=message), of=LARGE)] == ["written"]


def test_a_result_that_is_no_boolean_is_an_error() -> None:
    assert outcomes(policy(validations=[{"expression": "object.spec.priority"}])) == ["error"]


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        (["true", "true"], ["fail"]),
        (["true", "false"], []),
        (["object.missing", "false"], []),
        (["object.missing", "true"], ["error"]),
    ],
)
def test_one_false_condition_decides(expressions: list[str], expected: list[str]) -> None:
    conditions = [{"name": f"c{i}", "expression": e} for i, e in enumerate(expressions)]

    assert outcomes(policy(matchConditions=conditions)) == expected


def test_a_null_field_is_not_there_as_on_the_server() -> None:
    assert outcomes(policy(validations=[{"expression": "!has(object.spec.hostname)"}])) == ["pass"]


def test_the_rules_of_a_role_stay_null_as_on_the_server() -> None:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["roles"]}
    metadata = {"name": "none", "namespace": "shop"}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": None}
    body = policy(matchConstraints={"resourceRules": [rule]}, validations=[{"expression": "object.rules == null"}])

    assert outcomes(body, of=role) == ["pass"]


def test_the_request_is_a_creation_by_an_ordinary_user() -> None:
    expression = (
        "request.operation == 'CREATE' && oldObject == null && request.name == 'web' && request.namespace == 'shop'"
        " && request.kind.kind == 'Pod' && request.resource.resource == 'pods'"
        " && namespaceObject.metadata.labels.stage == 'prod' && request.userInfo.groups == ['system:authenticated']"
    )

    assert outcomes(policy(validations=[{"expression": expression}])) == ["pass"]


@pytest.mark.parametrize(
    ("actions", "expected"), [(["Deny"], "fail"), (["Audit"], "fail"), (["Warn", "Audit"], "fail"), (["Warn"], "warn")]
)
def test_only_a_binding_that_warns_makes_a_warning(actions: list[str], expected: str) -> None:
    assert outcomes(policy(), binding(validationActions=actions)) == [expected]


def test_a_bound_policy_applies_only_where_its_binding_matches() -> None:
    selector = {"objectSelector": {"matchLabels": {"tier": "api"}}}

    assert outcomes(policy(), binding(validationActions=["Deny"], matchResources=selector)) == []


def with_params(**ref: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    validations = [{"expression": "object.spec.priority <= int(params.data.max)"}]
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    return policy(paramKind=kind, validations=validations), binding(validationActions=["Deny"], paramRef=ref)


def test_a_parameter_object_is_found_by_name_in_the_objects_namespace() -> None:
    assert outcomes(*with_params(name="limits"), world=[SHOP, LIMITS]) == ["fail"]


def test_every_selected_parameter_object_is_asked() -> None:
    first = copy.deepcopy(LIMITS) | {"metadata": {"name": "a", "namespace": "shop", "labels": {"is": "limit"}}}
    second = copy.deepcopy(first) | {"data": {"max": "5"}}

    assert outcomes(*with_params(selector={"matchLabels": {"is": "limit"}}), world=[SHOP, first, second]) == [
        "fail",
        "pass",
    ]


@pytest.mark.parametrize(("action", "expected"), [("Deny", ["fail"]), ("Allow", [])])
def test_a_missing_parameter_object_does_what_the_binding_says(action: str, expected: list[str]) -> None:
    assert outcomes(*with_params(name="nowhere", parameterNotFoundAction=action)) == expected


def test_a_policy_with_parameters_and_no_binding_is_an_error() -> None:
    assert outcomes(with_params(name="limits")[0]) == ["error"]


def test_policies_do_not_judge_policies() -> None:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}

    assert outcomes(policy(matchConstraints={"resourceRules": [rule]}), of=policy()) == []


@pytest.mark.parametrize(
    ("bodies", "pointer", "code", "message"),
    [
        ([policy(validations=[{"expression": "1 +"}])], "/spec/validations/0/expression", "GA420", "Syntax error"),
        ([policy(validations=[{"expression": "1 + 1"}])], "/spec/validations/0/expression", "GA421", "give a bool"),
        ([policy(validations=[{"expression": " "}])], "/spec/validations/0/expression", "GA420", "missing"),
        (
            [policy(validations=[{"expression": "authorizer.path('/').check('get').allowed()"}])],
            "/spec/validations/0/expression",
            "GA410",
            "`authorizer` is not supported",
        ),
        ([policy(validations=[{"expresion": "true"}])], "/spec/validations/0/expresion", "GA401", "not known"),
        ([policy(validations=[])], "/spec", "GA401", "no validations"),
        ([policy(variables=[{"name": "a", "expression": "b"}])], "/spec/variables/0/expression", "GA420", "'b'"),
        ([policy(matchConstraints={})], "/spec/matchConstraints", "GA401", "resourceRules is missing"),
        ([policy(failurePolicy="Maybe")], "/spec/failurePolicy", "GA401", "'Maybe'"),
        ([policy(), binding(policyName="tset")], "/spec/policyName", "GA402", "'tset' is not loaded"),
        ([policy(), binding(paramRef={})], "/spec/paramRef", "GA401", "either a name or a selector"),
    ],
)
def test_a_document_at_fault_is_refused_at_its_line(
    bodies: list[dict[str, Any]], pointer: str, code: str, message: str
) -> None:
    documents = [Document(body, "policy.yaml", 1, {pointer: 17}) for body in bodies]

    with pytest.raises(PolicyError, match=message.replace("(", r"\(")) as raised:
        policies_of(vap.load(documents))

    assert raised.value.code == code
    assert raised.value.where is not None
    assert raised.value.where.line == 17


def test_the_parts_of_each_expression_can_be_shown() -> None:
    (loaded,) = policies_of(
        vap.load([Document(policy(validations=[{"expression": "object.spec.priority < 2"}]), "p.yaml")])
    )
    (found,) = explain(loaded, subject_of(copy.deepcopy(POD)), GivenWorld())

    assert [(p.text, p.value) for p in found.parts] == [
        ("object.spec.priority < 2", "false"),
        ("object.spec.priority", "3"),
    ]


def test_the_annotations_of_a_policy_describe_it() -> None:
    body = policy()
    body["metadata"]["annotations"] = {
        "policies.kyverno.io/severity": "High",
        "policies.kyverno.io/description": "Why",
        "gitops-audit/standards": "CIS 5.1, NSA",
    }
    (loaded,) = policies_of(vap.load([Document(body, "p.yaml", 3)]))
    about = loaded.metadata
    assert (str(about.severity), about.standards, str(about.where)) == ("high", ("CIS 5.1", "NSA"), "p.yaml:3")
    assert about.info.description == "Why"
