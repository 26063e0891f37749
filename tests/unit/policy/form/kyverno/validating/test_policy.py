from __future__ import annotations

import base64
import copy
import gzip
from typing import Any

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.form.kyverno.validating import policy as kyverno_validating
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.loaded import policies_of
from tests.unit.policy.form.kyverno.test_certificate import CERTIFICATE

PODS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}
SPEC = {"containers": [{"name": "main", "image": "ghcr.io/acme/web:1.2"}]}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": SPEC,
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": SPEC}},
}
CRON_JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"jobTemplate": {"spec": {"template": {"spec": SPEC}}}},
}
SETTINGS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "shop", "labels": {"is": "setting"}},
    "data": {"registry": "ghcr.io"},
}


def policy(expression: str = "false", kind: str = "ValidatingPolicy", **spec: Any) -> dict[str, Any]:
    whole = {"matchConstraints": {"resourceRules": [PODS]}, "validations": [{"expression": expression}]} | spec
    metadata = {"name": "test", "namespace": "shop"}
    return {"apiVersion": "policies.kyverno.io/v1", "kind": kind, "metadata": metadata, "spec": whole}


def exception(name: str = "test", expression: str = "true") -> dict[str, Any]:
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "PolicyException",
        "metadata": {"name": "waived"},
        "spec": {
            "policyRefs": [{"name": name, "kind": "ValidatingPolicy"}],
            "matchConditions": [{"name": "c", "expression": expression}],
        },
    }


def packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def evaluate(*bodies: dict[str, Any], of: dict[str, Any] = POD, world: GivenWorld | None = None) -> list[RuleResult]:
    (loaded,) = policies_of(kyverno_validating.load([Document(b, "policy.yaml", 1) for b in bodies]))
    return list(loaded.evaluate(subject_of(copy.deepcopy(of)), world or GivenWorld((SETTINGS,))))


def outcomes(*bodies: dict[str, Any], **given: Any) -> list[str]:
    return [result.result for result in evaluate(*bodies, **given)]


@pytest.mark.parametrize("body", [POD, DEPLOYMENT, CRON_JOB], ids=lambda b: b["kind"])
def test_a_policy_for_pods_holds_for_their_controllers(body: dict[str, Any]) -> None:
    expression = "object.spec.containers.all(c, c.name == 'main') && images.containers == ['ghcr.io/acme/web:1.2']"

    assert outcomes(policy(expression), of=body) == ["pass"]


def test_the_words_of_the_pod_become_those_of_its_template_and_the_namespace_stays() -> None:
    expressions = [
        "object.metadata.labels.app == 'web' && object.metadata.namespace == 'shop' && object.kind == 'Deployment'",
        "object.?spec.containers.orValue('none') == 'none' && has(object.spec.containers)",
    ]
    body = policy(validations=[{"expression": expression} for expression in expressions])

    assert outcomes(body, of=DEPLOYMENT) == ["pass", "pass"]


def test_a_selector_of_namespaces_holds_for_controllers_too() -> None:
    constraints = {"resourceRules": [PODS], "namespaceSelector": {"matchLabels": {"env": "prod"}}}
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"env": env}}}
        for env in ("prod", "dev")
    ]
    found = [outcomes(policy(matchConstraints=constraints), of=DEPLOYMENT, world=GivenWorld((n,))) for n in namespaces]

    assert found == [["fail"], []]


def test_a_rule_is_for_the_versions_it_names_and_no_equivalent() -> None:
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1beta1"], "operations": ["*"], "resources": ["deployments"]}

    assert outcomes(policy(matchConstraints={"resourceRules": [rule]}), of=DEPLOYMENT) == []


def test_a_null_field_is_there_as_kyverno_reads_it() -> None:
    body = copy.deepcopy(POD)
    body["spec"] = {**SPEC, "hostname": None}

    assert outcomes(policy("object.spec.hostname == null"), of=body) == ["pass"]


