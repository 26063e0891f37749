"""The fields a Kyverno policy may have. An unknown one is an error: what is not read would silently not be checked."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import jmes
from gitops_audit.policy.form.kyverno.condition import OPERATORS
from gitops_audit.policy.form.kyverno.entry import EXTERNAL
from gitops_audit.policy.selector import check_expression

SPEC = (
    "admission",
    "applyRules",
    "background",
    "emitWarning",
    "failurePolicy",
    "generateExisting",
    "generateExistingOnPolicyUpdate",
    "mutateExistingOnPolicyUpdate",
    "rules",
    "schemaValidation",
    "useServerSideApply",
    "validationFailureAction",
    "validationFailureActionOverrides",
    "webhookConfiguration",
    "webhookTimeoutSeconds",
)
RULE = (
    "celPreconditions",
    "context",
    "exclude",
    "generate",
    "imageExtractors",
    "match",
    "mutate",
    "name",
    "preconditions",
    "reportProperties",
    "skipBackgroundRequests",
    "validate",
    "verifyImages",
)
VALIDATE = (
    "allowExistingViolations",
    "anyPattern",
    "assert",
    "cel",
    "deny",
    "failureAction",
    "failureActionOverrides",
    "foreach",
    "manifests",
    "message",
    "pattern",
    "podSecurity",
)
CHECKS = ("deny", "pattern", "anyPattern", "foreach", "podSecurity", "cel")
OTHER_KINDS = ("mutate", "generate", "verifyImages")
_FOREACH = ("anyPattern", "context", "deny", "elementScope", "foreach", "list", "order", "pattern", "preconditions")
_BLOCK = ("all", "any", "clusterRoles", "resources", "roles", "subjects")
_RESOURCES = (
    "annotations",
    "kinds",
    "name",
    "names",
    "namespaceSelector",
    "namespaces",
    "operations",
    "selector",
)
_OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT")
_SUBJECTS = ("User", "Group", "ServiceAccount")
_SELECTOR = ("matchLabels", "matchExpressions")
_CONTEXT = ("apiCall", "configMap", "globalReference", "imageRegistry", "name", "variable")
_ENTRY = {
    "variable": ("default", "jmesPath", "value"),
    "configMap": ("name", "namespace"),
    "apiCall": ("data", "default", "jmesPath", "method", "service", "urlPath"),
    "apiCall/service": ("caBundle", "headers", "url"),
    "globalReference": ("jmesPath", "name"),
    "imageRegistry": ("imageRegistryCredentials", "jmesPath", "reference"),
}
_ENTRY_TEXTS = (
    "variable/jmesPath",
    "configMap/name",
    "configMap/namespace",
    "apiCall/jmesPath",
    "apiCall/method",
    "apiCall/urlPath",
    "apiCall/service/url",
    "globalReference/name",
    "globalReference/jmesPath",
)
_CONDITION = ("key", "message", "operator", "value")
_CEL = ("auditAnnotations", "expressions", "generate", "paramKind", "paramRef", "variables")
_POD_SECURITY = ("exclude", "level", "version")
_EXCLUDE = ("controlName", "images", "restrictedField", "values")


def _objects(document: Document, at: str) -> Iterator[str]:
    """The places of the elements of a list. Raises PolicyError where one is no object, or none at all."""
    for index in range(len(document.sequence(at))):
        here = f"{at}/{index}"
        if document.value(here) is None:
            raise document.fault(here, "an element of the list is null")
        document.mapping(here)
        yield here


def _check_texts(document: Document, at: str) -> None:
    for index, value in enumerate(document.sequence(at)):
        if not isinstance(value, str):
            raise document.fault(f"{at}/{index}", f"{value!r} is not a text: write it in quotes")


def check_rule(document: Document, at: str) -> None:
    """Raises PolicyError at the line of the first field that is unknown or of a wrong type."""
    document.only(at, RULE)
    if not document.text(f"{at}/name"):
        raise document.fault(at, "a rule has no name")
    for side in ("match", "exclude"):
        check_match(document, f"{at}/{side}")
    check_context(document, f"{at}/context")
    check_conditions(document, f"{at}/preconditions")
    if document.value(f"{at}/validate") is not None:
        check_validate(document, f"{at}/validate")


def check_match(document: Document, at: str) -> None:
    document.only(at, _BLOCK)
    _check_user(document, at)
    _check_resources(document, f"{at}/resources")
    for group in ("any", "all"):
        for here in _objects(document, f"{at}/{group}"):
            document.only(here, _BLOCK)
            _check_user(document, here)
            _check_resources(document, f"{here}/resources")


def _check_resources(document: Document, at: str) -> None:
    document.only(at, _RESOURCES)
    document.text(f"{at}/name")
    for key in ("kinds", "names", "namespaces", "operations"):
        _check_texts(document, f"{at}/{key}")
    for operation in document.sequence(f"{at}/operations"):
        if operation not in _OPERATIONS:
            hint = f"use {', '.join(_OPERATIONS)}"
            raise document.fault(f"{at}/operations", f"{operation!r} is no operation", hint=hint)
    document.mapping(f"{at}/annotations")
    for key in ("selector", "namespaceSelector"):
        document.only(f"{at}/{key}", _SELECTOR)
        document.mapping(f"{at}/{key}/matchLabels")
        for here in _objects(document, f"{at}/{key}/matchExpressions"):
            check_expression(document, here)


def _check_user(document: Document, at: str) -> None:
    for key in ("roles", "clusterRoles"):
        _check_texts(document, f"{at}/{key}")
    for here in _objects(document, f"{at}/subjects"):
        document.choice(f"{here}/kind", _SUBJECTS, "")
        document.text(f"{here}/name")


def check_context(document: Document, at: str) -> None:
    for here in _objects(document, at):
        document.only(here, _CONTEXT)
        if not document.text(f"{here}/name"):
            raise document.fault(here, "a context entry has no name")
        if not any(document.value(f"{here}/{kind}") is not None for kind in ("variable", "configMap", *EXTERNAL)):
            raise document.fault(here, f"the context entry has no {', no '.join(('variable', 'configMap', *EXTERNAL))}")
        for part, known in _ENTRY.items():
            document.only(f"{here}/{part}", known)
        for field in _ENTRY_TEXTS:
            document.text(f"{here}/{field}")


def check_conditions(document: Document, at: str) -> None:
    if isinstance(document.value(at), list):
        _check_list(document, at)
        return
    document.only(at, ("any", "all"))
    for group in ("any", "all"):
        _check_list(document, f"{at}/{group}")


def _check_list(document: Document, at: str) -> None:
    for here in _objects(document, at):
        document.only(here, _CONDITION)
        word = document.text(f"{here}/operator")
        if word.lower() not in OPERATORS:
            raise document.fault(f"{here}/operator", f"the operator {word!r} does not exist")


def check_validate(document: Document, at: str) -> None:
    document.only(at, VALIDATE)
    document.text(f"{at}/message")
    _check_deny(document, f"{at}/deny")
    document.sequence(f"{at}/anyPattern")
    _check_foreach(document, f"{at}/foreach")
    document.only(f"{at}/cel", _CEL)
    document.only(f"{at}/podSecurity", _POD_SECURITY)
    for here in _objects(document, f"{at}/podSecurity/exclude"):
        check_exclude(document, here)


def check_exclude(document: Document, at: str) -> None:
    document.only(at, _EXCLUDE)
    document.text(f"{at}/controlName")
    document.text(f"{at}/restrictedField")
    for key in ("images", "values"):
        _check_texts(document, f"{at}/{key}")


def _check_deny(document: Document, at: str) -> None:
    document.only(at, ("conditions",))
    check_conditions(document, f"{at}/conditions")


def _check_foreach(document: Document, at: str) -> None:
    for here in _objects(document, at):
        document.only(here, _FOREACH)
        if not document.text(f"{here}/list"):
            raise document.fault(here, "foreach has no list")
        check_context(document, f"{here}/context")
        check_conditions(document, f"{here}/preconditions")
        document.sequence(f"{here}/anyPattern")
        _check_deny(document, f"{here}/deny")
        _check_foreach(document, f"{here}/foreach")


def unsupported(document: Document, at: str) -> tuple[str, str]:
    """The pointer of the first thing in a rule that is not evaluated here, and what it is; empty texts for none."""
    for kind in OTHER_KINDS:
        if document.value(f"{at}/{kind}"):
            return f"{at}/{kind}", f"`{kind}` rules are not evaluated"
    for kind in ("manifests", "assert"):
        if document.value(f"{at}/validate/{kind}") is not None:
            return f"{at}/validate/{kind}", f"`validate.{kind}` is not evaluated"
    found = _external(document, at)
    return found if found[0] else _unsupported_text(document.value(at), at)


def _external(document: Document, at: str) -> tuple[str, str]:
    for index, entry in enumerate(document.sequence(f"{at}/context")):
        for kind in EXTERNAL:
            if kind in entry:
                return f"{at}/context/{index}/{kind}", f"a context entry with `{kind}` would ask a server"
    for part in (f"{at}/validate/foreach", f"{at}/foreach"):
        for index in range(len(document.sequence(part))):
            found = _external(document, f"{part}/{index}")
            if found[0]:
                return found
    return "", ""


def _unsupported_text(value: object, at: str) -> tuple[str, str]:
    if isinstance(value, str):
        name = jmes.unsupported_function(value) if "{{" in value or at.endswith(("/jmesPath", "/list")) else ""
        return (at, f"the function {name}() is not evaluated") if name else ("", "")
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        found = _unsupported_text(item, f"{at}/{key}")
        if found[0]:
            return found
    return "", ""
