"""Reading fields whose types were never checked: what is of another type is the schema's to tell, and nothing here.

Nearly all fields are right, so those build neither a pointer nor a generator.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from gitops_audit.kube import name
from gitops_audit.kube.name import Grammar
from gitops_audit.model.path import escaped

Fault = tuple[str, str]  # pointer (RFC 6901), message
Faults = Iterable[Fault]
Fields = Mapping[str, Any]

_NOTHING: Fields = {}
_is_share = re.compile(r"[0-9]{1,18}%").fullmatch
_is_decimal = re.compile(r"[0-9]+(\.[0-9]+){3}").fullmatch
_PORT = "must be a port from 1 to 65535"


def mapping(value: Any) -> Fields:
    return value if isinstance(value, dict) else _NOTHING


def objects(value: Any, at: str) -> Sequence[tuple[str, Fields]]:
    """The elements of a list that are objects, each with its pointer."""
    if not isinstance(value, list):
        return ()
    return [(f"{at}/{index}", item) for index, item in enumerate(value) if isinstance(item, dict)]


def texts(value: Any, at: str) -> Sequence[tuple[str, str]]:
    """The elements of a list that are strings, each with its pointer."""
    if not isinstance(value, list):
        return ()
    return [(f"{at}/{index}", item) for index, item in enumerate(value) if isinstance(item, str)]


def is_number(value: Any) -> TypeGuard[int]:
    return type(value) is int


def is_given(value: Any) -> bool:
    """Whether a field says anything: an empty string, list or object stands for "not set"."""
    return value is not None and value != "" and value != [] and value != {}


def between(fields: Fields, at: str, low: int, high: int, *keys: str) -> Faults:
    found: list[Fault] = []
    for key in keys:
        value = fields.get(key)
        if type(value) is int and not low <= value <= high:
            wanted = f"at least {low}" if high >= 2**31 - 1 and value < low else f"from {low} to {high}"
            found.append((f"{at}/{key}", f"must be {wanted}"))
    return found


def not_negative(fields: Fields, at: str, *keys: str) -> Faults:
    found: list[Fault] = []
    for key in keys:
        value = fields.get(key)
        if type(value) is int and value < 0:
            found.append((f"{at}/{key}", "must not be negative"))
    return found


def one_of(fields: Fields, at: str, key: str, choices: Iterable[str]) -> Faults:
    value = fields.get(key)
    if isinstance(value, str) and value and value not in choices:
        return ((f"{at}/{key}", f"must be one of {', '.join(sorted(choices))}"),)
    return ()


def grammar(fields: Fields, at: str, key: str, rule: Grammar) -> Faults:
    """What is wrong with a name that may be left out."""
    value = fields.get(key)
    if isinstance(value, str) and value and (message := rule(value)):
        return ((f"{at}/{key}", message),)
    return ()


def required(fields: Fields, at: str, key: str, rule: Grammar = str.strip) -> Faults:
    """What is wrong with a name that must be there: left out, empty, or against its grammar."""
    value = fields.get(key)
    if value is None or value == "":
        return ((f"{at}/{key}" if key in fields else at, f"{key} is missing"),)
    if isinstance(value, str) and rule is not str.strip and (message := rule(value)):
        return ((f"{at}/{key}", message),)
    return ()


def port(value: Any, pointer: str) -> Faults:
    """A port that is given by number or by name."""
    if type(value) is int:
        return () if 1 <= value <= 65535 else ((pointer, _PORT),)
    if isinstance(value, str) and (message := name.port_name(value)):
        return ((pointer, message),)
    return ()


def port_number(fields: Fields, at: str, key: str) -> Faults:
    value = fields.get(key)
    if type(value) is int and not 1 <= value <= 65535:
        return ((f"{at}/{key}", _PORT),)
    return ()


def is_percent(value: Any) -> bool:
    return isinstance(value, str) and _is_share(value) is not None


def share(fields: Fields, at: str, key: str, *, at_most_all: bool) -> Faults:
    """A number of pods or a percentage."""
    value = fields.get(key)
    if type(value) is int and value < 0:
        return ((f"{at}/{key}", "must not be negative"),)
    if isinstance(value, str) and not is_percent(value):
        return ((f"{at}/{key}", "must be a number, or a percentage such as 25%"),)
    if at_most_all and isinstance(value, str) and int(value[:-1]) > 100:
        return ((f"{at}/{key}", "must be at most 100%"),)
    return ()


def is_zero(value: Any) -> bool:
    return (type(value) is int and value == 0) or (is_percent(value) and int(value[:-1]) == 0)


def duplicates(elements: Iterable[tuple[str, Any]], what: str) -> Faults:
    """The elements (pointer, value) whose value stands before them already."""
    seen: set[Any] = set()
    found: list[Fault] = []
    for pointer, value in elements:
        if value in seen:
            found.append((pointer, f"the {what} stands twice"))
        seen.add(value)
    return found


def labels(value: Any, at: str) -> Faults:
    found: list[Fault] = []
    for key, text in mapping(value).items():
        if message := name.qualified(key):
            found.append((f"{at}/{escaped(key)}", f"the key {message}"))
        if isinstance(text, str) and (message := name.label_value(text)):
            found.append((f"{at}/{escaped(key)}", f"the value {message}"))
    return found


def address(value: Any, pointer: str) -> Faults:
    return ((pointer, "must be an IP address"),) if isinstance(value, str) and not is_address(value) else ()


def is_address(text: str) -> bool:
    """Leading zeros in IPv4 addresses are let pass, as servers do for what was written long ago."""
    plain = ".".join(part.lstrip("0") or "0" for part in text.split(".")) if _is_decimal(text) else text
    try:
        ipaddress.ip_address(plain)
    except ValueError:
        return False
    return "%" not in text


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A block of addresses with its prefix length, None for what is none."""
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
