from __future__ import annotations

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.form.kyverno.load import load
from gitops_audit.policy.loaded import policies_of
from tests.unit.policy.form.kyverno.making import deployment, documents, pod, results

POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: no-host}
spec:
  rules:
  - name: network
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {%s}
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: legacy, namespace: ops}
spec:
  match: {any: [{resources: {kinds: [Pod, Deployment], names: [web]}}]}
  exceptions: [{policyName: %s, ruleNames: [%s]}]
%s
"""
PATTERN = "pattern: {spec: {hostNetwork: false}}"
BASELINE = "podSecurity: {level: baseline}"


def outcome(check: str, named: str, rules: str, extra: str, body: dict[str, object]) -> tuple[str, str]:
    (loaded,) = policies_of(load(documents(POLICY % (check, named, rules, extra))))
    (result,) = results(loaded, body)
    return result.result, result.message


@pytest.mark.parametrize(
    ("named", "rules", "extra", "expected"),
    [
        ("no-host", "network", "", "skip"),
        ("no-host", '"net*"', "", "skip"),
        ("no-host", "other", "", "fail"),
        ("other", "network", "", "fail"),
        ("no-host", "network", "  conditions: {any: [{key: 1, operator: Equals, value: 1}]}", "skip"),
        ("no-host", "network", "  conditions: {any: [{key: 1, operator: Equals, value: 2}]}", "fail"),
        ("no-host", "network", "  conditions: {any: [{key: '{{ no }}', operator: Equals, value: 2}]}", "fail"),
    ],
)
def test_an_exception_names_policy_and_rules(named: str, rules: str, extra: str, expected: str) -> None:
    assert outcome(PATTERN, named, rules, extra, pod(hostNetwork=True))[0] == expected


def test_an_exception_is_named_in_the_result() -> None:
    assert outcome(PATTERN, "no-host", "network", "", pod(hostNetwork=True)) == (
        "skip",
        "excepted by PolicyException ops/legacy",
    )


def test_an_exception_does_not_cover_other_objects() -> None:
    assert outcome(PATTERN, "no-host", "network", "", pod(name="db", hostNetwork=True))[0] == "fail"


def test_a_generated_rule_is_named_by_its_own_name() -> None:
    body = deployment(pod(hostNetwork=True))
    assert outcome(PATTERN, "no-host", "network", "", body)[0] == "fail"
    assert outcome(PATTERN, "no-host", "network, autogen-network", "", body)[0] == "skip"


@pytest.mark.parametrize(
    ("control", "expected"), [("Host Namespaces", "skip"), ("Host Ports", "fail"), ("Capabilities", "fail")]
)
def test_single_controls_of_the_pod_security_standards_are_excepted(control: str, expected: str) -> None:
    extra = f"  podSecurity: [{{controlName: {control}}}]"
    result, message = outcome(BASELINE, "no-host", "network", extra, pod(hostNetwork=True))
    assert result == expected
    assert ("ops/legacy" in message) is (expected == "skip")


@pytest.mark.parametrize(
    "spec",
    [
        "{match: {}, exceptions: []}",
        "{exceptions: [{policyName: a, rules: [b]}]}",
        "{exceptions: [{policyName: a, ruleNames: [b]}], odd: 1}",
        "{exceptions: [{policyName: a, ruleNames: [b]}], conditions: {any: [{operator: Is}]}}",
        "{exceptions: [{policyName: a, ruleNames: [b]}], podSecurity: [{control: x}]}",
    ],
)
def test_a_malformed_exception_is_an_error(spec: str) -> None:
    text = f"apiVersion: kyverno.io/v2\nkind: PolicyException\nmetadata: {{name: e}}\nspec: {spec}\n"
    with pytest.raises(PolicyError):
        policies_of(load(documents(text)))
