from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno.pod_security_rule import PodSecurityRule
from tests.unit.policy.form.kyverno.making import cron_job, deployment, pod

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


def test_an_exclusion_for_values_covers_all_that_a_container_adds_or_nothing() -> None:
    adding = {"name": "b", "image": "corp/b:1", "securityContext": {"capabilities": {"add": ["SYS_ADMIN", "BPF"]}}}
    exclude = {"controlName": "Capabilities", "images": ["*"], "restrictedField": ADD_FIELD}
    apart = [exclude | {"values": [value]} for value in ("SYS_ADMIN", "BPF")]
    assert outcome("baseline", pod(adding), *apart) == "fail"
    assert outcome("baseline", pod(adding), exclude | {"values": ["SYS_ADMIN", "BPF"]}) == "pass"


def test_without_images_one_container_is_spared() -> None:
    bare = {"name": "a", "image": "corp/a:1", "securityContext": {**SAFE, "allowPrivilegeEscalation": True}}
    exclude = {"controlName": "Privilege Escalation"}
    assert outcome("restricted", pod(bare), exclude) == "pass"
    assert outcome("restricted", pod(bare, {**bare, "name": "b"}), exclude) == "fail"


@pytest.mark.parametrize(
    ("context", "values", "expected"),
    [
        ({**SAFE, "allowPrivilegeEscalation": True}, ["true"], "pass"),
        ({**SAFE, "allowPrivilegeEscalation": None}, ["true"], "fail"),
        ({**SAFE, "allowPrivilegeEscalation": None}, ["nil"], "pass"),
        ({**SAFE, "allowPrivilegeEscalation": None}, [], "pass"),
    ],
)
def test_an_escalation_that_is_not_forbidden_has_a_value_of_its_own(
    context: dict[str, Any], values: list[str], expected: str
) -> None:
    exclude = {"controlName": "Privilege Escalation", "images": ["*"], "values": values}
    assert outcome("restricted", pod({"name": "a", "image": "a", "securityContext": context}), exclude) == expected


def test_a_path_on_the_host_is_excluded_by_its_value() -> None:
    body = pod(volumes=[{"name": "v", "hostPath": {"path": "/var/lib/a"}}])
    exclude = {"controlName": "HostPath Volumes", "restrictedField": "spec.volumes[*].hostPath"}
    assert outcome("baseline", body, exclude | {"values": ["/var/lib/*"]}) == "pass"
    assert outcome("baseline", body, exclude | {"values": ["/etc/*"]}) == "fail"


def test_a_volume_without_a_source_has_a_field_to_exclude() -> None:
    body = pod(GOOD, volumes=[{"name": "v"}])
    assert outcome("restricted", body) == "fail"
    exclude = {"controlName": "Volume Types", "restrictedField": "spec.volumes[*].unknown"}
    assert outcome("restricted", body, exclude) == "pass"


def test_an_annotation_is_excluded_by_its_whole_key_with_stars_for_numbers() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/web1"
    body = pod()
    body["metadata"]["annotations"] = {key: "unconfined"}
    exclude = {"controlName": "AppArmor", "values": ["unconfined"]}
    field = "metadata.annotations[container.apparmor.security.beta.kubernetes.io/web*]"
    assert outcome("baseline", body, exclude | {"restrictedField": field}) == "pass"
    assert outcome("baseline", body, exclude | {"restrictedField": f"metadata.annotations[{key}]"}) == "fail"


def test_containers_that_say_nothing_count_beside_those_that_forbid() -> None:
    silent = {"name": "s", "image": "other/s:1", "securityContext": {**SAFE, "runAsNonRoot": None}}
    exclude = {"controlName": "Running as Non-root", "images": ["corp/*"]}
    assert outcome("restricted", pod(ROOT, silent), exclude) == "fail"
    assert outcome("restricted", pod(ROOT, silent), exclude | {"images": ["*"]}) == "pass"


def test_a_container_that_runs_as_root_is_excluded_by_its_image() -> None:
    assert outcome("restricted", pod(ROOT), {"controlName": "Running as Non-root", "images": ["corp/*"]}) == "pass"


def test_what_has_no_pod_cannot_be_judged() -> None:
    assert outcome("baseline", {"kind": "Service", "metadata": {"name": "s"}}) == "error"


def test_a_malformed_pod_is_an_error() -> None:
    assert outcome("baseline", pod(hostNetwork="yes")) == "error"
