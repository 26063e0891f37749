"""One container of a pod."""

from __future__ import annotations

from collections.abc import Collection

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    between,
    duplicates,
    grammar,
    is_given,
    is_number,
    mapping,
    objects,
    one_of,
    port_number,
    required,
)
from gitops_audit.policy.object_validation.probe import probes
from gitops_audit.policy.object_validation.resources import resources
from gitops_audit.policy.object_validation.volume import mounts

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_MAX_ID = 2**31 - 1
_POD_FIELDS = frozenset(
    [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.labels",
        "metadata.annotations",
        "spec.nodeName",
        "spec.serviceAccountName",
        "spec.schedulerName",
        "spec.restartPolicy",
        "status.phase",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ]
)


def container(fields: Fields, at: str, known: Collection[str] | None, minor: int) -> Faults:
    """`known` are the names of the pod's volumes, None where they are not known."""
    yield from required(fields, at, "name", name.label)
    if not fields.get("image"):
        yield f"{at}/image" if "image" in fields else at, "image is missing"
    yield from one_of(fields, at, "imagePullPolicy", ("Always", "IfNotPresent", "Never"))
    yield from one_of(fields, at, "terminationMessagePolicy", ("File", "FallbackToLogsOnError"))
    if fields.get("ports"):
        yield from _ports(fields["ports"], f"{at}/ports")
    if fields.get("env"):
        yield from _environment(fields["env"], f"{at}/env", minor)
    if fields.get("envFrom"):
        yield from _environment_from(fields["envFrom"], f"{at}/envFrom")
    yield from mounts(fields, at, known)
    yield from resources(fields, at)
    yield from probes(fields, at)
    if fields.get("securityContext"):
        yield from _security(mapping(fields["securityContext"]), f"{at}/securityContext")


def _ports(value: object, at: str) -> Faults:
    found = list(objects(value, at))
    for pointer, port in found:
        yield from port_number(port, pointer, "containerPort")
        yield from between(port, pointer, 0, 65535, "hostPort")
        yield from one_of(port, pointer, "protocol", _PROTOCOLS)
        yield from grammar(port, pointer, "name", name.port_name)
    names = ((f"{p}/name", port["name"]) for p, port in found if isinstance(port.get("name"), str) and port["name"])
    yield from duplicates(names, "name of the port")


def _environment(value: object, at: str, minor: int) -> Faults:
    rule = name.identifier if 0 < minor < 30 else name.variable
    for pointer, variable in objects(value, at):
        yield from required(variable, pointer, "name", rule)
        source = variable.get("valueFrom")
        if isinstance(source, dict):
            yield from _value_from(variable, source, f"{pointer}/valueFrom")


def _value_from(variable: Fields, source: Fields, at: str) -> Faults:
    found = [key for key in source if isinstance(source[key], dict)]
    known = [key for key in _SOURCES if key in found]
    if is_given(variable.get("value")):
        yield at, "a variable has either value or valueFrom"
    if not found:
        yield at, f"must have one of {', '.join(_SOURCES)}"
    elif len(known) > 1:
        yield f"{at}/{known[1]}", "a variable has one source"
    for key in ("configMapKeyRef", "secretKeyRef"):
        if key in known:
            yield from required(source[key], f"{at}/{key}", "name", name.subdomain)
            yield from required(source[key], f"{at}/{key}", "key", name.config_key)
    if "fieldRef" in known:
        yield from _pod_field(source["fieldRef"], f"{at}/fieldRef")


def _pod_field(reference: Fields, at: str) -> Faults:
    path = reference.get("fieldPath")
    if isinstance(path, str) and path.partition("[")[0] not in _POD_FIELDS:
        yield f"{at}/fieldPath", "is no field of a pod that may be referred to"


def _environment_from(value: object, at: str) -> Faults:
    for pointer, source in objects(value, at):
        found = [key for key in ("configMapRef", "secretRef") if isinstance(source.get(key), dict)]
        if len(found) != 1:
            yield pointer, "must have exactly one of configMapRef, secretRef"
        for key in found:
            yield from required(source[key], f"{pointer}/{key}", "name", name.subdomain)


def _security(fields: Fields, at: str) -> Faults:
    yield from identities(fields, at)
    if fields.get("allowPrivilegeEscalation") is False:
        added = mapping(fields.get("capabilities")).get("add")
        if fields.get("privileged") is True:
            yield at, "privileged cannot go with allowPrivilegeEscalation: false"
        elif isinstance(added, list) and "CAP_SYS_ADMIN" in added:
            yield at, "CAP_SYS_ADMIN cannot go with allowPrivilegeEscalation: false"


def identities(fields: Fields, at: str) -> Faults:
    """What the security contexts of a pod and of a container have in common."""
    yield from between(fields, at, 0, _MAX_ID, "runAsUser", "runAsGroup", "fsGroup")
    seccomp = mapping(fields.get("seccompProfile"))
    yield from one_of(seccomp, f"{at}/seccompProfile", "type", ("Localhost", "RuntimeDefault", "Unconfined"))
    is_local, profile = seccomp.get("type") == "Localhost", seccomp.get("localhostProfile")
    if is_local and not profile:
        yield f"{at}/seccompProfile", "the type Localhost needs localhostProfile"
    elif seccomp and not is_local and is_given(profile):
        yield f"{at}/seccompProfile/localhostProfile", "goes with the type Localhost only"


def host_ports(fields: Fields, at: str) -> Faults:
    """With the network of the host, a port is the same inside and outside."""
    for pointer, port in objects(fields.get("ports"), f"{at}/ports"):
        inside, outside = port.get("containerPort"), port.get("hostPort")
        if is_number(outside) and is_number(inside) and outside not in (0, inside):
            yield f"{pointer}/hostPort", "must be the containerPort: the pod has the network of its host"
