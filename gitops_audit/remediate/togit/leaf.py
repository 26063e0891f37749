"""Changes of a tool's own file (values of a chart, image tags) that may make a field of an object what is live.

Which key it is, render/value_leaf.py finds by what it holds; rendering tells.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_audit.model.finding import ABSENT
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.same import is_same
from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.in_manifest import is_encrypted
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.task import Edit, Files, Task
from gitops_audit.remediate.togit.wanted import ADDED, LEAVING, Elsewhere, at, place
from gitops_audit.render.value_leaf import Way, likeness, nodes, substituted

MOST_TRIALS = 12
"""Renderings for one change and one file: a key that is none of the first was found by chance."""


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


def setting_in(path: str, way: Way, new: Any) -> Edit:
    """Sets a key of a file, which need not be there yet."""
    return _setting(path, way, new)


def candidates_in(task: Task, value: Any) -> list[tuple[Way, Any]]:
    """The keys that may hold the value, the likeliest first, each with what it would be."""
    names = [t.lower() for t in pointer_tokens(task.change.pointer) if not t.isdecimal()]
    return sorted(_candidates(task, value), key=lambda c: -likeness(c[0], names))[:MOST_TRIALS]


def _setting(path: str, way: Way, new: Any) -> Edit:
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


def _candidates(task: Task, value: Any) -> Iterator[tuple[Way, Any]]:
    change = task.change
    tokens = pointer_tokens(change.pointer)
    if change.type in ADDED:
        yield from _holders(task, value, tokens, change.live)
        return
    for way, node in nodes(value, ()):
        if change.type in LEAVING:
            if is_same(node, change.declared) and way and way[-1] == tokens[-1]:
                yield way, ABSENT
        elif way and (new := substituted(node, change.declared, change.live)) is not ABSENT:
            yield way, new


def _holders(task: Task, value: Any, tokens: list[str], new: Any) -> Iterator[tuple[Way, Any]]:
    """Maps that hold what is declared around a new field, or are called like the one that is to hold it."""
    try:
        declared = at(task.declared.body, place(tokens[:-1], task.live, task.declared.body, task.schema))
    except Elsewhere:
        return
    for way, node in nodes(value, ()):
        is_like = bool(way) and len(tokens) > 1 and str(way[-1]).lower() == tokens[-2].lower()
        if isinstance(node, dict) and not tokens[-1].isdecimal():
            held = declared if isinstance(declared, dict) else {}
            if (is_like or node) and all(is_same(v, held.get(k)) for k, v in node.items()):
                yield (*way, tokens[-1]), new
        elif isinstance(node, list) and isinstance(declared, list) and is_same(node, declared):
            yield way, [*node, new]
