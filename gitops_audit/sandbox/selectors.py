"""Label and field selectors, in the syntax of list requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

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
    if match := _SET_BASED.fullmatch(text):
        values = {value.strip() for value in match["values"].split(",")}
        return _within(match["key"], values, wanted=match["op"] == "in")
    if match := _EQUALITY.fullmatch(text):
        return _within(match["key"], {match["value"]}, wanted=match["op"] != "!=")
    if match := _EXISTENCE.fullmatch(text):
        key, is_wanted = match["key"], not match["not"]
        return lambda metadata: (key in _labels(metadata)) is is_wanted
    raise ApiError(400, f"unable to parse requirement: {text!r}")


def _within(key: str, values: set[str], *, wanted: bool) -> Predicate:
    return lambda metadata: (_labels(metadata).get(key) in values) is wanted


def _labels(metadata: JsonObject) -> Mapping[str, str]:
    found: Mapping[str, str] = metadata.get("labels") or {}
    return found


def _field_test(text: str) -> Predicate:
    match = _EQUALITY.fullmatch(text)
    if match is None:
        raise ApiError(400, f"invalid selector: {text!r}; can't understand {text!r}")
    if match["key"] not in _FIELDS:
        raise ApiError(400, f"field label not supported: {match['key']}")
    key, value, is_wanted = _FIELDS[match["key"]], match["value"], match["op"] != "!="
    return lambda metadata: (metadata.get(key, "") == value) is is_wanted
