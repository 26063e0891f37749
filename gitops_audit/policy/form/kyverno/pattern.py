"""Compares one value with one pattern: `*.io/*`, `>=1Gi & <4Gi`, `!*:latest | *:stable`, `1-10`, `10s!-30s`."""

from __future__ import annotations

import re
from typing import Any

from gitops_audit.kube import duration, quantity
from gitops_audit.policy.form.kyverno import wildcard
from gitops_audit.policy.form.kyverno.value import is_number, parse_number, sprint

_ENDPOINT = r"([-|+]?\d+(?:\.\d+)?[A-Za-z]*)"
_IN_RANGE = re.compile(rf"{_ENDPOINT}-{_ENDPOINT}", re.ASCII)
_NOT_IN_RANGE = re.compile(rf"{_ENDPOINT}!-{_ENDPOINT}", re.ASCII)
_OPERATORS = (">=", "<=", ">", "<", "!")


def is_match(value: Any, pattern: Any) -> bool:
    """Whether a value fits a scalar pattern (an object as pattern only asks for an object)."""
    if isinstance(pattern, bool):
        return isinstance(value, bool) and value == pattern
    if is_number(pattern):
        return _fits_number(value, pattern)
    if pattern is None:
        return _is_zero(value)
    if isinstance(pattern, str):
        return _fits_text(value, pattern)
    return isinstance(pattern, dict) and isinstance(value, dict)


def is_range(pattern: str) -> bool:
    return operator_of(pattern) == "-"


def operator_of(pattern: str) -> str:
    """The operator a text begins with, `-` or `!-` for a range, empty for equality."""
    if len(pattern) < 2:
        return ""
    for operator in _OPERATORS:
        if pattern.startswith(operator):
            return operator
    if _NOT_IN_RANGE.fullmatch(pattern):
        return "!-"
    return "-" if _IN_RANGE.fullmatch(pattern) else ""


def _fits_number(value: Any, pattern: float) -> bool:
    if is_number(value):
        return value == pattern
    return isinstance(value, str) and parse_number(value) == pattern


def _is_zero(value: Any) -> bool:
    return value is None or value is False or value == "" or (is_number(value) and value == 0)


def _fits_text(value: Any, pattern: str) -> bool:
    if value == pattern:
        return True
    return any(_fits_all(value, part.strip(" ")) for part in pattern.split("|"))


def _fits_all(value: Any, pattern: str) -> bool:
    return all(_fits_one(value, part.strip(" ")) for part in pattern.split("&"))


def _fits_one(value: Any, pattern: str) -> bool:
    operator = operator_of(pattern)
    if operator == "-":
        low, high = _endpoints(_IN_RANGE, pattern)
        return _compare(value, ">=", low) and _compare(value, "<=", high)
    if operator == "!-":
        low, high = _endpoints(_NOT_IN_RANGE, pattern)
        return _compare(value, "<", low) or _compare(value, ">", high)
    return _compare(value, operator, pattern.removeprefix(operator).strip())


def _endpoints(shape: re.Pattern[str], pattern: str) -> tuple[str, str]:
    found = shape.fullmatch(pattern)
    return (found[1], found[2]) if found else ("", "")


def _compare(value: Any, operator: str, pattern: str) -> bool:
    number = _number_text(value)
    if number is not None:
        for parse in (duration.parse, _quantity):
            left, right = parse(number), parse(pattern)
            if left is not None and right is not None:
                return _holds(left, operator, right)
    if operator not in ("", "!") or isinstance(value, dict | list) or value is None:
        return False
    return wildcard.is_match(pattern, sprint(value)) == (operator == "")


def _number_text(value: Any) -> str | None:
    """What is compared as a duration or quantity: nothing counts as 0; booleans and objects are not compared so."""
    if value is None:
        return "0"
    if is_number(value):
        return f"{value:f}" if isinstance(value, float) else str(value)
    return value if isinstance(value, str) else None


def _quantity(text: str) -> Any:
    found = quantity.read(text)
    return found.value if found else None


def _holds(left: Any, operator: str, right: Any) -> bool:
    match operator:
        case "":
            return bool(left == right)
        case "!":
            return bool(left != right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "<":
            return bool(left < right)
        case _:
            return bool(left <= right)
