"""Variables `{{ expression }}` and references `$(./../path)` in the texts of a rule.

A text that is one variable becomes its value, of whatever type; within a longer text a value is written as JSON.
`\\{{` and `\\$(` are taken literally, `{{- x }}` is not looked through for further variables. What an expression
gives may hold variables itself; how often that is followed is bounded, so a text cannot expand for ever.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any

from gitops_audit.policy.kyverno import anchor, jmes
from gitops_audit.policy.kyverno.scope import Scope
from gitops_audit.policy.kyverno.value import is_number, marshal

MAX_ROUNDS = 64
MAX_CHARS = 2_000_000
_VARIABLE = re.compile(r"(^|[^\\])(\{\{(?:\{[^{}]*\}|[^{}])*\}\})")
_REFERENCE = re.compile(r"(^|[^\\])\$\(([^ ]+?)\)")
_ESCAPED_REFERENCE = re.compile(r"\\(\$\([^ )]*\))")
_OPERATOR = re.compile(r"(>=|<=|>|<|!)?(.*)", re.DOTALL)


class SubstitutionError(ValueError):
    """A variable or reference that cannot be resolved; `is_unknown` where a key was not there."""

    def __init__(self, message: str, *, is_unknown: bool = False) -> None:
        super().__init__(message)
        self.is_unknown = is_unknown


def substitute(document: Any, scope: Scope) -> Any:
    """A copy of a document (JSON) with its variables and references replaced. Raises SubstitutionError."""
    resolved = _walk(document, "", lambda text, path: _references(text, path, document))
    return _walk(resolved, "", lambda text, path: _variables(text, path, scope))


def text_of(message: str, scope: Scope) -> str | None:
    """A message with its variables replaced, None where they cannot be."""
    try:
        value = substitute(message, scope)
    except SubstitutionError:
        return None
    return value if isinstance(value, str) else None


def _walk(element: Any, path: str, replace: Callable[[str, str], Any]) -> Any:
    if isinstance(element, str):
        return replace(element, path) if "{{" in element or "$(" in element else element
    if isinstance(element, dict):
        return {_key(key, path, replace): _walk(item, f"{path}/{key}", replace) for key, item in element.items()}
    if isinstance(element, list):
        return [_walk(item, f"{path}/{index}", replace) for index, item in enumerate(element)]
    return element


def _key(key: str, path: str, replace: Callable[[str, str], Any]) -> str:
    found = _walk(key, path, replace)
    if not isinstance(found, str):
        raise SubstitutionError(f"the key {key!r} does not become a text")
    return found


def _variables(text: str, path: str, scope: Scope) -> Any:
    for _ in range(MAX_ROUNDS):
        found = _VARIABLE.findall(text)
        if not found:
            return text.replace("\\{{", "{{")
        whole, is_final, text = _one_round(text, found, path, scope)
        if whole is not None:
            return whole[0]
        if len(text) > MAX_CHARS:
            break
        if is_final:
            return text.replace("\\{{", "{{")
    raise SubstitutionError(f"the variables at {path or '/'} expand without end")


def _one_round(text: str, found: list[tuple[str, str]], path: str, scope: Scope) -> tuple[tuple[Any] | None, bool, str]:
    """(the value where the text is one variable, whether nothing more is to be looked through, the new text)."""
    start, is_shallow = text, False
    for before, variable in found:
        expression, is_shallow = _expression(variable, path)
        value = _value(expression, path, scope)
        if start == variable:
            return (value,), False, text
        shown = value if isinstance(value, str) else marshal(value)
        shown = shown.replace("{{", "\\{{") if is_shallow else shown
        text = text.replace(before + variable, before + shown, 1)
    return None, is_shallow, text


def _expression(variable: str, path: str) -> tuple[str, bool]:
    inner = variable.replace("{{", "").replace("}}", "").strip()
    is_shallow = inner.startswith("-")
    inner = inner.removeprefix("-").strip()
    return (_current(path) if inner == "@" else inner), is_shallow


def _current(path: str) -> str:
    """`@` is the value of the resource at the place where the variable stands."""
    parts = ["request", "object", *(anchor.key_of(part) for part in path.split("/")[1:])]
    return ".".join(part if part.isidentifier() else f'"{part}"' for part in parts).replace('."', '."')


def _value(expression: str, path: str, scope: Scope) -> Any:
    if scope.is_delete:
        expression = expression.replace("request.object", "request.oldObject")
    try:
        return scope.query(expression)
    except jmes.NotFound as error:
        message = f"failed to resolve {expression} at path {path}: {error}"
        raise SubstitutionError(message, is_unknown=True) from None
    except jmes.JmesError as error:
        raise SubstitutionError(f"failed to resolve {expression} at path {path}: {error}") from None


def _references(text: str, path: str, document: Any) -> str:
    for before, reference in _REFERENCE.findall(text):
        text = text.replace(f"{before}$({reference})", before + _resolved(reference, path, document), 1)
    return _ESCAPED_REFERENCE.sub(r"\1", text)


def _resolved(reference: str, path: str, document: Any) -> str:
    match = _OPERATOR.fullmatch(reference)
    operator, target = match.groups() if match else ("", reference)
    place = target if target.startswith("/") else posixpath.join(anchor.without_anchors(path), target)
    value = _at(document, posixpath.normpath(place))
    if isinstance(value, str) or (operator and is_number(value)):
        return f"{operator or ''}{value}"
    raise SubstitutionError(f"the reference $({reference}) at path {path} leads to no text")


def _at(value: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        elif isinstance(value, dict):
            value = next((item for key, item in value.items() if anchor.key_of(key) == part), None)
        else:
            return None
    return value
