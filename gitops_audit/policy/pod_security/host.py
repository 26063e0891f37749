"""Controls on what a pod shares with its node: namespaces, paths, ports, processes, and probes that reach elsewhere.

Facts from Kubernetes' pod-security-admission/policy: check_hostNamespaces, check_hostPathVolumes, check_hostPorts,
check_hostProbesAndhostLifecycle, check_windowsHostProcess.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security.fields import flag, number, section, sections, text
from gitops_audit.policy.pod_security.pod import Container, Pod
from gitops_audit.policy.pod_security.result import Breach, Evidence
from gitops_audit.policy.pod_security.wording import containers, plural, quoted, setters

_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
_HANDLERS = (
    (None, "livenessProbe"),
    (None, "readinessProbe"),
    (None, "startupProbe"),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def namespaces(pod: Pod) -> Breach | None:
    """No host network, process or IPC namespace."""
    found = [name for name in _NAMESPACES if flag(pod.spec, name)]
    if not found:
        return None
    detail = ", ".join(f"{name}=true" for name in found)
    return Breach("host namespaces", detail, tuple(pod.at(name, value=True) for name in found))


def path_volumes(pod: Pod) -> Breach | None:
    """No hostPath volume."""
    found = [
        (i, volume) for i, volume in enumerate(sections(pod.spec, "volumes")) if section(volume, "hostPath") is not None
    ]
    if not found:
        return None
    detail = f"{plural('volume', len(found))} {quoted(text(volume, 'name') for _, volume in found)}"
    evidence = tuple(pod.at("volumes", i, "hostPath", value=volume["hostPath"]) for i, volume in found)
    return Breach("hostPath volumes", detail, evidence)


def ports(pod: Pod) -> Breach | None:
    """No port of the node."""
    bad: dict[int, Container] = {}
    evidence: list[Evidence] = []
    for n, container in enumerate(pod.containers):
        for i, port in enumerate(sections(container.body, "ports")):
            if number(port, "hostPort"):
                bad[n] = container
                evidence.append(pod.within(container, "ports", i, "hostPort", value=port["hostPort"]))
    return _ports_breach(list(bad.values()), evidence) if bad else None


def _ports_breach(bad: list[Container], evidence: list[Evidence]) -> Breach:
    numbers = sorted({str(item.value) for item in evidence})
    verb = "uses" if len(bad) == 1 else "use"
    detail = f"{containers(bad)} {verb} {plural('hostPort', len(numbers))} {', '.join(numbers)}"
    return Breach("hostPort", detail, tuple(evidence))


def windows_process(pod: Pod) -> Breach | None:
    """No Windows HostProcess pod or container."""
    path = ("securityContext", "windowsOptions", "hostProcess")
    is_pod = _host_process(pod.security)
    bad = [container for container in pod.containers if _host_process(container.security)]
    if not is_pod and not bad:
        return None
    detail = f"{' and '.join(setters(is_pod, bad))} must not set securityContext.windowsOptions.hostProcess=true"
    own = (pod.at(*path, value=True),) if is_pod else ()
    return Breach("hostProcess", detail, own + tuple(pod.within(container, *path, value=True) for container in bad))


def _host_process(security: JsonObject) -> bool:
    options = section(security, "windowsOptions") if security else None
    return bool(options and flag(options, "hostProcess"))


def probes_1_34(pod: Pod) -> Breach | None:
    """No `host` in a probe or lifecycle handler: the kubelet would send requests there."""
    evidence = tuple(item for container in pod.containers for item in _probe_hosts(pod, container))
    if not evidence:
        return None
    names = sorted({item.container for item in evidence})
    hosts = sorted({item.value for item in evidence})
    subject = f"{plural('container', len(names))} {quoted(names)} {'uses' if len(names) == 1 else 'use'}"
    detail = f"{subject} {plural('probe or lifecycle host', len(hosts))} {quoted(hosts)}"
    return Breach("probe or lifecycle host", detail, evidence)


def _probe_hosts(pod: Pod, container: Container) -> Iterator[Evidence]:
    for parent, name in _HANDLERS:
        holder = container.body if parent is None else section(container.body, parent)
        handler = section(holder, name) if holder else None
        for action in ("httpGet", "tcpSocket") if handler else ():
            target = section(handler or {}, action)
            if target and text(target, "host"):
                path = (name, action, "host") if parent is None else (parent, name, action, "host")
                yield pod.within(container, *path, value=target["host"])
