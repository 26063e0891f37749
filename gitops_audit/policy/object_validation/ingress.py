"""Ingress."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    grammar,
    is_address,
    is_given,
    is_number,
    mapping,
    objects,
    one_of,
    port_number,
    required,
    texts,
)

_PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_CLASS = "kubernetes.io/ingress.class"
_NOT_WITHIN = ("//", "/./", "/../", "%2f", "%2F")
_NOT_AT_END = ("/..", "/.")


def ingress(body: Fields, minor: int) -> Faults:
    spec, at = mapping(body.get("spec")), "/spec"
    if not spec.get("rules") and not isinstance(spec.get("defaultBackend"), dict):
        yield at if spec else "", "must have rules or a defaultBackend"
    if isinstance(spec.get("defaultBackend"), dict):
        yield from _backend(spec["defaultBackend"], f"{at}/defaultBackend")
    for pointer, rule in objects(spec.get("rules"), f"{at}/rules"):
        yield from _host(rule.get("host"), f"{pointer}/host")
        if isinstance(rule.get("http"), dict):
            yield from _paths(rule["http"], f"{pointer}/http")
    for pointer, entry in objects(spec.get("tls"), f"{at}/tls"):
        yield from grammar(entry, pointer, "secretName", name.subdomain)
        for place, host in texts(entry.get("hosts"), f"{pointer}/hosts"):
            yield from _host(host, place, is_certificate=True)
    yield from grammar(spec, at, "ingressClassName", name.subdomain)
    other = mapping(mapping(body.get("metadata")).get("annotations")).get(_CLASS)
    if is_given(spec.get("ingressClassName")) and other not in (None, spec["ingressClassName"]):
        yield f"{at}/ingressClassName", f"must be what the annotation {_CLASS} says, or stand alone"


def _host(host: object, at: str, *, is_certificate: bool = False) -> Faults:
    if not isinstance(host, str) or not host:
        return
    if not is_certificate and is_address(host):
        yield at, "must be a DNS name, not an IP address"
    elif "*" in host and (not host.startswith("*.") or name.subdomain(host[2:])):
        yield at, "a wildcard is '*.' before a DNS subdomain"
    elif "*" not in host and (message := name.subdomain(host)):
        yield at, message


def _paths(http: Fields, at: str) -> Faults:
    if http.get("paths") == []:
        yield f"{at}/paths", "must have at least one path"
    for pointer, entry in objects(http.get("paths"), f"{at}/paths"):
        yield from one_of(entry, pointer, "pathType", _PATH_TYPES)
        yield from _path(entry, pointer)
        if isinstance(entry.get("backend"), dict):
            yield from _backend(entry["backend"], f"{pointer}/backend")


def _path(entry: Fields, at: str) -> Faults:
    path, is_free = entry.get("path") or "", entry.get("pathType") == "ImplementationSpecific"
    if not isinstance(path, str) or (is_free and not path):
        return
    pointer = f"{at}/path" if "path" in entry else at
    if not path.startswith("/"):
        yield pointer, "the path must begin with '/'"
    elif not is_free and (any(part in path for part in _NOT_WITHIN) or path.endswith(_NOT_AT_END)):
        yield pointer, "must not contain '//', '/./', '/../' or an escaped '/'"


def _backend(backend: Fields, at: str) -> Faults:
    service, resource = backend.get("service"), backend.get("resource")
    if isinstance(service, dict) == isinstance(resource, dict):
        yield at, "must have either a service or a resource"
    elif isinstance(service, dict):
        yield from required(service, f"{at}/service", "name", name.label)
        yield from _port(mapping(service.get("port")), f"{at}/service", has_port="port" in service)


def _port(port: Fields, at: str, *, has_port: bool) -> Faults:
    number, text = port.get("number"), port.get("name")
    at = f"{at}/port" if has_port else at
    has_number = is_number(number) and number != 0
    if has_number and is_given(text):
        yield at, "a port has either a number or a name"
    elif not has_number and not is_given(text):
        yield at, "the port needs a number or a name"
    elif has_number:
        yield from port_number(port, at, "number")
    else:
        yield from grammar(port, at, "name", name.port_name)
