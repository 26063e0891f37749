from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.kyverno.pod_security_rule import PodSecurityRule
from tests.unit.policy.kyverno.making import cron_job, deployment, pod

SAFE: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
}
GOOD = {"name": "a", "image": "corp/a:1", "securityContext": SAFE}
ADDS = {"name": "b", "image": "istio/proxy:1", "securityContext": {**SAFE, "capabilities": {"add": ["SYS_ADMIN"]}}}
PRIVILEGED = {"name": "c", "image": "corp/c:1", "securityContext": {"privileged": True}}
ROOT = {"name": "d", "image": "corp/d:1", "securityContext": {**SAFE, "runAsNonRoot": False}}
ADD_FIELD = "spec.containers[*].securityContext.capabilities.add"
DROP_FIELD = "spec.containers[*].securityContext.capabilities.drop"


def outcome(level: Any, body: dict[str, Any], *exclude: dict[str, Any]) -> str:
    return PodSecurityRule(level, "latest", exclude).evaluate("r", body).result


@pytest.mark.parametrize("wrap", [lambda body: body, deployment, cron_job])
def test_a_pod_and_its_controllers_are_judged(wrap: Any) -> None:
    assert outcome("restricted", wrap(pod(GOOD))) == "pass"
    assert outcome("baseline", wrap(pod(PRIVILEGED))) == "fail"


def test_a_failure_says_what_and_where() -> None:
    result = PodSecurityRule("baseline", "latest").evaluate("r", deployment(pod(PRIVILEGED)))
    assert 'violates PodSecurity "baseline:latest": privileged' in result.message
    assert result.pointer == "/spec/template/spec/containers/0/securityContext/privileged"


@pytest.mark.parametrize(
    ("body", "exclude", "expected"),
    [
        (pod(hostNetwork=True), {"controlName": "Host Namespaces"}, "pass"),
        (pod(hostNetwork=True), {"controlName": "Host Ports"}, "fail"),
        (pod(hostNetwork=True, hostPID=True), {"controlName": "Host Namespaces"}, "pass"),
        (
            pod(hostNetwork=True, hostPID=True),
            {"controlName": "Host Namespaces", "restrictedField": "spec.hostNetwork"},
            "fail",
        ),
        (pod(PRIVILEGED), {"controlName": "Privileged Containers", "images": ["corp/*"]}, "pass"),
        (pod(PRIVILEGED), {"controlName": "Privileged Containers", "images": ["other/*"]}, "fail"),
        (pod(PRIVILEGED), {"controlName": "Privileged Containers"}, "fail"),
        (pod(ADDS), {"controlName": "Capabilities", "images": ["istio/*"]}, "pass"),
        (
            pod(ADDS),
            {
                "controlName": "Capabilities",
                "images": ["istio/*"],
                "restrictedField": ADD_FIELD,
                "values": ["SYS_*"],
            },
            "pass",
        ),
        (
            pod(ADDS),
            {"controlName": "Capabilities", "images": ["istio/*"], "restrictedField": ADD_FIELD, "values": ["NET_*"]},
            "fail",
        ),
    ],
)
def test_an_exclusion_takes_away_what_it_names(body: dict[str, Any], exclude: dict[str, Any], expected: str) -> None:
    assert outcome("baseline", body, exclude) == expected


def test_one_excluded_image_does_not_spare_the_others() -> None:
    exclude = {"controlName": "Privileged Containers", "images": ["corp/*"]}
    other = {**PRIVILEGED, "name": "x", "image": "shady/x"}
    assert outcome("baseline", pod(PRIVILEGED, other), exclude) == "fail"


def test_exclusions_of_one_control_add_up() -> None:
    both = [
        {"controlName": "Capabilities", "images": ["istio/*"], "restrictedField": field, "values": values}
        for field, values in ((ADD_FIELD, ["SYS_ADMIN"]), (DROP_FIELD, []))
    ]
    assert outcome("restricted", pod(ADDS), *both) == "pass"
    assert outcome("restricted", pod(ADDS), both[0]) == "fail"


def test_a_container_that_runs_as_root_is_excluded_by_its_image() -> None:
    assert outcome("restricted", pod(ROOT), {"controlName": "Running as Non-root", "images": ["corp/*"]}) == "pass"


def test_what_has_no_pod_cannot_be_judged() -> None:
    assert outcome("baseline", {"kind": "Service", "metadata": {"name": "s"}}) == "error"


def test_a_malformed_pod_is_an_error() -> None:
    assert outcome("baseline", pod(hostNetwork="yes")) == "error"
