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

from gitops_audit.policy.form.kyverno import anchor, jmes
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.value import TooLarge, is_number, marshal

MAX_ROUNDS = 64
MAX_VARIABLES = 10_000
MAX_CHARS = 2_000_000
_VARIABLE = re.compile(r"(^|[^\\])(\{\{(?:\{[^{}]*\}|[^{}])*\}\})")
_REFERENCE = re.compile(r"(^|[^\\])\$\(([^ ]{1,500}?)\)")
_ESCAPED_REFERENCE = re.compile(r"\\(\$\([^ )]{0,500}\))")
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
    expander = _Expander(path, scope)
    for _ in range(MAX_ROUNDS):
        # also a text that only becomes one variable, `{{ f('{{ x }}') }}`, gets a value of any type
        only = _VARIABLE.fullmatch(text)
        if only is not None and not only[1]:
            return _value(_expression(only[2], path)[0], path, scope)
        text = _VARIABLE.sub(expander.replace, text)
        if expander.is_shallow or _VARIABLE.search(text) is None:
            return text.replace("\\{{", "{{")
    raise expander.endless()


class _Expander:
    """Replaces the variables of one text, round after round, within bounds for all of them together."""

    __slots__ = ("_chars", "_count", "_path", "_scope", "is_shallow")

    def __init__(self, path: str, scope: Scope) -> None:
        self._path = path
        self._scope = scope
        self._count = 0
        self._chars = 0
        self.is_shallow = False

    def replace(self, match: re.Match[str]) -> str:
        expression, self.is_shallow = _expression(match[2], self._path)
        value = _value(expression, self._path, self._scope)
        shown = _shown(value, self._path)
        self._count += 1
        self._chars += len(shown)
        if self._count > MAX_VARIABLES or self._chars > MAX_CHARS:
            raise self.endless()
        return match[1] + (shown.replace("{{", "\\{{") if self.is_shallow else shown)

    def endless(self) -> SubstitutionError:
        return SubstitutionError(f"the variables at {self._path or '/'} expand without end")


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


def _shown(value: Any, path: str) -> str:
    try:
        return value if isinstance(value, str) else marshal(value)
    except TooLarge as error:
        raise SubstitutionError(f"a variable at path {path}: {error}") from None


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
