"""Controls on settings of the whole pod: sysctls, and the types of its volumes.

Facts from Kubernetes' pod-security-admission/policy: check_sysctls, check_restrictedVolumes.
"""

from __future__ import annotations

from collections.abc import Collection

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security.fields import section, sections, text
from gitops_audit.policy.pod_security.pod import Pod
from gitops_audit.policy.pod_security.result import Breach, Evidence
from gitops_audit.policy.pod_security.wording import plural, quoted

SYSCTLS_1_0 = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_syncookies",
    }
)
SYSCTLS_1_27 = SYSCTLS_1_0 | {"net.ipv4.ip_local_reserved_ports"}
SYSCTLS_1_29 = SYSCTLS_1_27 | {
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
}
SYSCTLS_1_32 = SYSCTLS_1_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}

VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
# In the order Kubernetes looks for them: a volume of several types is named by the first.
_RESTRICTED_VOLUMES = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
)


def sysctls_1_0(pod: Pod) -> Breach | None:
    """Only sysctls that Kubernetes calls safe."""
    return _sysctls(pod, SYSCTLS_1_0)


def sysctls_1_27(pod: Pod) -> Breach | None:
    """As before; net.ipv4.ip_local_reserved_ports is allowed too."""
    return _sysctls(pod, SYSCTLS_1_27)


def sysctls_1_29(pod: Pod) -> Breach | None:
    """As before; net.ipv4.tcp_fin_timeout and tcp_keepalive_intvl, _probes, _time are allowed too."""
    return _sysctls(pod, SYSCTLS_1_29)


def sysctls_1_32(pod: Pod) -> Breach | None:
    """As before; net.ipv4.tcp_rmem and net.ipv4.tcp_wmem are allowed too."""
    return _sysctls(pod, SYSCTLS_1_32)


def _sysctls(pod: Pod, allowed: Collection[str]) -> Breach | None:
    names = [text(item, "name") for item in sections(pod.security, "sysctls")]
    bad = [(i, name) for i, name in enumerate(names) if name not in allowed]
    if not bad:
        return None
    evidence = tuple(pod.at("securityContext", "sysctls", i, "name", value=name) for i, name in bad)
    return Breach("forbidden sysctls", ", ".join(name for _, name in bad), evidence)


def volume_types(pod: Pod) -> Breach | None:
    """Only volumes that hold configuration, scratch space, claims or an image."""
    volumes = list(enumerate(sections(pod.spec, "volumes")))
    bad = [(i, volume) for i, volume in volumes if not any(section(volume, kind) is not None for kind in VOLUMES)]
    if not bad:
        return None
    kinds = [_restricted_type(volume) for _, volume in bad]
    verb, unique = "uses" if len(bad) == 1 else "use", sorted(set(kinds))
    subject = f"{plural('volume', len(bad))} {quoted(text(volume, 'name') for _, volume in bad)} {verb}"
    detail = f"{subject} {plural('restricted volume type', len(unique))} {quoted(unique)}"
    evidence = tuple(_volume_evidence(pod, i, volume, kind) for (i, volume), kind in zip(bad, kinds, strict=True))
    return Breach("restricted volume types", detail, evidence)


def _restricted_type(volume: JsonObject) -> str:
    return next((kind for kind in _RESTRICTED_VOLUMES if section(volume, kind) is not None), "unknown")


def _volume_evidence(pod: Pod, index: int, volume: JsonObject, kind: str) -> Evidence:
    if kind == "unknown":
        return pod.at("volumes", index)
    return pod.at("volumes", index, kind, value=volume[kind])
