"""Controls on confinement: AppArmor, SELinux, seccomp, the masks of /proc.

Facts from Kubernetes' pod-security-admission/policy: check_appArmorProfile, check_seLinuxOptions,
check_seccompProfile_baseline and _restricted, check_procMount_baseline and _restricted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gitops_audit.model.path import unescaped
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security.fields import section, text
from gitops_audit.policy.pod_security.pod import Container, Pod
from gitops_audit.policy.pod_security.result import Breach, Evidence
from gitops_audit.policy.pod_security.wording import containers, go_quoted, plural, quoted, setters

APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/"
PROFILES = frozenset({"RuntimeDefault", "Localhost"})
_SECCOMP_VALUES = frozenset({"runtime/default", "docker/default"})
SELINUX_TYPES_1_0 = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
SELINUX_TYPES_1_31 = SELINUX_TYPES_1_0 | {"container_engine_t"}


def apparmor(pod: Pod) -> Breach | None:
    """No AppArmor profile but the runtime's or one of the node, by field or by annotation."""
    own, bad, evidence = _profiles(pod, "appArmorProfile")
    annotated = tuple(_apparmor_annotations(pod))
    if not evidence and not annotated:
        return None
    values = sorted({item.value for item in evidence}) + sorted(_annotation(pod, item) for item in annotated)
    who = setters(own, bad) + ([plural("annotation", len(annotated))] if annotated else [])
    detail = f"{' and '.join(who)} must not set AppArmor profile type to {quoted(values)}"
    return Breach(plural("forbidden AppArmor profile", len(values)), detail, evidence + annotated)


def _apparmor_annotations(pod: Pod) -> Iterator[Evidence]:
    for key in pod.annotations:
        if key.startswith(APPARMOR_ANNOTATION):
            value = text(pod.annotations, key)
            if value not in ("", "runtime/default") and not value.startswith("localhost/"):
                yield pod.annotation(key, f"{APPARMOR_ANNOTATION}*")


def _annotation(pod: Pod, item: Evidence) -> str:
    key = unescaped(item.pointer.removeprefix(f"{pod.root}/metadata/annotations/"))
    return f"{key}={go_quoted(item.value)}"


def _profiles(pod: Pod, key: str) -> tuple[bool, list[Container], tuple[Evidence, ...]]:
    """Whether the pod, and which containers, set a profile of a forbidden type, with the evidence."""
    path = ("securityContext", key, "type")
    own = _profile(pod.security, key)
    is_own_bad = own is not None and own not in PROFILES
    found = [
        (c, kind) for c in pod.containers if (kind := _profile(c.security, key)) is not None and kind not in PROFILES
    ]
    of_pod = (pod.at(*path, value=own),) if is_own_bad else ()
    of_containers = tuple(pod.within(container, *path, value=kind) for container, kind in found)
    return is_own_bad, [container for container, _ in found], of_pod + of_containers


def _profile(security: JsonObject, key: str) -> str | None:
    """The type of a profile (empty when a profile is set without one); None where no profile is set."""
    profile = section(security, key) if security else None
    return None if profile is None else text(profile, "type")


def seccomp_baseline_1_0(pod: Pod) -> Breach | None:
    """Seccomp annotations name the runtime's profile or one of the node."""
    evidence = tuple({item.pointer: item for item in _seccomp_annotations(pod)}.values())
    if not evidence:
        return None
    shown = sorted(_annotation(pod, item) for item in evidence)
    detail = f"forbidden {plural('annotation', len(shown))} {', '.join(shown)}"
    return Breach("seccompProfile", detail, evidence)


def _seccomp_annotations(pod: Pod) -> Iterator[Evidence]:
    keys = [(SECCOMP_ANNOTATION, SECCOMP_ANNOTATION)]
    keys += [(SECCOMP_CONTAINER_ANNOTATION + c.name, f"{SECCOMP_CONTAINER_ANNOTATION}*") for c in pod.containers]
    for key, field in keys if pod.annotations else ():
        if key in pod.annotations:
            value = text(pod.annotations, key)
            if value not in _SECCOMP_VALUES and not value.startswith("localhost/"):
                yield pod.annotation(key, field)


