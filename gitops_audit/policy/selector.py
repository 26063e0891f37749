"""Label selectors in policy documents: read, or refused where the API server takes them for none."""

from __future__ import annotations

from gitops_audit.kube.selector import OPERATORS, WITH_VALUES, LabelSelector
from gitops_audit.policy.document import Document


def label_selector(document: Document, pointer: str) -> LabelSelector:
    """The selector at a pointer. Raises PolicyError for unknown keys and operators."""
    document.only(pointer, ("matchLabels", "matchExpressions"))
    expressions = document.sequence(f"{pointer}/matchExpressions")
    for index in range(len(expressions)):
        check_expression(document, f"{pointer}/matchExpressions/{index}")
    return LabelSelector.of(document.mapping(f"{pointer}/matchLabels"), expressions)


def check_expression(document: Document, pointer: str) -> None:
    """Raises PolicyError for an element of `matchExpressions` that the API server takes for none."""
    document.only(pointer, ("key", "operator", "values"))
    operator = document.choice(f"{pointer}/operator", OPERATORS, "")
    if not document.text(f"{pointer}/key"):
        raise document.fault(pointer, "an expression of a selector has no key")
    needs_values = operator in WITH_VALUES
    if bool(document.sequence(f"{pointer}/values")) != needs_values:
        raise document.fault(pointer, f"{operator} {'needs' if needs_values else 'takes no'} values")
