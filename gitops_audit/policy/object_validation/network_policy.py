"""NetworkPolicy."""

from __future__ import annotations

from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    between,
    is_given,
    is_number,
    mapping,
    network,
    objects,
    one_of,
    port,
    texts,
)
from gitops_audit.policy.object_validation.selector import selector

_BLOCK = "must be a block of addresses such as 10.9.8.0/24"


def network_policy(body: Fields, minor: int) -> Faults:
    spec, at = mapping(body.get("spec")), "/spec"
    yield from selector(spec.get("podSelector"), f"{at}/podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for pointer, rule in objects(spec.get(direction), f"{at}/{direction}"):
            for place, entry in objects(rule.get("ports"), f"{pointer}/ports"):
                yield from _port(entry, place)
            for place, peer in objects(rule.get(peers), f"{pointer}/{peers}"):
                yield from _peer(peer, place)
    types = list(texts(spec.get("policyTypes"), f"{at}/policyTypes"))
    if len(types) > 2:
        yield f"{at}/policyTypes", "must have at most two elements"
    for pointer, text in types:
        if text not in ("Ingress", "Egress"):
            yield pointer, "must be one of Egress, Ingress"


def _port(entry: Fields, at: str) -> Faults:
    first, last = entry.get("port"), entry.get("endPort")
    yield from one_of(entry, at, "protocol", ("TCP", "UDP", "SCTP"))
    yield from port(first, f"{at}/port")
    yield from between(entry, at, 1, 65535, "endPort")
    if is_number(last) and not is_number(first):
        yield f"{at}/endPort", "needs a port that is a number"
    elif is_number(last) and is_number(first) and last < first:
        yield f"{at}/endPort", "must not be less than port"


def _peer(peer: Fields, at: str) -> Faults:
    block = peer.get("ipBlock")
    selectors = [key for key in ("podSelector", "namespaceSelector") if isinstance(peer.get(key), dict)]
    if not isinstance(block, dict):
        if not selectors:
            yield at, "must have a podSelector, a namespaceSelector or an ipBlock"
    elif selectors:
        yield at, "an ipBlock stands alone"
    else:
        yield from _block(block, f"{at}/ipBlock")
    for key in selectors:
        yield from selector(peer[key], f"{at}/{key}")


def _block(block: Fields, at: str) -> Faults:
    cidr = block.get("cidr")
    if not isinstance(cidr, str) or not is_given(cidr):
        return
    whole = network(cidr)
    if whole is None:
        yield f"{at}/cidr", _BLOCK
        return
    for pointer, text in texts(block.get("except"), f"{at}/except"):
        part = network(text)
        if part is None:
            yield pointer, _BLOCK
        elif part.version != whole.version or part.prefixlen <= whole.prefixlen or not part.overlaps(whole):
            yield pointer, "must be a part of the cidr"
