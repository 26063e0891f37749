"""Label selectors (meta/v1 LabelSelector): what they select."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WITH_VALUES, WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
OPERATORS = (*WITH_VALUES, *WITHOUT_VALUES)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label. An operator that is none selects nothing."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    @classmethod
    def of(cls, expression: Mapping[str, Any]) -> Requirement:
        """From an element of `matchExpressions`."""
        values = expression.get("values")
        texts = frozenset(map(str, values)) if isinstance(values, list) else frozenset[str]()
        return cls(str(expression.get("key", "")), str(expression.get("operator", "")), texts)

    def matches(self, labels: Mapping[str, Any]) -> bool:
        label = labels.get(self.key)  # of a manifest, where it may be anything
        match self.operator:
            case "In":
                return isinstance(label, str) and label in self.values
            case "NotIn":
                return not (isinstance(label, str) and label in self.values)
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        return False


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements must hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def of(cls, labels: Mapping[str, Any], expressions: Any) -> LabelSelector:
        """From `matchLabels` and `matchExpressions`; what is no expression is passed over."""
        equal = [Requirement(key, "In", frozenset((str(value),))) for key, value in labels.items()]
        listed = expressions if isinstance(expressions, list) else []
        return cls((*equal, *(Requirement.of(item) for item in listed if isinstance(item, dict))))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(r.key for r in self.requirements)

    def matches(self, labels: Mapping[str, Any]) -> bool:
        return all(r.matches(labels) for r in self.requirements)


EVERYTHING = LabelSelector()
