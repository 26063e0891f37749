"""The quick proof that a pod is fine, against the controls it saves the trouble of asking."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security import CONTROLS, Level, MalformedPod, check, evaluate_controls
from gitops_audit.policy.pod_security.pod import find
from gitops_audit.policy.pod_security.proof import is_fine
from gitops_audit.policy.pod_security.registry import active
from tests.unit.policy.pod_security.case import Case, compliant_pod
from tests.unit.policy.pod_security.cases import CASES

pytestmark = pytest.mark.slow

LEVELS: tuple[Level, ...] = ("baseline", "restricted")
MINORS = sorted({revision.since for control in CONTROLS for revision in control.revisions})
READ = """name hostNetwork hostPID hostIPC hostUsers os securityContext volumes containers initContainers privileged
    ephemeralContainers procMount capabilities add drop seccompProfile appArmorProfile seLinuxOptions type user role
    sysctls windowsOptions hostProcess allowPrivilegeEscalation runAsNonRoot runAsUser ports hostPort livenessProbe
    startupProbe lifecycle postStart preStop httpGet tcpSocket host hostPath emptyDir secret annotations"""
WORDS = """ALL NET_BIND_SERVICE SYS_ADMIN Default Unmasked RuntimeDefault Localhost windows container_t 10.0.0.1"""
FIELDS = READ.split()
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-1, 1), st.sampled_from(["", *WORDS.split()]))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
PLACES = (
    ("metadata",),
    ("spec",),
    ("spec", "os"),
    ("spec", "securityContext"),
    ("spec", "securityContext", "seccompProfile"),
    ("spec", "securityContext", "seLinuxOptions"),
    ("spec", "securityContext", "windowsOptions"),
    ("spec", "volumes", 0),
    ("spec", "containers", 0),
    ("spec", "containers", 0, "ports", 0),
    ("spec", "containers", 0, "livenessProbe"),
    ("spec", "containers", 0, "livenessProbe", "httpGet"),
    ("spec", "containers", 0, "lifecycle", "preStop"),
    ("spec", "containers", 0, "securityContext"),
    ("spec", "containers", 0, "securityContext", "capabilities"),
    ("spec", "containers", 0, "securityContext", "appArmorProfile"),
)
CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(FIELDS), VALUES), max_size=3)


def full_pod() -> JsonObject:
    """A pod that has something at every place, and fulfils `restricted`."""
    pod = compliant_pod(has_init=True)
    pod["metadata"]["annotations"] = {"example.io/owner": "web"}
    pod["spec"] |= {"os": {"name": "linux"}, "volumes": [{"name": "tmp", "emptyDir": {}}], "hostPID": False}
    pod["spec"]["securityContext"] |= {"seLinuxOptions": {"type": "container_t"}, "windowsOptions": {}, "fsGroup": 1}
    handler = {"httpGet": {"port": 80}}
    pod["spec"]["containers"][0] |= {
        "ports": [{"containerPort": 80}],
        "livenessProbe": handler,
        "lifecycle": {"preStop": handler},
    }
    pod["spec"]["containers"][0]["securityContext"]["appArmorProfile"] = {"type": "RuntimeDefault"}
    return pod


def changed(changes: list[tuple[tuple[str | int, ...], str, Any]]) -> JsonObject:
    """A full pod with fields set at places, where an earlier change left the place."""
    pod = full_pod()
    for place, field, value in changes:
        with contextlib.suppress(KeyError, IndexError, TypeError):
            node: Any = pod
            for step in place:
                node = node[step]
            node[field] = copy.deepcopy(value)
    return pod


def refused(level: Level, pod: JsonObject, *, overridden: bool = True) -> list[tuple[int, str]]:
    """(minor version, control) of all that refuse, or cannot judge, when each control is asked."""
    found = []
    for minor in MINORS:
        for item in active(level, minor):
            if item.is_overridden and not overridden:
                continue
            try:
                target = find(pod)
                breach = item.judge(target) if target is not None else None
            except MalformedPod:
                found.append((minor, "malformed"))
            else:
                found += [(minor, item.control.id)] if breach is not None else []
    return found


@settings(max_examples=600, deadline=None)
@given(CHANGES)
@example([(("spec", "volumes", 0), "hostPath", {})])
@example([(("spec", "volumes", 0), "emptyDir", None)])
@example([(("spec", "volumes", 0), "secret", "x")])
@example([(("spec", "securityContext"), "runAsNonRoot", False)])
@example([(("spec", "containers", 0, "securityContext"), "runAsUser", False)])
@example([(("spec", "containers", 0, "ports", 0), "hostPort", False)])
@example([(("spec",), "initContainers", [None])])
def test_what_is_proved_is_refused_by_no_control_of_any_version(
    changes: list[tuple[tuple[str | int, ...], str, Any]],
) -> None:
    pod = changed(changes)
    for level in LEVELS:
        if is_fine(level, pod):
            assert refused(level, pod) == []


@settings(max_examples=300, deadline=None)
@given(CHANGES)
@example([(("spec", "containers", 0), "securityContext", None)])
@example([(("spec", "containers", 0), "securityContext", None), (("spec",), "hostPID", True)])
@example([(("spec", "securityContext"), "runAsNonRoot", "no")])
def test_a_pod_is_refused_by_the_controls_that_refuse_it_when_each_is_asked(
    changes: list[tuple[tuple[str | int, ...], str, Any]],
) -> None:
    pod = changed(changes)
    for level in LEVELS:
        expected = refused(level, pod, overridden=False)
        for minor in MINORS:
            wanted = {control for at, control in expected if at == minor}
            try:
                found = {item.control for item in check(level, f"1.{minor}", pod)}
            except MalformedPod:
                found = {"malformed"}
            assert found == wanted or "malformed" in found & wanted


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_case_that_a_control_refuses_is_proved(case: Case) -> None:
    for level in LEVELS:
        assert not (is_fine(level, case.pod()) and refused(level, case.pod()))


@pytest.mark.parametrize("level", LEVELS)
def test_pods_as_they_should_be_are_proved(level: Level) -> None:
    assert is_fine(level, compliant_pod())
    assert is_fine(level, full_pod())
    assert not refused(level, full_pod())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("volumes", [{"name": "a", "configMap": {"name": "a"}}, {"name": "b", "projected": {"sources": []}}]),
        ("containers", [{**compliant_pod()["spec"]["containers"][0], "readinessProbe": {"tcpSocket": {"port": 1}}}]),
        ("securityContext", {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "Localhost"}}),
        ("hostNetwork", False),
    ],
)
def test_common_settings_need_no_control(field: str, value: Any) -> None:
    pod = compliant_pod()
    pod["spec"][field] = value

    assert is_fine("restricted", pod)


def test_a_pod_without_its_own_user_or_profile_needs_those_of_its_containers() -> None:
    pod = compliant_pod()
    del pod["spec"]["securityContext"]
    assert is_fine("baseline", pod)
    assert not is_fine("restricted", pod)

    pod["spec"]["containers"][0]["securityContext"] |= {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}
    assert is_fine("restricted", pod)


def test_a_proved_pod_has_the_results_of_all_controls() -> None:
    proved, judged = compliant_pod(), compliant_pod()
    # an annotation the proof leaves to the controls, which accept it
    judged["metadata"]["annotations"] = {"seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}
    assert is_fine("restricted", proved)
    assert not is_fine("restricted", judged)

    for minor in MINORS:
        version = f"1.{minor}"
        assert evaluate_controls("restricted", version, proved) == evaluate_controls("restricted", version, judged)
