"""Label selectors (LabelSelector): their own grammar, and whether they match the labels of a template."""

from __future__ import annotations

from typing import Any

from gitops_audit.kube import name
from gitops_audit.kube.selector import OPERATORS, WITH_VALUES, WITHOUT_VALUES, LabelSelector
from gitops_audit.policy.object_validation.field import Faults, Fields, labels, mapping, objects


def selector(value: Any, at: str) -> Faults:
    """What is wrong with a selector."""
    fields = mapping(value)
    yield from labels(fields.get("matchLabels"), f"{at}/matchLabels")
    for pointer, expression in objects(fields.get("matchExpressions"), f"{at}/matchExpressions"):
        yield from _expression(expression, pointer)


def _expression(expression: Fields, at: str) -> Faults:
    key, operator, values = (expression.get(field) for field in ("key", "operator", "values"))
    if isinstance(key, str) and (message := name.qualified(key)):
        yield f"{at}/key", message
    if operator in WITH_VALUES and not values:
        yield at, f"{operator} needs values"
    elif operator in WITHOUT_VALUES and values:
        yield f"{at}/values", f"{operator} takes no values"
    elif isinstance(operator, str) and operator not in OPERATORS:
        yield f"{at}/operator", f"must be one of {', '.join(OPERATORS)}"
    for text in values if isinstance(values, list) else ():
        if isinstance(text, str) and (message := name.label_value(text)):
            yield f"{at}/values", message


def is_empty(value: Any) -> bool:
    return isinstance(value, dict) and not value.get("matchLabels") and not value.get("matchExpressions")


def matches(value: Any, found: Fields) -> bool:
    """Whether a valid selector selects an object with these labels."""
    fields = mapping(value)
    return LabelSelector.of(mapping(fields.get("matchLabels")), fields.get("matchExpressions")).matches(found)
