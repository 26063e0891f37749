"""Controls on the rights of a container's process: privileged, capabilities, escalation, root.

Facts from Kubernetes' pod-security-admission/policy: check_privileged, check_capabilities_baseline and _restricted,
check_allowPrivilegeEscalation, check_runAsNonRoot, check_runAsUser.
"""

from __future__ import annotations

from collections.abc import Collection

from gitops_audit.policy.pod_security.fields import flag, number, section, texts
from gitops_audit.policy.pod_security.pod import Container, Pod
from gitops_audit.policy.pod_security.result import Breach, Evidence
from gitops_audit.policy.pod_security.wording import containers, quoted, setters

DEFAULT_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
RESTRICTED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})


def privileged(pod: Pod) -> Breach | None:
    """No privileged container."""
    bad = [container for container in pod.containers if container.security and flag(container.security, "privileged")]
    if not bad:
        return None
    evidence = tuple(pod.within(container, "securityContext", "privileged", value=True) for container in bad)
    return Breach("privileged", f"{containers(bad)} must not set securityContext.privileged=true", evidence)


def escalation_1_8(pod: Pod) -> Breach | None:
    """Each container forbids privilege escalation."""
    bad = [
        container for container in pod.containers if flag(container.security, "allowPrivilegeEscalation") is not False
    ]
    if not bad:
        return None
    detail = f"{containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Breach("allowPrivilegeEscalation != false", detail, _evidence(pod, bad, "allowPrivilegeEscalation"))


def escalation_1_25(pod: Pod) -> Breach | None:
    """As before; Windows pods are exempt."""
    return None if pod.is_windows else escalation_1_8(pod)


def capabilities_baseline(pod: Pod) -> Breach | None:
    """No capability is added beyond the runtime's default set."""
    bad, evidence = _added(pod, DEFAULT_CAPABILITIES)
    return Breach("non-default capabilities", _added_detail(bad, evidence), tuple(evidence)) if bad else None


def capabilities_restricted_1_22(pod: Pod) -> Breach | None:
    """Each container drops ALL capabilities and adds NET_BIND_SERVICE at most."""
    keeping = [container for container in pod.containers if "ALL" not in _capabilities(container, "drop")]
    adding, evidence = _added(pod, RESTRICTED_CAPABILITIES)
    if not keeping and not adding:
        return None
    details = [f'{containers(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    details += [_added_detail(adding, evidence)] if adding else []
    missing = [_drop_evidence(pod, container) for container in keeping]
    return Breach("unrestricted capabilities", "; ".join(details), (*missing, *evidence))


def capabilities_restricted_1_25(pod: Pod) -> Breach | None:
    """As before; Windows pods are exempt."""
    return None if pod.is_windows else capabilities_restricted_1_22(pod)


def _capabilities(container: Container, key: str) -> list[str]:
    capabilities = section(container.security, "capabilities") if container.security else None
    return texts(capabilities, key) if capabilities else []


def _added(pod: Pod, allowed: Collection[str]) -> tuple[list[Container], list[Evidence]]:
    bad: list[Container] = []
    evidence: list[Evidence] = []
    for container in pod.containers:
        forbidden = [(i, name) for i, name in enumerate(_capabilities(container, "add")) if name not in allowed]
        bad += [container] if forbidden else []
        path = ("securityContext", "capabilities", "add")
        evidence += [pod.within(container, *path, i, value=name) for i, name in forbidden]
    return bad, evidence


def _added_detail(bad: list[Container], evidence: list[Evidence]) -> str:
    names = quoted(sorted({item.value for item in evidence}))
    return f"{containers(bad)} must not include {names} in securityContext.capabilities.add"


def _drop_evidence(pod: Pod, container: Container) -> Evidence:
    dropped = _capabilities(container, "drop")
    path = ("securityContext", "capabilities", "drop")
    return pod.within(container, *path, value=dropped) if dropped else pod.within(container, *path)


def non_root_1_0(pod: Pod) -> Breach | None:
    """runAsNonRoot is true for each container, by its own setting or the pod's, and never false."""
    of_pod = flag(pod.security, "runAsNonRoot")
    settings = [(container, flag(container.security, "runAsNonRoot")) for container in pod.containers]
    explicit = [container for container, value in settings if value is False]
    if of_pod is False or explicit:
        own = (pod.at("securityContext", "runAsNonRoot", value=False),) if of_pod is False else ()
        detail = f"{' and '.join(setters(of_pod is False, explicit))} must not set securityContext.runAsNonRoot=false"
        return Breach("runAsNonRoot != true", detail, own + _evidence(pod, explicit, "runAsNonRoot"))
    implicit = [] if of_pod else [container for container, value in settings if value is None]
    if not implicit:
        return None
    detail = f"pod or {containers(implicit)} must set securityContext.runAsNonRoot=true"
    return Breach("runAsNonRoot != true", detail, _evidence(pod, implicit, "runAsNonRoot"))


def non_root_1_35(pod: Pod) -> Breach | None:
    """As before; pods in a user namespace (`hostUsers: false`) are exempt."""
    return None if pod.is_in_user_namespace else non_root_1_0(pod)


def user_1_23(pod: Pod) -> Breach | None:
    """runAsUser is not 0."""
    is_pod = number(pod.security, "runAsUser") == 0
    bad = [container for container in pod.containers if number(container.security, "runAsUser") == 0]
    if not is_pod and not bad:
        return None
    own = (pod.at("securityContext", "runAsUser", value=0),) if is_pod else ()
    detail = f"{' and '.join(setters(is_pod, bad))} must not set runAsUser=0"
    return Breach("runAsUser=0", detail, own + _evidence(pod, bad, "runAsUser"))


def user_1_35(pod: Pod) -> Breach | None:
    """As before; pods in a user namespace (`hostUsers: false`) are exempt."""
    return None if pod.is_in_user_namespace else user_1_23(pod)


def _evidence(pod: Pod, found: list[Container], key: str) -> tuple[Evidence, ...]:
    path = ("securityContext", key)
    return tuple(
        pod.within(container, *path, value=container.security[key])
        if container.security.get(key) is not None
        else pod.within(container, *path)
        for container in found
    )