def seccomp_baseline_1_19(pod: Pod) -> Breach | None:
    """Where a seccomp profile is set by field, it is the runtime's or one of the node."""
    own, bad, evidence = _profiles(pod, "seccompProfile")
    if not evidence:
        return None
    values = quoted(sorted({item.value for item in evidence}))
    detail = f"{' and '.join(setters(own, bad))} must not set securityContext.seccompProfile.type to {values}"
    return Breach("seccompProfile", detail, evidence)


def seccomp_restricted_1_19(pod: Pod) -> Breach | None:
    """Each container has such a seccomp profile, by its own setting or the pod's."""
    breach = seccomp_baseline_1_19(pod)
    if breach is not None or _profile(pod.security, "seccompProfile") is not None:
        return breach
    bad = [container for container in pod.containers if _profile(container.security, "seccompProfile") is None]
    if not bad:
        return None
    detail = f'pod or {containers(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    path = ("securityContext", "seccompProfile", "type")
    return Breach("seccompProfile", detail, tuple(pod.within(container, *path) for container in bad))


def seccomp_restricted_1_25(pod: Pod) -> Breach | None:
    """As before; Windows pods are exempt."""
    return None if pod.is_windows else seccomp_restricted_1_19(pod)


def proc_mount_1_0(pod: Pod) -> Breach | None:
    """/proc keeps its default masks."""
    mounts = [(container, text(container.security, "procMount")) for container in pod.containers if container.security]
    bad = [(c, mount) for c, mount in mounts if c.security.get("procMount") is not None and mount != "Default"]
    if not bad:
        return None
    values = quoted(sorted({mount for _, mount in bad}))
    detail = f"{containers([c for c, _ in bad])} must not set securityContext.procMount to {values}"
    return Breach("procMount", detail, tuple(pod.within(c, "securityContext", "procMount", value=m) for c, m in bad))


def proc_mount_1_35(pod: Pod) -> Breach | None:
    """As before; pods in a user namespace (`hostUsers: false`) are exempt."""
    return None if pod.is_in_user_namespace else proc_mount_1_0(pod)


def selinux_1_0(pod: Pod) -> Breach | None:
    """No SELinux user or role, and only a type for containers."""
    return _selinux(pod, SELINUX_TYPES_1_0)


def selinux_1_31(pod: Pod) -> Breach | None:
    """As before; the type container_engine_t is allowed too."""
    return _selinux(pod, SELINUX_TYPES_1_31)


def _selinux(pod: Pod, allowed: Collection[str]) -> Breach | None:
    own = [pod.at("securityContext", "seLinuxOptions", k, value=v) for k, v in _selinux_options(pod.security, allowed)]
    found = [(c, list(_selinux_options(c.security, allowed))) for c in pod.containers if c.security]
    bad = [(container, options) for container, options in found if options]
    if not own and not bad:
        return None
    path = ("securityContext", "seLinuxOptions")
    evidence = (*own, *(pod.within(c, *path, k, value=v) for c, options in bad for k, v in options))
    who = " and ".join(setters(bool(own), [container for container, _ in bad]))
    detail = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(_selinux_data(evidence))}"
    return Breach("seLinuxOptions", detail, evidence)


def _selinux_options(security: JsonObject, allowed: Collection[str]) -> Iterator[tuple[str, str]]:
    options = section(security, "seLinuxOptions") if security else None
    if not options:
        return
    if (kind := text(options, "type")) not in allowed:
        yield "type", kind
    for key in ("user", "role"):
        if value := text(options, key):
            yield key, value


def _selinux_data(evidence: Collection[Evidence]) -> Iterator[str]:
    types = sorted({item.value for item in evidence if item.field.endswith(".type")})
    if types:
        yield f"{plural('type', len(types))} {quoted(types)}"
    for key in ("user", "role"):
        if any(item.field.endswith(f".{key}") for item in evidence):
            yield f"{key} may not be set"
