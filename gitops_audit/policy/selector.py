"""Label selectors (meta/v1 LabelSelector)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitops_audit.policy.document import Document

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


@dataclass(frozen=True, slots=True)
class Requirement:
    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        label = labels.get(self.key)  # of a manifest, where it may be anything
        return (isinstance(label, str) and label in self.values) == (self.operator == "In")


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements must hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def from_document(cls, document: Document, pointer: str) -> LabelSelector:
        """Raises PolicyError for unknown keys and operators."""
        document.only(pointer, ("matchLabels", "matchExpressions"))
        labels = document.mapping(f"{pointer}/matchLabels")
        equal = [Requirement(key, "In", frozenset((str(value),))) for key, value in labels.items()]
        count = len(document.sequence(f"{pointer}/matchExpressions"))
        listed = [_requirement(document, f"{pointer}/matchExpressions/{i}") for i in range(count)]
        return cls((*equal, *listed))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(r.key for r in self.requirements)

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(r.matches(labels) for r in self.requirements)


EVERYTHING = LabelSelector()


def check_expression(document: Document, pointer: str) -> None:
    """Raises PolicyError for an element of `matchExpressions` that the API server takes for none."""
    document.only(pointer, ("key", "operator", "values"))
    operator = document.choice(f"{pointer}/operator", _OPERATORS, "")
    if not document.text(f"{pointer}/key"):
        raise document.fault(pointer, "an expression of a selector has no key")
    needs_values = operator in ("In", "NotIn")
    if bool(document.sequence(f"{pointer}/values")) != needs_values:
        raise document.fault(pointer, f"{operator} {'needs' if needs_values else 'takes no'} values")


def _requirement(document: Document, pointer: str) -> Requirement:
    check_expression(document, pointer)
    values = frozenset(str(v) for v in document.sequence(f"{pointer}/values"))
    return Requirement(document.text(f"{pointer}/key"), document.text(f"{pointer}/operator"), values)
