"""Label and field selectors, in the syntax of list requests."""

from __future__ import annotations

import re
from collections.abc import Callable

from gitops_audit.kube.selector import Requirement
from gitops_audit.sandbox.status import ApiError
from gitops_audit.sandbox.types import JsonObject

Predicate = Callable[[JsonObject], bool]
_SET_BASED = re.compile(r"(?P<key>\S+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUALITY = re.compile(r"(?P<key>[^\s=!]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s=!]*)")
_EXISTENCE = re.compile(r"(?P<not>!)?\s*(?P<key>[^\s=!()]+)")
_FIELDS = {"metadata.name": "name", "metadata.namespace": "namespace"}


def matcher(labels: str, fields: str) -> Predicate:
    """Whether an object is selected. Raises ApiError 400 for selectors that cannot be read or are not supported."""
    tests = [_label_test(part) for part in _split(labels)] + [_field_test(part) for part in _split(fields)]
    return lambda body: all(test(body["metadata"]) for test in tests)


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _label_test(text: str) -> Predicate:
    requirement = _requirement(text)
    return lambda metadata: requirement.matches(metadata.get("labels") or {})


def _requirement(text: str) -> Requirement:
    if match := _SET_BASED.fullmatch(text):
        values = frozenset(value.strip() for value in match["values"].split(","))
        return Requirement(match["key"], "In" if match["op"] == "in" else "NotIn", values)
    if match := _EQUALITY.fullmatch(text):
        return Requirement(match["key"], "NotIn" if match["op"] == "!=" else "In", frozenset((match["value"],)))
    if match := _EXISTENCE.fullmatch(text):
        return Requirement(match["key"], "DoesNotExist" if match["not"] else "Exists")
    raise ApiError(400, f"unable to parse requirement: {text!r}")


def _field_test(text: str) -> Predicate:
    match = _EQUALITY.fullmatch(text)
    if match is None:
        raise ApiError(400, f"invalid selector: {text!r}; can't understand {text!r}")
    if match["key"] not in _FIELDS:
        raise ApiError(400, f"field label not supported: {match['key']}")
    key, value, is_wanted = _FIELDS[match["key"]], match["value"], match["op"] != "!="
    return lambda metadata: (metadata.get(key, "") == value) is is_wanted
