"""IP addresses and networks (k8s.io/apiserver/pkg/cel/library, Go's net/netip); the carrier is the canonical text."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_BITS = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_BROADCAST = ipaddress.IPv4Address("255.255.255.255")
_V4_LINK_LOCAL_MULTICAST = ipaddress.IPv4Network("224.0.0.0/24")
_V4_LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")
_V6_LINK_LOCAL = ipaddress.IPv6Network("fe80::/10")


@lru_cache(maxsize=4096)
def parse_ip(text: str) -> Address:
    """Raises ValueError: no address, one with a zone, or an IPv4 address dressed as IPv6."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise ValueError(f"IP Address {text[:64]!r} parse error during conversion from string: {error}") from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            raise ValueError(f"IP address {text[:64]!r} with zone value is not allowed")
        if address.ipv4_mapped:
            raise ValueError(f"IPv4-mapped IPv6 address {text[:64]!r} is not allowed")
    return address


@lru_cache(maxsize=4096)
def parse_cidr(text: str) -> tuple[Address, int]:
    """The address (host bits kept) and the prefix length."""
    host, slash, bits = text.rpartition("/")
    if not slash or not _BITS.fullmatch(bits):
        raise ValueError(f"network address parse error during conversion from string: {text[:64]!r}")
    address = parse_ip(host)
    if int(bits) > address.max_prefixlen:
        raise ValueError(f"network address parse error during conversion from string: {text[:64]!r}: prefix length")
    return address, int(bits)


def _ip(value: bytes) -> Address:
    return parse_ip(bytes(value).decode())


def _cidr(value: bytes) -> tuple[Address, int]:
    return parse_cidr(bytes(value).decode())


def _network(value: bytes) -> Network:
    address, bits = _cidr(value)
    return ipaddress.ip_network(f"{address}/{bits}", strict=False)


def ip(text: str) -> bytes:
    return str(parse_ip(text)).encode()


def is_ip(text: str) -> bool:
    try:
        parse_ip(text)
    except ValueError:
        return False
    return True


def is_canonical(text: str) -> bool:
    return str(parse_ip(text)) == text


def family(value: bytes) -> int:
    return _ip(value).version


def is_unspecified(value: bytes) -> bool:
    return _ip(value).is_unspecified


def is_loopback(value: bytes) -> bool:
    return _ip(value).is_loopback


def is_link_local_multicast(value: bytes) -> bool:
    address = _ip(value)
    if isinstance(address, ipaddress.IPv4Address):
        return address in _V4_LINK_LOCAL_MULTICAST
    return address.packed[0] == 0xFF and address.packed[1] & 0x0F == 2


def is_link_local_unicast(value: bytes) -> bool:
    address = _ip(value)
    return address in (_V4_LINK_LOCAL if isinstance(address, ipaddress.IPv4Address) else _V6_LINK_LOCAL)


def is_global_unicast(value: bytes) -> bool:
    address = _ip(value)
    if address.is_unspecified or address.is_loopback or address.is_multicast or address == _BROADCAST:
        return False
    return not is_link_local_unicast(value)


def cidr(text: str) -> bytes:
    address, bits = parse_cidr(text)
    return f"{address}/{bits}".encode()


def is_cidr(text: str) -> bool:
    try:
        parse_cidr(text)
    except ValueError:
        return False
    return True


def contains_ip(value: bytes, other: bytes | str) -> bool:
    address = parse_ip(other) if isinstance(other, str) else _ip(other)
    return address in _network(value)


def contains_cidr(value: bytes, other: bytes | str) -> bool:
    inner = other.encode() if isinstance(other, str) else bytes(other)
    outer_network, inner_network = _network(value), _network(inner)
    if outer_network.version != inner_network.version:
        return False
    return outer_network.overlaps(inner_network) and outer_network.prefixlen <= inner_network.prefixlen


def cidr_ip(value: bytes) -> bytes:
    return str(_cidr(value)[0]).encode()


def prefix_length(value: bytes) -> int:
    return _cidr(value)[1]


def masked(value: bytes) -> bytes:
    return str(_network(value)).encode()
