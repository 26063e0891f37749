"""Parameters of ApplicationSets, and how they come into a template: `{{name}}` (fasttemplate) or Go templates.

Source: argo-cd.readthedocs.io/en/stable/operator-manual/applicationset: Template, GoTemplate, Generators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gitops_audit.deployer.expansion import GoTemplate
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import JsonObject

MAX_APPLICATIONS = 2000
MAX_FILLED_CHARS = 64 << 20
_CHAIN = re.compile(r"(?<![\w.)$\"'`])\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_BLOCK = re.compile(r"\{\{-?\s*(?:if|with|range|else|define|block|template)\b")
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*(?:\"|\Z)|`[^`]*(?:`|\Z)", re.DOTALL)
_NO_VALUE = "<no value>"
_INVALID = re.compile(r"[^-a-z0-9.]")


class SetError(Exception):
    """An ApplicationSet whose Applications cannot be known; the message says why."""


class NotComputableError(SetError):
    """Only the cluster knows the parameters: what the controller made there tells them."""


@dataclass(frozen=True, slots=True)
class Templates:
    """How the templates of one set are evaluated; `is_go` after its `goTemplate`."""

    is_go: bool
    evaluate: Callable[[Sequence[GoTemplate]], Sequence[str]]
    is_strict: bool = False

    def filled(self, bodies: Sequence[tuple[Any, JsonObject]]) -> list[Any]:
        """Each body with every text (keys too) as its parameters make it. Raises SetError."""
        if not self.is_go:
            budget = _Budget()
            return [_replaced(body, partial(_fast, given, budget)) for body, given in bodies]
        wanted: dict[tuple[str, int], GoTemplate] = {}
        for number, (body, given) in enumerate(bodies):
            for text in _texts(body):
                if "{{" in text:
                    wanted[text, number] = GoTemplate(text, given)
        found = dict(zip(wanted, self._evaluated(list(wanted.values())), strict=True))
        return [_replaced(body, partial(_known, found, number)) for number, (body, _) in enumerate(bodies)]

    def text(self, text: str, given: JsonObject) -> str:
        return str(self.filled([(text, given)])[0])

    def _evaluated(self, templates: Sequence[GoTemplate]) -> Sequence[str]:
        for template in templates:
            if self.is_strict and (name := _missing(template)):
                raise SetError(f"its template uses .{name}, which a generator does not give (missingkey=error)")
        try:
            texts = self.evaluate(templates) if templates else ()
        except SourceError as error:
            raise SetError(error.message) from None
        pairs = zip(templates, texts, strict=True)
        if self.is_strict and any(_NO_VALUE in text and _NO_VALUE not in template.text for template, text in pairs):
            raise SetError("its template uses a parameter which a generator does not give (missingkey=error)")
        return texts


def normalized(text: str) -> str:
    """As Argo CD makes a name of a Kubernetes object of any text."""
    return _INVALID.sub("-", text.lower())[:253].strip("-.")


def flattened(value: Any, prefix: str = "") -> JsonObject:
    """`{"a": {"b": 1}}` as `{"a.b": "1"}`, as `{{a.b}}` asks for it."""
    if isinstance(value, dict):
        pairs = [(str(key), child) for key, child in value.items()]
    elif isinstance(value, list):
        pairs = [(str(index), child) for index, child in enumerate(value)]
    else:
        return {prefix: shown(value)}
    found: JsonObject = {}
    for key, child in pairs:
        found |= flattened(child, f"{prefix}.{key}" if prefix else key)
    return found


def shown(value: Any) -> str:
    """A value as text, as Go prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)


def merged_over(base: JsonObject, over: JsonObject) -> JsonObject:
    """Mappings are merged to any depth; what is not empty in `over` wins."""
    found = dict(base)
    for key, value in over.items():
        old = found.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            found[key] = merged_over(old, value)
        elif value not in (None, "", [], {}) or key not in found:
            found[key] = value
    return found


def at(parameters: JsonObject, name: str) -> Any:
    """The parameter `a.b`, flat or nested; None where there is none."""
    if name in parameters:
        return parameters[name]
    value: Any = parameters
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _known(found: Mapping[tuple[str, int], str], number: int, text: str) -> str:
    return found.get((text, number), text)


@dataclass(slots=True)
class _Budget:
    """How much text the templates of a set may still come to: a long parameter may stand in every field."""

    left: int = MAX_FILLED_CHARS

    def take(self, text: str) -> str:
        self.left -= len(text)
        if self.left < 0:
            raise SetError(f"its templates come to more than {MAX_FILLED_CHARS >> 20} MiB (limit: size of a set)")
        return text


def _fast(given: JsonObject, budget: _Budget, text: str) -> str:
    """A tag that nobody knows stays as it is."""
    parts, at = list[str](), 0
    for start, end in _tags(text):
        name = text[start + 2 : end - 2].strip()
        parts += (text[at:start], budget.take(shown(given[name])) if name in given else text[start:end])
        at = end
    return "".join((*parts, text[at:]))


def _tags(text: str) -> Iterator[tuple[int, int]]:
    """Where each `{{...}}` begins and ends."""
    at = 0
    while (start := text.find("{{", at)) >= 0 and (end := text.find("}}", start + 2)) >= 0:
        at = end + 2
        yield start, at


def _replaced(body: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(body, str):
        return replace(body)
    if isinstance(body, dict):
        return {replace(str(key)): _replaced(value, replace) for key, value in body.items()}
    return [_replaced(value, replace) for value in body] if isinstance(body, list) else body


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for key, value in body.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value)


def _missing(template: GoTemplate) -> str:
    """The first parameter that a template without blocks names and is not given; in blocks `.` may be another."""
    if _BLOCK.search(template.text):
        return ""
    for start, end in _tags(template.text):
        for found in _CHAIN.finditer(_LITERAL.sub('""', template.text[start + 2 : end - 2])):
            value: Any = template.parameters
            for step in found[1].split("."):
                if not isinstance(value, dict):
                    break
                if step not in value:
                    return found[1]
                value = value[step]
    return ""
