from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.errors import PolicyError
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security import (
    CONTROLS,
    LAST_CHANGE,
    Level,
    MalformedPod,
    check,
    evaluate_controls,
    message,
)
from tests.unit.policy.pod_security.case import Case, compliant_pod
from tests.unit.policy.pod_security.cases import CASES

LEVELS: tuple[Level, ...] = ("baseline", "restricted")
VERSIONS = [f"1.{minor}" for minor in range(LAST_CHANGE + 3)]


def _privileged() -> JsonObject:
    body = compliant_pod()
    body["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    return body


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pod_is_refused_in_the_words_of_kubernetes_in_exactly_the_versions_that_refuse_it(
    case: Case, level: Level
) -> None:
    pod = case.pod()
    found = {version: [str(item) for item in check(level, version, pod)] for version in VERSIONS}
    assert found == {version: case.expected(level, minor) for minor, version in enumerate(VERSIONS)}


def test_every_revision_of_every_control_has_a_case_that_it_refuses() -> None:
    revisions = {(control.id, revision.since) for control in CONTROLS for revision in control.revisions}
    refused = {
        (item.control, minor)
        for case in CASES
        for level in LEVELS
        for minor in {since for _, since in revisions}
        for item in check(level, f"1.{minor}", case.pod())
    }
    assert revisions <= refused


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_latest_is_the_last_change_and_so_are_versions_to_come(case: Case, level: Level) -> None:
    pod = case.pod()
    assert check(level, "latest", pod) == check(level, f"v1.{LAST_CHANGE}", pod) == check(level, "1.99", pod)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_restricted_refuses_whatever_baseline_refuses(case: Case) -> None:
    pod = case.pod()
    for version in VERSIONS:
        assert not check("baseline", version, pod) or check("restricted", version, pod)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_privileged_refuses_nothing(case: Case) -> None:
    assert check("privileged", "latest", case.pod()) == ()


TEMPLATES = [
    ("v1", "PodTemplate", ["template"]),
    ("v1", "ReplicationController", ["spec", "template"]),
    ("apps/v1", "Deployment", ["spec", "template"]),
    ("apps/v1", "ReplicaSet", ["spec", "template"]),
    ("apps/v1", "StatefulSet", ["spec", "template"]),
    ("apps/v1", "DaemonSet", ["spec", "template"]),
    ("extensions/v1beta1", "Deployment", ["spec", "template"]),
    ("batch/v1", "Job", ["spec", "template"]),
    ("batch/v1", "CronJob", ["spec", "jobTemplate", "spec", "template"]),
]


def _within(api_version: str, kind: str, path: list[str], pod: JsonObject) -> JsonObject:
    body: JsonObject = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
    holder = body
    for key in path:
        holder = holder.setdefault(key, {})
    holder |= {"metadata": pod["metadata"], "spec": pod["spec"]}
    return body


@pytest.mark.parametrize(("api_version", "kind", "path"), TEMPLATES)
def test_a_pod_template_is_judged_as_the_pod_it_makes(api_version: str, kind: str, path: list[str]) -> None:
    for case in CASES:
        body = _within(api_version, kind, path, case.pod())
        for level in LEVELS:
            assert list(map(str, check(level, "latest", body))) == case.expected(level, LAST_CHANGE)


@pytest.mark.parametrize(("api_version", "kind", "path"), TEMPLATES)
def test_a_violation_points_into_the_whole_object(api_version: str, kind: str, path: list[str]) -> None:
    (violation,) = check("baseline", "latest", _within(api_version, kind, path, _privileged()))
    assert violation.pointers == ("/" + "/".join(path) + "/spec/containers/0/securityContext/privileged",)
    assert violation.evidence[0].field == "spec.containers[*].securityContext.privileged"


@pytest.mark.parametrize(
    "body",
    [
        {"apiVersion": "example.io/v1", "kind": "Deployment"},
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"},
        {"apiVersion": "v1", "kind": "Service"},
        {"kind": "Pod", "apiVersion": "apps/v1"},
        {},
    ],
)
def test_what_kubernetes_does_not_look_into_has_no_violations(body: JsonObject) -> None:
    spec = {"template": {"spec": _privileged()["spec"]}} | _privileged()["spec"]
    assert check("restricted", "latest", body | {"spec": spec}) == ()


def test_a_controller_without_a_template_has_no_violations() -> None:
    assert check("restricted", "latest", {"apiVersion": "v1", "kind": "ReplicationController", "spec": {}}) == ()


@pytest.mark.parametrize("place", ["initContainers", "containers", "ephemeralContainers"])
def test_all_three_kinds_of_containers_are_judged(place: str) -> None:
    pod = compliant_pod()
    bad = {"name": "bad", "image": "bad:1", "securityContext": {"privileged": True}}
    pod["spec"].setdefault(place, []).append(bad)
    (violation,) = check("baseline", "latest", pod)
    evidence = violation.evidence[0]
    assert (violation.detail.split(" must")[0], evidence.container, evidence.image) == (
        'container "bad"',
        "bad",
        "bad:1",
    )
    assert evidence.pointer == f"/spec/{place}/{len(pod['spec'][place]) - 1}/securityContext/privileged"


def test_containers_are_named_init_first_and_ephemeral_last() -> None:
    pod = compliant_pod()
    for place in ("ephemeralContainers", "containers", "initContainers"):
        pod["spec"][place] = [{"name": place, "securityContext": {"privileged": True}}]
    (violation,) = check("baseline", "latest", pod)
    assert violation.detail.startswith('containers "initContainers", "containers", "ephemeralContainers" must')


def test_a_missing_field_is_evidence_with_no_value() -> None:
    pod = compliant_pod()
    del pod["spec"]["securityContext"]["runAsNonRoot"]
    (violation,) = check("restricted", "latest", pod)
    assert violation.evidence[0].value is ABSENT
    assert violation.pointers == ("/spec/containers/0/securityContext/runAsNonRoot",)


def test_a_capability_is_found_in_its_list() -> None:
    pod = compliant_pod()
    pod["spec"]["containers"][0]["securityContext"]["capabilities"]["add"] = ["KILL", "SYS_TIME"]
    (violation,) = check("baseline", "latest", pod)
    (evidence,) = violation.evidence
    assert evidence.pointer == "/spec/containers/0/securityContext/capabilities/add/1"
    assert (evidence.field, evidence.value) == ("spec.containers[*].securityContext.capabilities.add", "SYS_TIME")


def test_an_annotation_is_found_by_its_escaped_key() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/web"
    pod = compliant_pod()
    pod["metadata"]["annotations"] = {key: "unconfined"}
    (violation,) = check("baseline", "latest", pod)
    assert violation.pointers == ("/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1web",)
    assert violation.evidence[0].field == f"metadata.annotations['{key[:-3]}*']"


def test_the_message_is_the_one_of_the_api_server() -> None:
    pod = _privileged() | {"kind": "Pod"}
    pod["spec"]["hostPID"] = True
    assert message("baseline", "1.30", check("baseline", "1.30", pod)) == (
        'violates PodSecurity "baseline:v1.30": host namespaces (hostPID=true), '
        'privileged (container "web" must not set securityContext.privileged=true)'
    )


def test_all_controls_are_told_with_those_that_a_stricter_one_replaces() -> None:
    results = {item.control: item for item in evaluate_controls("restricted", "latest", _privileged())}
    assert len(results) == len(CONTROLS)
    assert {name for name, item in results.items() if item.is_overridden} == {
        "capabilities_baseline",
        "hostPathVolumes",
        "procMount",
        "seccompProfile_baseline",
    }
    assert not results["privileged"].is_allowed
    assert results["hostPorts"].is_allowed


def test_controls_that_did_not_exist_yet_are_not_told() -> None:
    names = {item.control for item in evaluate_controls("restricted", "1.7", compliant_pod())}
    assert names.isdisjoint(
        {"allowPrivilegeEscalation", "capabilities_restricted", "runAsUser", "procMount_restricted"}
    )


@pytest.mark.parametrize("version", ["", "1", "2.0", "1.", "1.030", "v1", "Latest", "1.24.1", "1.99999", "1.-1", "1.²"])
def test_a_version_that_does_not_exist_is_an_error(version: str) -> None:
    with pytest.raises(PolicyError, match="not a version of the Pod Security Standards") as error:
        check("baseline", version, compliant_pod())
    assert error.value.code == "GA433"


def test_a_level_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(PolicyError, match="not a level of the Pod Security Standards"):
        check("default", "latest", compliant_pod())  # type: ignore[arg-type]


MALFORMED = [
    ("spec", []),
    ("spec.containers", {"name": "a"}),
    ("spec.containers", ["a"]),
    ("spec.volumes", "all"),
    ("spec.hostNetwork", "true"),
    ("spec.hostUsers", "false"),
    ("spec.securityContext", "none"),
    ("spec.securityContext.runAsUser", "0"),
    ("spec.securityContext.runAsUser", False),
    ("spec.securityContext.runAsNonRoot", "false"),
    ("spec.securityContext.sysctls", [{"name": 1}]),
    ("spec.containers.0.securityContext.privileged", "true"),
    ("spec.containers.0.securityContext.capabilities.add", [1]),
    ("spec.containers.0.securityContext.procMount", 1),
    ("spec.containers.0.ports", [{"hostPort": "80"}]),
    ("spec.containers.0.name", 7),
    ("spec.os", {"name": 1}),
    ("metadata.annotations", []),
    ("metadata.annotations", {"container.apparmor.security.beta.kubernetes.io/web": 1}),
]


@pytest.mark.parametrize(("path", "value"), MALFORMED)
def test_a_field_of_an_impossible_type_is_an_error_and_never_a_pass(path: str, value: object) -> None:
    pod = compliant_pod()
    head, _, last = path.rpartition(".")
    node: Any = pod
    for key in head.split(".") if head else ():
        node = node[int(key)] if isinstance(node, list) else node[key]
    node[last] = value
    with pytest.raises(MalformedPod, match="cannot be judged"):
        check("restricted", "latest", pod)


def test_null_is_not_set() -> None:
    pod = _privileged()
    pod["spec"]["containers"][0]["securityContext"] = None
    pod["spec"] |= {"initContainers": None, "hostPID": None, "volumes": None, "securityContext": None, "os": None}
    pod["metadata"] = {"annotations": None}
    assert check("baseline", "latest", pod) == ()


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "ALL", "Unconfined", "windows"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "securityContext",
                    "capabilities",
                    "add",
                    "drop",
                    "seccompProfile",
                    "type",
                    "privileged",
                    "ports",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(spec=st.dictionaries(st.sampled_from(["containers", "volumes", "securityContext", "os"]), _ODD, max_size=4))
def test_a_strange_pod_is_judged_or_refused_and_never_changed(spec: JsonObject) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
    before = copy.deepcopy(pod)
    for level in LEVELS:
        with contextlib.suppress(MalformedPod):
            check(level, "latest", pod)
    assert pod == before
