"""`may_match`, by which an audit leaves whole kinds out of a policy's sight."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from gitops_audit.kube.plural import plural
from gitops_audit.policy.contract import Policy
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load import policies as registry
from gitops_audit.policy.load.documents import read

KINDS = {
    "Pod": "v1",
    "Service": "v1",
    "Namespace": "v1",
    "Deployment": "apps/v1",
    "CronJob": "batch/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io/v1",
    "Application": "argoproj.io/v1alpha1",
}
CONDITION = [{"name": "c", "expression": "true"}]


def native(**match: Any) -> dict[str, Any]:
    spec = {"match": match, "rules": [{"name": "r", "cel": "true"}]}
    return {"apiVersion": "gitops-audit/v1", "kind": "Policy", "metadata": {"name": "p"}, "spec": spec}


def admission(api: str, kind: str, groups: str, versions: str, *resources: str, **more: Any) -> dict[str, Any]:
    rule = {"apiGroups": [groups], "apiVersions": [versions], "operations": ["CREATE"], "resources": list(resources)}
    spec = {"matchConstraints": {"resourceRules": [rule]} | more, "validations": [{"expression": "true"}]}
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "p"}, "spec": spec}


def vap(*words: str, **more: Any) -> dict[str, Any]:
    return admission("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", *words, **more)


def validating(*words: str, **more: Any) -> dict[str, Any]:
    return admission("policies.kyverno.io/v1", "ValidatingPolicy", *words, **more)


def kyverno(match: dict[str, Any], **spec: Any) -> dict[str, Any]:
    rule = {"name": "r", "match": match, "validate": {"message": "m", "deny": {"conditions": {"any": []}}}}
    spec = {"rules": [rule]} | spec
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"}, "spec": spec}


def kinds(*selectors: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"kinds": list(selectors)} | more}


ALL = set(KINDS)
CASES: list[tuple[dict[str, Any], set[str]]] = [
    (native(kinds=["Deployment.apps", "Pod"]), {"Deployment", "Pod"}),
    (native(kinds=["*.apps"], namespaces=["x"]), {"Deployment"}),
    (native(namespaces=["x"]), ALL),
    (vap("apps", "v1", "deployments"), {"Deployment"}),
    (vap("autoscaling", "v1", "*"), {"HorizontalPodAutoscaler"}),
    (vap("autoscaling", "v1", "*", matchPolicy="Exact"), set()),
    (vap("*", "*", "*"), ALL),
    (vap("*", "*", "*/*"), ALL),
    (vap("", "v1", "pods/exec"), set()),
    (validating("", "v1", "services"), {"Service"}),
    (validating("", "v1", "pods"), {"Pod", "Deployment", "CronJob"}),
    (kyverno({"any": [kinds("Service"), kinds("argoproj.io/*/Appl*")]}), {"Service", "Application"}),
    (kyverno({"all": [kinds("*"), kinds("v1/Service")]}), {"Service"}),
    (kyverno(kinds("Pod")), {"Pod", "Deployment", "CronJob"}),
    (kyverno({"any": [{"resources": {"namespaces": ["x"]}}]}), ALL),
    (kyverno(kinds("Service"), webhookConfiguration={"matchConditions": CONDITION}), ALL),
]


def loaded(document: dict[str, Any]) -> Policy:
    (policy,) = registry.load(read(yaml.safe_dump(document).encode(), "policy.yaml"))
    return policy


def body(kind: str) -> dict[str, Any]:
    pod: dict[str, Any] = {"metadata": {}, "spec": {"containers": []}}
    spec = {"template": pod, "jobTemplate": {"spec": {"template": pod}}}
    return {"apiVersion": KINDS[kind], "kind": kind, "metadata": {"name": "a", "namespace": "x"}, "spec": spec}


def asked(policy: Policy, kind: str, name: str) -> bool:
    group, _, version = KINDS[kind].rpartition("/")
    return policy.may_match(group, version, kind, name)


@pytest.mark.parametrize(("document", "expected"), CASES)
def test_a_policy_tells_which_kinds_it_can_speak_of(document: dict[str, Any], expected: set[str]) -> None:
    policy = loaded(document)

    assert {kind for kind in KINDS if asked(policy, kind, plural(kind))} == expected
    assert {kind for kind in KINDS if asked(policy, kind, "")} == expected


@pytest.mark.parametrize("document", [document for document, _ in CASES])
def test_a_kind_that_is_ruled_out_gives_no_result(document: dict[str, Any]) -> None:
    policy = loaded(document)
    judged = {kind for kind in KINDS if policy.evaluate(subject_of(body(kind)), GivenWorld())}

    assert judged <= {kind for kind in KINDS if asked(policy, kind, "")}


def test_a_policy_that_is_not_supported_is_shown_for_every_kind() -> None:
    document = vap("", "v1", "pods")
    document["spec"]["validations"] = [{"expression": "authorizer.path('/').check('get').allowed()"}]
    (policy,) = registry.load(read(yaml.safe_dump(document).encode(), "policy.yaml"), allow_unsupported=True)

    assert all(asked(policy, kind, "") for kind in KINDS)
