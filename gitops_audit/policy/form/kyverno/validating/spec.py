"""What the spec of a `ValidatingPolicy` says beside its expressions, checked."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.validating.cel import ASKING, UNSUPPORTED

JSON = "JSON"
_SPEC = (
    "auditAnnotations",
    "autogen",
    "evaluation",
    "failurePolicy",
    "matchConditions",
    "matchConstraints",
    "validationActions",
    "validations",
    "variables",
    "webhookConfiguration",
)
_EVALUATION = ("admission", "background", "mode")
_ACTIONS = ("Audit", "Deny", "Warn")


def check(document: Document, *, is_test: bool) -> None:
    """Raises PolicyError: unknown fields, GA410 for what an audit (or even a test) cannot evaluate."""
    document.only("/spec", _SPEC)
    for pointer, text in _expressions(document):
        found = UNSUPPORTED.search(text) or (None if is_test else ASKING.search(text))
        if found:
            message = f"`{found[1]}` is not supported: an audit asks nothing but Git and the cluster's objects"
            raise document.fault(pointer, message, code="GA410", hint="--allow-unsupported skips such policies visibly")


def namespace(document: Document) -> str:
    if document.kind != "NamespacedValidatingPolicy":
        return ""
    return document.text("/metadata/namespace") or "default"


def is_warning(document: Document) -> bool:
    actions = document.sequence("/spec/validationActions")
    for index, action in enumerate(actions):
        document.choice(f"/spec/validationActions/{index}", _ACTIONS, str(action))
    return bool(actions) and set(actions) == {"Warn"}


def mode(document: Document, is_test: bool) -> str:
    document.only("/spec/evaluation", _EVALUATION)
    pointer = "/spec/evaluation/mode"
    word = document.text(pointer, "Kubernetes")
    if word != "Kubernetes" and not (is_test and word == JSON):
        raise document.fault(pointer, f"evaluation mode {word!r} is not for resources of a cluster", code="GA410")
    return word


def _expressions(document: Document) -> Sequence[tuple[str, str]]:
    places = [
        (f"/spec/{key}/{index}/{field}", item.get(field))
        for key in ("variables", "matchConditions", "validations", "auditAnnotations")
        for index, item in enumerate(document.sequence(f"/spec/{key}"))
        if isinstance(item, dict)
        for field in ("expression", "messageExpression", "valueExpression")
    ]
    return [(pointer, text) for pointer, text in places if isinstance(text, str)]
