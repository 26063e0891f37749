"""A value that a tool puts into objects, found in the tool's own file by what it is: values of a chart, image tags.

Nothing says which key of a values file becomes which field. But where a key holds the declared value, or the part of
it that differs (`image: "{{ .repository }}:{{ .tag }}"`), it may be the one: rendering tells. An example:

    declared  image: shop/web:1.2     live  image: shop/web:1.3     values  web: {image: shop/web, tag: "1.2"}

`web.tag` is a part of the declared text, and what stands around it is the same in the live one: its new value is `1.3`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from gitops_audit.model.finding import ABSENT
from gitops_audit.model.path import pointer_tokens
from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.in_manifest import is_encrypted
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.same import is_same
from gitops_audit.remediate.togit.task import Edit, Files, Task
from gitops_audit.remediate.togit.wanted import ADDED, LEAVING, Elsewhere, Token, at, place

MOST_TRIALS = 12
"""Renderings for one change and one file: a key that is none of the first was found by chance."""

_Way = tuple[Token, ...]


def in_values(task: Task, path: str, files: Files) -> Iterator[Edit]:
    """Ways to change the one document of a file; the keys that are called like the field come first."""
    if not files.has(path):
        return
    try:
        value = Document.first(files.read(path)).value
    except Uneditable:
        return
    if is_encrypted(value):
        return
    for way, new in candidates_in(task, value):
        yield _setting(path, way, new)


def setting_in(path: str, way: _Way, new: Any) -> Edit:
    """Sets a key of a file, which need not be there yet."""
    return _setting(path, way, new)


def candidates_in(task: Task, value: Any) -> list[tuple[_Way, Any]]:
    """The keys that may hold the value, the likeliest first, each with what it would be."""
    names = [t.lower() for t in pointer_tokens(task.change.pointer) if not t.isdecimal()]
    return sorted(_candidates(task, value), key=lambda c: -_likeness(c[0], names))[:MOST_TRIALS]


def _setting(path: str, way: _Way, new: Any) -> Edit:
    def edit(files: Files) -> Mapping[str, bytes]:
        document = Document.first(files.read(path))
        value = copy.deepcopy(document.value)
        value = {} if value is None else value
        holder = value
        for token in way[:-1]:
            if isinstance(holder, dict) and holder.get(token) is None:
                holder[token] = {}
            holder = holder[token]
        if new is ABSENT:
            del holder[way[-1]]
        else:
            holder[way[-1]] = new
        return {path: document.with_body(value)}

    return edit


def _candidates(task: Task, value: Any) -> Iterator[tuple[_Way, Any]]:
    change = task.change
    tokens = pointer_tokens(change.pointer)
    if change.type in ADDED:
        yield from _holders(task, value, tokens, change.live)
        return
    for way, node in _nodes(value, ()):
        if change.type in LEAVING:
            if is_same(node, change.declared) and way and way[-1] == tokens[-1]:
                yield way, ABSENT
        elif way and (new := substituted(node, change.declared, change.live)) is not ABSENT:
            yield way, new


def _holders(task: Task, value: Any, tokens: list[str], new: Any) -> Iterator[tuple[_Way, Any]]:
    """Maps that hold what is declared around a new field, or are called like the one that is to hold it."""
    try:
        declared = at(task.declared.body, place(tokens[:-1], task.live, task.declared.body, task.schema))
    except Elsewhere:
        return
    for way, node in _nodes(value, ()):
        is_like = bool(way) and len(tokens) > 1 and str(way[-1]).lower() == tokens[-2].lower()
        if isinstance(node, dict) and not tokens[-1].isdecimal():
            held = declared if isinstance(declared, dict) else {}
            if (is_like or node) and all(is_same(v, held.get(k)) for k, v in node.items()):
                yield (*way, tokens[-1]), new
        elif isinstance(node, list) and isinstance(declared, list) and is_same(node, declared):
            yield way, [*node, new]


def _nodes(value: Any, way: _Way) -> Iterator[tuple[_Way, Any]]:
    yield way, value
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _nodes(child, (*way, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _nodes(child, (*way, index))


def substituted(value: Any, declared: Any, live: Any) -> Any:
    """What a value must be so that the declared one becomes the live one; ABSENT where it has no part in it."""
    if is_same(value, declared):
        return live
    if isinstance(value, (dict, list, bool)) or value is None or value == "":
        return ABSENT
    if isinstance(declared, (dict, list)) or isinstance(live, (dict, list)) or isinstance(declared, bool):
        return ABSENT
    part, before, after = str(value), str(declared), str(live)
    start = before.find(part)
    while start >= 0:
        head, tail = before[:start], before[start + len(part) :]
        if after.startswith(head) and after.endswith(tail) and len(after) > len(head) + len(tail):
            new = after[len(head) : len(after) - len(tail)]
            return int(new) if isinstance(value, int) and new.isdecimal() and str(int(new)) == new else new
        start = before.find(part, start + 1)
    return ABSENT


def _likeness(way: _Way, names: list[str]) -> float:
    """How much the names of a key are like those of the field, the last ones most."""
    own = [str(token).lower() for token in way if not isinstance(token, int)]
    score = 0.0
    for distance, name in enumerate(reversed(own)):
        best = max((SequenceMatcher(None, name, other).ratio() for other in names), default=0.0)
        score += best / (1 + distance)
    return score / (1 + 0.1 * len(own))
