"""Service."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    address,
    between,
    duplicates,
    grammar,
    is_given,
    labels,
    mapping,
    network,
    objects,
    one_of,
    port,
    port_number,
    texts,
)

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_OUTSIDE = ("NodePort", "LoadBalancer")
_MAX_AFFINITY_S = 86400


def service(body: Fields, minor: int) -> Faults:
    spec, at = mapping(body.get("spec")), "/spec"
    kind = spec.get("type") or "ClusterIP"
    yield from one_of(spec, at, "type", _TYPES)
    yield from labels(spec.get("selector"), f"{at}/selector")
    yield from _ports(spec, str(kind))
    yield from _addresses(spec, str(kind))
    yield from _settings(spec)
    if kind == "ExternalName":
        yield from _external(spec)
    if kind not in _OUTSIDE and not spec.get("externalIPs") and is_given(spec.get("externalTrafficPolicy")):
        yield f"{at}/externalTrafficPolicy", "is for services that are reached from outside"
    if kind != "LoadBalancer":
        for key in ("loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts"):
            if is_given(spec.get(key)):
                yield f"{at}/{key}", "is for the type LoadBalancer only"


def _ports(spec: Fields, kind: str) -> Faults:
    at, is_headless = "/spec/ports", spec.get("clusterIP") == "None"
    found = list(objects(spec.get("ports"), at))
    if not spec.get("ports") and not is_headless and kind != "ExternalName":
        yield at if "ports" in spec else "/spec", "ports is missing"
    for pointer, entry in found:
        yield from _port(entry, pointer, kind, is_headless=is_headless)
        if len(found) > 1 and not is_given(entry.get("name")):
            yield pointer, "name is missing: a service with several ports names each"
    names = ((f"{p}/name", e["name"]) for p, e in found if isinstance(e.get("name"), str) and e["name"])
    yield from duplicates(names, "name of the port")
    numbers = ((p, (e["port"], str(e.get("protocol") or "TCP"))) for p, e in found if type(e.get("port")) is int)
    yield from duplicates(numbers, "port")


def _port(entry: Fields, at: str, kind: str, *, is_headless: bool) -> Faults:
    yield from port_number(entry, at, "port")
    yield from grammar(entry, at, "name", name.label)
    yield from one_of(entry, at, "protocol", ("TCP", "UDP", "SCTP"))
    yield from grammar(entry, at, "appProtocol", name.qualified)
    target = entry.get("targetPort")
    # Neither zero nor an empty text means anything: the port itself is meant.
    if target not in (0, ""):
        yield from port(target, f"{at}/targetPort")
    if kind == "ClusterIP" and is_given(entry.get("nodePort")) and entry["nodePort"] != 0:
        yield f"{at}/nodePort", "is for the types NodePort and LoadBalancer only"


def _addresses(spec: Fields, kind: str) -> Faults:
    own = spec.get("clusterIP")
    if own == "None" and kind in _OUTSIDE:
        yield "/spec/clusterIP", f"a {kind} service cannot be headless"
    elif own != "None" and is_given(own):
        yield from address(own, "/spec/clusterIP")
    for pointer, text in texts(spec.get("externalIPs"), "/spec/externalIPs"):
        yield from address(text, pointer)
    for pointer, text in texts(spec.get("loadBalancerSourceRanges"), "/spec/loadBalancerSourceRanges"):
        if network(text.strip()) is None:
            yield pointer, "must be a block of addresses such as 10.9.8.0/24"


def _settings(spec: Fields) -> Faults:
    at = "/spec"
    yield from one_of(spec, at, "sessionAffinity", ("ClientIP", "None"))
    yield from one_of(spec, at, "externalTrafficPolicy", ("Cluster", "Local"))
    yield from one_of(spec, at, "internalTrafficPolicy", ("Cluster", "Local"))
    yield from one_of(spec, at, "ipFamilyPolicy", ("SingleStack", "PreferDualStack", "RequireDualStack"))
    for pointer, family in texts(spec.get("ipFamilies"), f"{at}/ipFamilies"):
        if family not in ("IPv4", "IPv6"):
            yield pointer, "must be one of IPv4, IPv6"
    if spec.get("sessionAffinity") == "ClientIP":
        client = mapping(mapping(spec.get("sessionAffinityConfig")).get("clientIP"))
        yield from between(client, f"{at}/sessionAffinityConfig/clientIP", 1, _MAX_AFFINITY_S, "timeoutSeconds")


def _external(spec: Fields) -> Faults:
    target = spec.get("externalName")
    if not target:
        yield "/spec", "externalName is missing"
    elif isinstance(target, str) and (message := name.subdomain(target.removesuffix("."))):
        yield "/spec/externalName", message
    if is_given(spec.get("clusterIP")):
        yield "/spec/clusterIP", "is not for the type ExternalName"
