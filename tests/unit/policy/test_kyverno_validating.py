from __future__ import annotations

import copy
from typing import Any

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy import kyverno_validating
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.native_test import GivenWorld, subject_of

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


def evaluate(*bodies: dict[str, Any], of: dict[str, Any] = POD, world: GivenWorld | None = None) -> list[RuleResult]:
    (loaded,) = kyverno_validating.load([Document(b, "policy.yaml", 1) for b in bodies])
    return list(loaded.evaluate(subject_of(copy.deepcopy(of)), world or GivenWorld((SETTINGS,))))


def outcomes(*bodies: dict[str, Any], **given: Any) -> list[str]:
    return [result.result for result in evaluate(*bodies, **given)]


@pytest.mark.parametrize("body", [POD, DEPLOYMENT, CRON_JOB], ids=lambda b: b["kind"])
def test_a_policy_for_pods_holds_for_their_controllers(body: dict[str, Any]) -> None:
    expression = "object.spec.containers.all(c, c.name == 'main') && images.containers == ['ghcr.io/acme/web:1.2']"

    assert outcomes(policy(expression), of=body) == ["pass"]


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
        {"evaluation": {"mode": "JSON"}},
    ],
)
def test_what_asks_somebody_else_is_unsupported_when_it_is_loaded(spec: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"not supported|not for resources") as raised:
        kyverno_validating.load([Document(policy(**spec), "policy.yaml", 1)])

    assert raised.value.code == "GA410"


def test_a_test_may_give_the_metadata_of_images() -> None:
    class World(GivenWorld):
        def image_metadata(self, reference: str) -> dict[str, Any]:
            return {"config": {"User": reference}}

    body = policy("image.GetMetadata('nginx').config.User == 'nginx'")
    (loaded,) = kyverno_validating.load([Document(body, "policy.yaml", 1)], has_image_metadata=True)

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


@pytest.mark.parametrize(("actions", "expected"), [(["Audit"], "fail"), (["Warn"], "warn"), (["Deny", "Warn"], "fail")])
def test_a_policy_that_only_warns_makes_warnings(actions: list[str], expected: str) -> None:
    assert outcomes(policy(validationActions=actions)) == [expected]


def test_a_namespaced_policy_holds_in_its_namespace_alone() -> None:
    elsewhere = copy.deepcopy(POD)
    elsewhere["metadata"]["namespace"] = "other"

    assert outcomes(policy(kind="NamespacedValidatingPolicy")) == ["fail"]
    assert outcomes(policy(kind="NamespacedValidatingPolicy"), of=elsewhere) == []


def test_a_misspelt_controller_is_told() -> None:
    body = policy(autogen={"podControllers": {"controllers": ["deployment", "cronjbs"]}})

    with pytest.raises(PolicyError, match="'cronjbs' is no pod controller") as raised:
        kyverno_validating.load([Document(body, "policy.yaml", 1)])

    assert "did you mean 'cronjobs'" in raised.value.hint
