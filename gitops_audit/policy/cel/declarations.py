"""What an expression may call beyond the runtime's own libraries: the Kubernetes CEL library with its types.

Facts from k8s.io/apiserver/pkg/cel/library and cel-go's standard library. Each line is one overload; those without an
implementation are rewritten to others before they run (see rewrite.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from gitops_audit.policy.cel.library import address, named_format, quantity, semver, url

EXTENSIONS = ("optional", "bindings", "sets", "lists", "strings", "math", "two-var-comprehensions", "encoders", "regex")
QUANTITY, SEMVER, URL, IP, CIDR, FORMAT = (
    "kubernetes.Quantity",
    "kubernetes.Semver",
    "kubernetes.URL",
    "net.IP",
    "net.CIDR",
    "kubernetes.NamedFormat",
)
IMAGE = "kyverno.Image"
OPAQUE = frozenset((QUANTITY, SEMVER, URL, IP, CIDR, FORMAT, IMAGE))
_NUMERIC = ("int", "uint", "double")
_ORDERED = ("bool", "int", "uint", "double", "string", "bytes", "google.protobuf.Timestamp", "google.protobuf.Duration")


@dataclass(frozen=True, slots=True)
class Overload:
    """`params` starts with the receiver where `is_member`. `implementation` is None for what is rewritten."""

    name: str
    params: tuple[str, ...]
    result: str
    implementation: Callable[..., Any] | None = None
    is_member: bool = False

    @property
    def id(self) -> str:
        return re.sub(r"\W+", "_", f"k8s_{self.name}_{'m' if self.is_member else 'f'}_{'_'.join(self.params)}")


def _function(name: str, params: str, result: str, implementation: Callable[..., Any] | None = None) -> Overload:
    return Overload(name, tuple(p for p in params.split(", ") if p), result, implementation)


def _member(name: str, params: str, result: str, implementation: Callable[..., Any] | None = None) -> Overload:
    return Overload(name, tuple(params.split(", ")), result, implementation, is_member=True)


def compare(left: bytes, right: bytes) -> int:
    """Of two quantities or two versions: at run time only the carrier tells them apart."""
    if left[:1] == right[:1] == b"v":
        return semver.compare(left, right)
    return quantity.compare(left, right)


def is_greater(left: bytes, right: bytes) -> bool:
    return compare(left, right) > 0


def is_less(left: bytes, right: bytes) -> bool:
    return compare(left, right) < 0


def fail(message: str) -> bool:
    """The error value with this message."""
    raise ValueError(message)


def too_long(size: int) -> int:
    """The error value for a list of that many elements."""
    raise ValueError(f"a list of {size} elements is too long (at most 10000)")


def _quantities() -> Iterator[Overload]:
    yield _function("quantity", "string", QUANTITY, quantity.quantity)
    yield _function("isQuantity", "string", "bool", quantity.is_quantity)
    yield _function("sign", QUANTITY, "int", quantity.sign)
    yield _member("sign", QUANTITY, "int", quantity.sign)
    yield _member("isInteger", QUANTITY, "bool", quantity.is_integer)
    yield _member("asInteger", QUANTITY, "int", quantity.as_integer)
    yield _member("asApproximateFloat", QUANTITY, "double", quantity.as_float)
    for other in (QUANTITY, "int"):
        yield _member("add", f"{QUANTITY}, {other}", QUANTITY, quantity.add)
        yield _member("sub", f"{QUANTITY}, {other}", QUANTITY, quantity.sub)
    for kind in (QUANTITY, SEMVER):
        yield _member("isGreaterThan", f"{kind}, {kind}", "bool", is_greater)
        yield _member("isLessThan", f"{kind}, {kind}", "bool", is_less)
        yield _member("compareTo", f"{kind}, {kind}", "int", compare)


def _versions() -> Iterator[Overload]:
    for params in ("string", "string, bool"):
        yield _function("semver", params, SEMVER, semver.semver)
        yield _function("isSemver", params, "bool", semver.is_semver)
    for index, name in enumerate(("major", "minor", "patch")):
        yield _member(name, SEMVER, "int", partial(semver.part, index=index))


def _addresses() -> Iterator[Overload]:
    yield _function("ip", "string", IP, address.ip)
    yield _function("isIP", "string", "bool", address.is_ip)
    yield _function("ip.isCanonical", "string", "bool", address.is_canonical)
    yield _member("family", IP, "int", address.family)
    yield _member("isUnspecified", IP, "bool", address.is_unspecified)
    yield _member("isLoopback", IP, "bool", address.is_loopback)
    yield _member("isLinkLocalMulticast", IP, "bool", address.is_link_local_multicast)
    yield _member("isLinkLocalUnicast", IP, "bool", address.is_link_local_unicast)
    yield _member("isGlobalUnicast", IP, "bool", address.is_global_unicast)
    yield _function("cidr", "string", CIDR, address.cidr)
    yield _function("isCIDR", "string", "bool", address.is_cidr)
    for other in ("string", IP):
        yield _member("containsIP", f"{CIDR}, {other}", "bool", address.contains_ip)
    for other in ("string", CIDR):
        yield _member("containsCIDR", f"{CIDR}, {other}", "bool", address.contains_cidr)
    yield _member("ip", CIDR, IP, address.cidr_ip)
    yield _member("prefixLength", CIDR, "int", address.prefix_length)
    yield _member("masked", CIDR, CIDR, address.masked)


def _urls() -> Iterator[Overload]:
    yield _function("url", "string", URL, url.url)
    yield _function("isURL", "string", "bool", url.is_url)
    getters = {
        "getScheme": "scheme",
        "getHost": "host",
        "getHostname": "hostname",
        "getPort": "port",
        "getEscapedPath": "escaped_path",
    }
    for name, attribute in getters.items():
        yield _member(name, URL, "string", partial(url.part, name=attribute))
    yield _member("getQuery", URL, "map<string,list<string>>", url.query)


def _formats() -> Iterator[Overload]:
    for name in named_format.FORMATS:
        yield _function(f"format.{name}", "", FORMAT, partial(named_format.named, name))
    yield _function("format.named", "string", f"optional_type<{FORMAT}>")
    yield _member("validate", f"{FORMAT}, string", "optional_type<list<string>>")


def _lists() -> Iterator[Overload]:
    for kind in ("int", "uint", "double", "google.protobuf.Duration"):
        yield _member("sum", f"list<{kind}>", kind)
    for kind in _ORDERED:
        yield _member("isSorted", f"list<{kind}>", "bool")
        yield _member("min", f"list<{kind}>", kind)
        yield _member("max", f"list<{kind}>", kind)
    yield _function("optional.unwrap", "list<optional_type<~A>>", "list<~A>")
    yield _member("unwrapOpt", "list<optional_type<~A>>", "list<~A>")


def _strings() -> Iterator[Overload]:
    yield _member("find", "string, string", "string")
    yield _member("findAll", "string, string", "list<string>")
    yield _member("findAll", "string, string, int", "list<string>")


def _redeclared() -> Iterator[Overload]:
    # the runtime's own declarations of these are left out: they lack the overloads of Kubernetes
    for kind in (*_ORDERED, IP, CIDR):
        yield _function("string", kind, "string")
    for operator in ("_<_", "_<=_", "_>_", "_>=_"):
        for kind in _ORDERED:
            yield _function(operator, f"{kind}, {kind}", "bool")
        for left, right in product(_NUMERIC, _NUMERIC):
            if left != right:
                yield _function(operator, f"{left}, {right}", "bool")


REDECLARED = ("string", "_<_", "_<=_", "_>_", "_>=_")
LIBRARY: tuple[Overload, ...] = (
    *_quantities(),
    *_versions(),
    *_addresses(),
    *_urls(),
    *_formats(),
    *_lists(),
    *_strings(),
)


def checker_config(variables: tuple[tuple[str, str], ...], extra: tuple[Overload, ...] = ()) -> str:
    """The environment of the type checker, in the runtime's configuration format (JSON is YAML)."""
    grouped: dict[str, list[Overload]] = {}
    for overload in (*LIBRARY, *_redeclared(), *extra):
        grouped.setdefault(overload.name, []).append(overload)
    return json.dumps(
        {
            "stdlib": {"exclude_functions": [{"name": name} for name in REDECLARED]},
            "extensions": [{"name": name} for name in EXTENSIONS],
            "variables": [{"name": name} | type_info(kind) for name, kind in variables],
            "functions": [
                {"name": name, "overloads": [_overload(o) for o in overloads]} for name, overloads in grouped.items()
            ],
        }
    )


def runtime_config() -> str:
    return json.dumps({"extensions": [{"name": name} for name in EXTENSIONS]})


def _overload(overload: Overload) -> dict[str, Any]:
    params = [type_info(p) for p in overload.params]
    shape: dict[str, Any] = {"id": overload.id, "return": type_info(overload.result)}
    if overload.is_member:
        return shape | {"target": params[0], "args": params[1:]}
    return shape | {"args": params}


def type_info(text: str) -> dict[str, Any]:
    """`list<~A>` -> the runtime's structured form."""
    name, bracket, rest = text.partition("<")
    if not bracket:
        return {"type_name": name[1:], "is_type_param": True} if name.startswith("~") else {"type_name": name}
    return {"type_name": name, "params": [type_info(p) for p in _split(rest[:-1])]}


def _split(text: str) -> Iterator[str]:
    depth = start = 0
    for position, char in enumerate(text):
        depth += (char == "<") - (char == ">")
        if char == "," and not depth:
            yield text[start:position]
            start = position + 1
    yield text[start:]
