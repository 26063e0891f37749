"""Proves in one pass that no control refuses a pod, in any version: true of most pods, which need no more than this.

Only the controls themselves refuse. A field is fine here where the strictest revision of each control that reads it
says so, and where it has the type of the API; fields that are not named here are read by no control.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from gitops_audit.kube.pod_template import CONTAINER_LISTS
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security.pod_settings import VOLUMES
from gitops_audit.policy.pod_security.privilege import DEFAULT_CAPABILITIES, RESTRICTED_CAPABILITIES
from gitops_audit.policy.pod_security.profile import (
    APPARMOR_ANNOTATION,
    PROFILES,
    SECCOMP_ANNOTATION,
    SECCOMP_CONTAINER_ANNOTATION,
    SELINUX_TYPES_1_0,
)
from gitops_audit.policy.pod_security.result import Level

Test = Callable[[Any], bool]


def is_fine(level: Level, holder: JsonObject) -> bool:
    """Whether a pod or pod template certainly fulfils a level; False says nothing."""
    if level == "baseline":
        return _BASELINE(holder)
    return level == "privileged" or (_RESTRICTED(holder) and _is_confined(holder.get("spec") or {}))


def _object(fields: Mapping[str, Test]) -> Test:
    """An object, whose named fields are fine or not set."""

    def test(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        for key, inner in value.items():
            field = fields.get(key)
            if field is not None and inner is not None and not field(inner):
                return False
        return True

    return test


def _list(element: Test) -> Test:
    def test(value: Any) -> bool:
        if not isinstance(value, list):
            return False
        for inner in value:  # noqa: SIM110 - a generator costs more than what it runs
            if not element(inner):
                return False
        return True

    return test


def _one_of(words: Collection[str]) -> Test:
    return lambda value: isinstance(value, str) and value in words


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_true(value: Any) -> bool:
    return value is True


def _is_false(value: Any) -> bool:
    return value is False


def _is_user(value: Any) -> bool:
    return isinstance(value, int) and value != 0 and not isinstance(value, bool)


def _is_never(_: Any) -> bool:
    return False


def _is_profile(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in PROFILES


def _has_no_profile(annotations: Any) -> bool:
    return isinstance(annotations, dict) and not any(key.startswith(_PROFILE_ANNOTATIONS) for key in annotations)


def _is_common_volume(volume: Any) -> bool:
    return _COMMON_VOLUME(volume) and any(kind in VOLUMES for kind, value in volume.items() if value is not None)


_PROFILE_ANNOTATIONS = (APPARMOR_ANNOTATION, SECCOMP_ANNOTATION, SECCOMP_CONTAINER_ANNOTATION)
_COMMON_VOLUME = _object({"hostPath": _is_never, **dict.fromkeys(VOLUMES, _object({}))})
_TARGET = _object({"host": _one_of(("",))})
_HANDLER = _object({"httpGet": _TARGET, "tcpSocket": _TARGET})
_SELINUX = _object({"type": _one_of(SELINUX_TYPES_1_0), "user": _one_of(("",)), "role": _one_of(("",))})


def _security(capabilities: Collection[str], more: Mapping[str, Test]) -> Test:
    fields: dict[str, Test] = {
        "privileged": _is_false,
        "procMount": _one_of(("Default",)),
        "capabilities": _object({"add": _list(_one_of(capabilities)), "drop": _list(_is_text)}),
        "seccompProfile": _is_profile,
        "appArmorProfile": _is_profile,
        "seLinuxOptions": _SELINUX,
        "sysctls": _list(_is_never),
        "windowsOptions": _object({"hostProcess": _is_false}),
    }
    return _object({**fields, **more})


def _pod(security: Test, volume: Test) -> Test:
    probes: dict[str, Test] = dict.fromkeys(("livenessProbe", "readinessProbe", "startupProbe"), _HANDLER)
    fields: dict[str, Test] = {
        "name": _is_text,
        "securityContext": security,
        "ports": _list(_object({"hostPort": _is_never})),
        "lifecycle": _object({"postStart": _HANDLER, "preStop": _HANDLER}),
    }
    spec: dict[str, Test] = {
        "hostNetwork": _is_false,
        "hostPID": _is_false,
        "hostIPC": _is_false,
        "hostUsers": _is_flag,
        "os": _object({"name": _is_text}),
        "securityContext": security,
        "volumes": _list(volume),
    }
    containers = dict.fromkeys(CONTAINER_LISTS, _list(_object(fields | probes)))
    metadata = _object({"annotations": _has_no_profile})
    return _object({"metadata": metadata, "spec": _object(spec | containers)})


_BASELINE = _pod(_security(DEFAULT_CAPABILITIES, {}), _object({"hostPath": _is_never}))
_RESTRICTED = _pod(
    _security(
        RESTRICTED_CAPABILITIES,
        {"allowPrivilegeEscalation": _is_false, "runAsNonRoot": _is_true, "runAsUser": _is_user},
    ),
    _is_common_volume,
)


def _is_confined(spec: JsonObject) -> bool:
    """What `restricted` wants to be set; the types are known to be right."""
    pod = spec.get("securityContext") or {}
    is_non_root, has_profile = pod.get("runAsNonRoot") is True, pod.get("seccompProfile") is not None
    for place in CONTAINER_LISTS:
        for container in spec.get(place) or ():
            own = container.get("securityContext") or {}
            if not (
                own.get("allowPrivilegeEscalation") is False
                and "ALL" in ((own.get("capabilities") or {}).get("drop") or ())
                and (is_non_root or own.get("runAsNonRoot") is True)
                and (has_profile or own.get("seccompProfile") is not None)
            ):
                return False
    return True