@pytest.mark.parametrize(
    ("spec", "applies"),
    [
        ({}, True),
        ({"autogen": {"podControllers": {"controllers": []}}}, False),
        ({"autogen": {"podControllers": {"controllers": ["cronjobs"]}}}, False),
        ({"autogen": {"podControllers": {"controllers": ["deployments"]}}}, True),
        ({"matchConstraints": {"resourceRules": [PODS | {"resources": ["pods", "services"]}]}}, False),
        ({"matchConstraints": {"resourceRules": [PODS], "objectSelector": {"matchLabels": {"a": "b"}}}}, False),
        ({"matchConstraints": {"resourceRules": [PODS], "objectSelector": {}}}, True),
        ({"matchConstraints": {"resourceRules": [PODS, PODS]}}, False),
        ({"matchConstraints": {"resourceRules": [PODS | {"apiVersions": ["*"]}]}}, False),
        ({"matchConstraints": {"resourceRules": [PODS | {"resourceNames": ["web"]}]}}, False),
        ({"matchConstraints": {"resourceRules": [PODS | {"operations": ["UPDATE"]}]}}, False),
        ({"autogen": {"podControllers": {"controllers": ["Deployment"]}}}, False),
    ],
)
def test_controllers_are_left_out_where_kyverno_leaves_them_out(spec: dict[str, Any], applies: bool) -> None:
    assert bool(outcomes(policy(**spec), of=DEPLOYMENT)) is applies


@pytest.mark.parametrize(
    "expression",
    [
        "resource.Get('v1', 'configmaps', 'shop', 'settings').data.registry == 'ghcr.io'",
        "resource.List('v1', 'configmaps', 'shop').items.size() == 1",
        "resource.List('v1', 'configmaps', 'shop', {'is': 'other'}).items.size() == 0",
        "image('ghcr.io/acme/web:1.2').registry() == 'ghcr.io'",
        "image('ghcr.io/acme/web:1.2').repository() == 'acme/web' && image('nginx').tag() == 'latest'",
        "image('nginx').registry() == 'index.docker.io' && image('nginx').repository() == 'library/nginx'",
        "image('localhost:5000/a@sha256:' + 'a0'.replace('0', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')).containsDigest()",
        "isImage('nginx:1') && !isImage('NGINX:%')",
        "sha256('a').startsWith('ca978112')",
        "json.unmarshal('{\"a\": [1]}').a[0] == 1",
        "json.marshal({'b': 1, 'a': [object.metadata.name]}) == '{\"a\":[\"web\"],\"b\":1}'",
        "yaml.parse('a: [1]').a[0] == 1",
        "resource.get('v1', 'configmaps', 'shop', 'settings').data.registry == 'ghcr.io'",
        "resource.list('v1', 'configmaps', 'shop').items.size() == 1",
        "parseImageReference('nginx').tag() == 'latest'",
        "hash.sha256('a') == sha256('a') && hash.sha1('a') == sha1('a') && hash.md5('a') == md5('a')",
        f"gzip.decompress(base64.decode('{packed(b'text')}')) == 'text'",
        "parseServiceAccount('system:serviceaccount:ns:name:x').Name == 'name:x'",
        "user.parseServiceAccount('system:serviceaccount:ns:name').Namespace == 'ns'",
        "parseServiceAccount('jane').Name == ''",
        "time.now() > timestamp('2024-01-01T00:00:00Z') && time.now() - duration('1h') < time.now()",
        "time.toCron(timestamp('2024-02-04T10:05:00Z')) == '5 10 4 2 0'",
        "time.truncate(timestamp('2024-01-01T01:02:03.5Z'), duration('1h')) == timestamp('2024-01-01T01:00:00Z')",
        "time.truncate(timestamp('2024-01-01T01:02:03Z'), duration('0s')) == timestamp('2024-01-01T01:02:03Z')",
        "listObjToMap([{'k': 'a'}, {'k': 'b'}], [{'v': 1}, {'w': 2}], 'k', 'v') == {'a': 1, 'b': null}",
        "transform.listObjToMap([], [], 'k', 'v') == {}",
    ],
)
def test_kyvernos_functions_are_answered_from_what_is_audited(expression: str) -> None:
    assert [(r.result, r.message) for r in evaluate(policy(expression))] == [("pass", "")]


