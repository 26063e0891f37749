"""The specification of a pod, of a Pod itself or in the template of a workload."""

from __future__ import annotations

from collections.abc import Collection

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.container import container, host_ports, identities
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    address,
    between,
    duplicates,
    grammar,
    is_given,
    is_number,
    labels,
    mapping,
    objects,
    one_of,
    required,
    texts,
)
from gitops_audit.policy.object_validation.metadata import annotation_faults
from gitops_audit.policy.object_validation.probe import PROBES
from gitops_audit.policy.object_validation.scheduling import scheduling
from gitops_audit.policy.object_validation.volume import volumes

_MAX_NAMESERVERS = 3
_NAMES = ("serviceAccountName", "priorityClassName", "runtimeClassName", "nodeName")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")


def pod_template(template: Fields, at: str, minor: int, claims: Collection[str] = ()) -> Faults:
    """The template of a workload; `claims` are the names of the volumes that a StatefulSet makes for it."""
    metadata = mapping(template.get("metadata"))
    if found := metadata.get("labels"):
        yield from labels(found, f"{at}/metadata/labels")
    if found := metadata.get("annotations"):
        yield from annotation_faults(found, f"{at}/metadata/annotations")
    spec = template.get("spec")
    if isinstance(spec, dict):
        yield from pod_spec(spec, f"{at}/spec", minor, claims)


def pod_spec(spec: Fields, at: str, minor: int, claims: Collection[str] = ()) -> Faults:
    known = {str(volume.get("name")) for _, volume in objects(spec.get("volumes"), "")} | set(claims)
    if spec.get("volumes"):
        yield from volumes(spec["volumes"], f"{at}/volumes")
    yield from _containers(spec, at, known if _is_list(spec) else None, minor)
    yield from _settings(spec, at)
    yield from scheduling(spec, at)


def _is_list(spec: Fields) -> bool:
    return spec.get("volumes") is None or isinstance(spec["volumes"], list)


def _containers(spec: Fields, at: str, known: Collection[str] | None, minor: int) -> Faults:
    if not spec.get("containers"):
        yield at, "containers is missing"
    own = list(objects(spec.get("containers"), f"{at}/containers"))
    first = list(objects(spec.get("initContainers"), f"{at}/initContainers"))
    for pointer, fields in (*own, *first):
        yield from container(fields, pointer, known, minor)
        if spec.get("hostNetwork") is True:
            yield from host_ports(fields, pointer)
    for pointer, fields in first:
        yield from _started_first(fields, pointer)
    names = ((f"{p}/name", f["name"]) for p, f in (*own, *first) if isinstance(f.get("name"), str) and f["name"])
    yield from duplicates(names, "name of the container")
    yield from duplicates(_host_ports(own), "port of the host")
    if spec.get("ephemeralContainers"):
        yield f"{at}/ephemeralContainers", "ephemeral containers are added to running pods, never declared"


def _host_ports(found: Collection[tuple[str, Fields]]) -> list[tuple[str, object]]:
    ports = [(p, port) for at, fields in found for p, port in objects(fields.get("ports"), f"{at}/ports")]
    taken = [(p, port) for p, port in ports if is_number(port.get("hostPort")) and port["hostPort"]]
    return [
        (f"{p}/hostPort", (port["hostPort"], str(port.get("protocol") or "TCP"), str(port.get("hostIP") or "")))
        for p, port in taken
    ]


def _started_first(fields: Fields, at: str) -> Faults:
    if fields.get("restartPolicy") != "Always":
        for key in (*PROBES, "lifecycle"):
            if isinstance(fields.get(key), dict):
                yield f"{at}/{key}", "an init container has this only with restartPolicy: Always"


def _settings(spec: Fields, at: str) -> Faults:
    yield from one_of(spec, at, "restartPolicy", ("Always", "OnFailure", "Never"))
    yield from one_of(spec, at, "dnsPolicy", _DNS_POLICIES)
    yield from one_of(spec, at, "preemptionPolicy", ("PreemptLowerPriority", "Never"))
    yield from between(spec, at, 1, 2**31 - 1, "activeDeadlineSeconds")
    for key in _NAMES:
        yield from grammar(spec, at, key, name.subdomain)
    yield from grammar(spec, at, "hostname", name.label)
    yield from grammar(spec, at, "subdomain", name.label)
    if found := spec.get("securityContext"):
        yield from _security(mapping(found), f"{at}/securityContext")
    if spec.get("hostPID") is True and spec.get("shareProcessNamespace") is True:
        yield f"{at}/shareProcessNamespace", "cannot go with hostPID"
    if spec.get("dnsConfig") or spec.get("dnsPolicy") == "None":
        yield from _dns(spec, at)
    for pointer, alias in objects(spec.get("hostAliases"), f"{at}/hostAliases"):
        yield from address(alias.get("ip"), f"{pointer}/ip")
        for place, host in texts(alias.get("hostnames"), f"{pointer}/hostnames"):
            if message := name.subdomain(host):
                yield place, message
    for pointer, gate in objects(spec.get("readinessGates"), f"{at}/readinessGates"):
        yield from required(gate, pointer, "conditionType", name.qualified)


def _security(fields: Fields, at: str) -> Faults:
    yield from identities(fields, at)
    found = list(objects(fields.get("sysctls"), f"{at}/sysctls"))
    names = ((f"{p}/name", s["name"]) for p, s in found if isinstance(s.get("name"), str))
    yield from duplicates(names, "name of the sysctl")


def _dns(spec: Fields, at: str) -> Faults:
    config = mapping(spec.get("dnsConfig"))
    servers = config.get("nameservers")
    if spec.get("dnsPolicy") == "None" and not servers:
        yield at, "with dnsPolicy None, dnsConfig must name a nameserver"
    if isinstance(servers, list) and len(servers) > _MAX_NAMESERVERS:
        yield f"{at}/dnsConfig/nameservers", f"must have at most {_MAX_NAMESERVERS} elements"
    for pointer, text in texts(servers, f"{at}/dnsConfig/nameservers"):
        yield from address(text, pointer)
    for pointer, option in objects(config.get("options"), f"{at}/dnsConfig/options"):
        if not is_given(option.get("name")):
            yield pointer, "name is missing"
