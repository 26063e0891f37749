"""`ignoreDifferences` of an Application as ignore rules for the objects of its source.

Path expressions of jq that only walk need no jq: `.spec.template.spec.containers[] | select(.name == "proxy")` becomes
the pointer `/spec/template/spec/containers/[name=proxy]`. All others stay expressions; without jq they are told.
Source: argo-cd.readthedocs.io/en/stable/user-guide/diffing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.config.settings import IgnoreRule
from gitops_audit.errors import Location
from gitops_audit.kube.glob import has_wildcards
from gitops_audit.kube.match import Match
from gitops_audit.model.resource import JsonObject, mapping

_STEP = re.compile(
    r"""\.?\[\s*"(?P<quoted>(?:[^"\\]|\\.)*)"\s*\]\??|\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\??"""
    r"""|\."(?P<text>(?:[^"\\]|\\.)*)"\??|\.?\[(?P<index>\d*)\]\??"""
    r"""|\s*\|\s*select\(\s*\.(?P<key>[A-Za-z_][A-Za-z0-9_]*)\s*==\s*"(?P<value>[^"\\*?\[\],=]*)"\s*\)|\s*\|\s*(?=\.)"""
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """`untranslated` are expressions of jq, `wildcards` pointers that lead nowhere: their differences are told."""

    rules: tuple[IgnoreRule, ...] = ()
    untranslated: tuple[str, ...] = ()
    wildcards: tuple[str, ...] = ()


def ignored(application: JsonObject, title: str, source: str, where: Location, *, has_jq: bool = False) -> Ignored:
    """The rules that an Application brings for the objects of `source`; `has_jq`: expressions can be evaluated."""
    entries = mapping(application.get("spec")).get("ignoreDifferences")
    rules: list[IgnoreRule] = []
    untranslated: list[str] = []
    wildcards: list[str] = []
    for entry in (mapping(e) for e in entries) if isinstance(entries, list) else ():
        expressions = _texts(entry, "jqPathExpressions")
        found = {expression: pointer_of(expression) for expression in expressions}
        others = tuple(expression for expression, pointer in found.items() if pointer is None)
        untranslated += () if has_jq else others
        pointers = list(_texts(entry, "jsonPointers"))
        wildcards += filter(has_wildcards, pointers)
        plain = (_pointer(pointer) for pointer in pointers if not has_wildcards(pointer))
        fields = (*plain, *(p for p in found.values() if p is not None))
        managers = tuple(_texts(entry, "managedFieldsManagers"))
        rule = IgnoreRule(_match(entry), fields, managers, reason=f"ignoreDifferences of {title}", where=where)
        if fields or managers or (others and has_jq):
            rules.append(replace(rule, source=source, expressions=others if has_jq else ()))
    return Ignored(tuple(rules), tuple(dict.fromkeys(untranslated)), tuple(dict.fromkeys(wildcards)))


def pointer_of(expression: str) -> str | None:
    """The pointer of a path expression that only walks; None for any other."""
    text, at, steps = expression.strip(), 0, list[str]()
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or step.end() == at:
            return None
        if step["key"] is not None:
            if not steps or steps[-1] != "*":
                return None
            steps[-1] = f"[{step['key']}={step['value']}]"
        elif (name := next((step[g] for g in ("quoted", "name", "text") if step[g] is not None), None)) is not None:
            if "\\" in name or "*" in name:
                return None
            steps.append(name.replace("~", "~0").replace("/", "~1"))
        elif step["index"] is not None:
            steps.append(step["index"] or "*")
        at = step.end()
    return "".join(f"/{step}" for step in steps) if steps else None


def _match(entry: JsonObject) -> Match:
    """An absent name or namespace stands for any, an absent group for the core group."""
    kind, namespace, name = (str(entry.get(key) or "*") for key in ("kind", "namespace", "name"))
    return Match(kind, str(entry.get("group") or ""), namespace, name)


def _pointer(text: str) -> str:
    return text if text.startswith("/") else f"/{text}"


def _texts(entry: JsonObject, key: str) -> Iterator[str]:
    value: Any = entry.get(key)
    return (text for text in value if isinstance(text, str) and text) if isinstance(value, list) else iter(())