@pytest.mark.parametrize(
    "expression",
    [
        "resource.Get('v1', 'configmaps', 'shop', 'none').data.a == 'b'",
        "resource.Get('x.example/v1', 'things', 'shop', 'none').data.a == 'b'",
        "image('not an image').tag() == ''",
        "gzip.decompress(b'no gzip') == ''",
        f"gzip.decompress(base64.decode('{packed(bytes(20_000_000))}')) == ''",
        "yaml.parse('a: [') == null",
        "json.unmarshal('{') == null",
        "listObjToMap([{}], [], 'k', 'v') == {}",
        "listObjToMap([{'k': 1}], [{}], 'k', 'v') == {}",
    ],
)
def test_what_cannot_be_looked_up_is_an_error(expression: str) -> None:
    assert outcomes(policy(expression)) == ["error"]


@pytest.mark.parametrize(
    "spec",
    [
        {"validations": [{"expression": "http.Get('http://x').ok"}]},
        {"validations": [{"expression": "image.GetMetadata('nginx').config.User == 'root'"}]},
        {"variables": [{"name": "a", "expression": "globalContext.Get('a', '')"}]},
        {"validations": [{"expression": "resource.Post('v1', 'x', {}).ok"}]},
        {"validations": [{"expression": "http.Client('x').Get('http://x').ok"}]},
        {"validations": [{"expression": "random() == ''"}]},
        {"validations": [{"expression": "gzip.compress('a') == b''"}]},
        {"evaluation": {"mode": "JSON"}},
    ],
)
def test_what_asks_somebody_else_is_unsupported_when_it_is_loaded(spec: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"not supported|not for resources") as raised:
        policies_of(kyverno_validating.load([Document(policy(**spec), "policy.yaml", 1)]))

    assert raised.value.code == "GA410"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x509.decode(object.metadata.annotations.ca).Issuer.CommonName == 'shop.example'", "pass"),
        ("x509.decode(object.metadata.annotations.ca).IsCA", "pass"),
        ("x509.decode(object.metadata.annotations.ca).SerialNumber == -5300126479864264924", "pass"),
        ("has(x509.decode(object.metadata.annotations.ca).Subject)", "fail"),
        ("x509.decode(object.metadata.name).IsCA", "error"),
    ],
)
def test_a_certificate_is_decoded(expression: str, expected: str) -> None:
    body = copy.deepcopy(POD)
    body["metadata"]["annotations"] = {"ca": CERTIFICATE}

    assert outcomes(policy(expression), of=body) == [expected]


def test_a_test_may_give_the_metadata_of_images() -> None:
    class World(GivenWorld):
        def image_metadata(self, reference: str) -> dict[str, Any]:
            return {"config": {"User": reference}}

    body = policy("image.GetMetadata('nginx').config.User == 'nginx'")
    (loaded,) = policies_of(kyverno_validating.load([Document(body, "policy.yaml", 1)], is_test=True))

    assert [r.result for r in loaded.evaluate(subject_of(POD), World())] == ["pass"]


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([exception()], "skip"),
        ([exception(expression="object.metadata.name == 'api'")], "fail"),
        ([exception(name="other")], "fail"),
    ],
)
def test_an_exception_waives_what_it_names(bodies: list[dict[str, Any]], expected: str) -> None:
    assert outcomes(policy(), *bodies) == [expected]


def partial(**spec: Any) -> dict[str, Any]:
    body = exception()
    body["spec"] |= spec
    return body


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([partial(images=["ghcr.io/*"])], "pass"),
        ([partial(images=["docker.io/*"])], "fail"),
        ([partial(allowedValues=["a"]), partial(images=["ghcr.io/*"])], "pass"),
        ([partial(images=["docker.io/*"]), exception()], "skip"),
        ([partial(reportResult="pass")], "pass"),
        ([exception(expression="object.nothing == 1")], "error"),
        ([exception(), exception(expression="object.nothing == 1")], "skip"),
    ],
)
def test_an_exception_may_be_for_some_values_alone(bodies: list[dict[str, Any]], expected: str) -> None:
    expression = (
        "object.spec.containers.all(c, exceptions.allowedImages.exists(i, c.image.startsWith(i.replace('*', ''))))"
    )

    assert outcomes(policy(expression), *bodies) == [expected]


def test_an_exception_comes_before_the_conditions() -> None:
    body = policy(matchConditions=[{"name": "never", "expression": "false"}])

    assert outcomes(body, exception()) == ["skip"]
    assert outcomes(body) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"failurePolicy": "Ignore"}, ["error"]),
        ({"failurePolicy": "Ignore", "matchConditions": [{"name": "a", "expression": "object.nothing"}]}, []),
        ({"matchConditions": [{"name": "a", "expression": "object.nothing"}]}, ["error"]),
        ({"auditAnnotations": [{"key": "a", "valueExpression": "object.nothing"}]}, ["error"]),
    ],
)
def test_what_cannot_be_evaluated_is_an_error_whatever_a_webhook_would_do(
    spec: dict[str, Any], expected: list[str]
) -> None:
    assert outcomes(policy("object.nothing == 1", **spec)) == expected


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        (["true", "object.nothing == 1", "false"], "error"),
        (["true", "false", "object.nothing == 1"], "fail"),
        (["true", "true"], "pass"),
    ],
)
def test_a_test_hears_of_the_first_validation_that_does_not_pass(expressions: list[str], expected: str) -> None:
    body = policy(validations=[{"expression": expression} for expression in expressions])
    (loaded,) = policies_of(kyverno_validating.load([Document(body, "policy.yaml", 1)]))
    assert isinstance(loaded, kyverno_validating.ValidatingPolicy)

    assert [result.result for result in loaded.answer(Request(subject_of(POD)), GivenWorld())] == [expected]


def test_a_policy_of_a_namespace_looks_there() -> None:
    expression = "resource.Get('v1', 'configmaps', 'settings').data.registry == 'ghcr.io'"
    listed = "resource.list('v1', 'configmaps', {'is': 'setting'}).items.size() == 1"

    assert outcomes(policy(f"{expression} && {listed}", kind="NamespacedValidatingPolicy")) == ["pass"]


def test_a_policy_that_is_not_scored_warns() -> None:
    body = policy()
    body["metadata"]["annotations"] = {"policies.kyverno.io/scored": "false"}

    assert outcomes(body) == ["warn"]


@pytest.mark.parametrize(("actions", "expected"), [(["Audit"], "fail"), (["Warn"], "warn"), (["Deny", "Warn"], "fail")])
def test_a_policy_that_only_warns_makes_warnings(actions: list[str], expected: str) -> None:
    assert outcomes(policy(validationActions=actions)) == [expected]


def test_a_namespaced_policy_holds_in_its_namespace_alone() -> None:
    elsewhere = copy.deepcopy(POD)
    elsewhere["metadata"]["namespace"] = "other"

    assert outcomes(policy(kind="NamespacedValidatingPolicy")) == ["fail"]
    assert outcomes(policy(kind="NamespacedValidatingPolicy"), of=elsewhere) == []


@pytest.mark.parametrize(
    "constraints",
    [
        {"resourceRules": [1]},
        {"resourceRules": "pods"},
        {"resourceRules": [PODS], "objectSelector": 1},
        {"resourceRules": [PODS], "excludeResourceRules": {}},
    ],
)
def test_constraints_of_impossible_types_are_told(constraints: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="must be") as raised:
        policies_of(kyverno_validating.load([Document(policy(matchConstraints=constraints), "policy.yaml", 1)]))

    assert raised.value.code == "GA401"


def test_a_misspelt_controller_is_told() -> None:
    body = policy(autogen={"podControllers": {"controllers": ["deployment", "cronjbs"]}})

    with pytest.raises(PolicyError, match="'cronjbs' is no pod controller") as raised:
        policies_of(kyverno_validating.load([Document(body, "policy.yaml", 1)]))

    assert "did you mean 'cronjobs'" in raised.value.hint
