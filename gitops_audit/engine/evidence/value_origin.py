"""Adds to changes of what a chart made where the value of the field stands: in which file of values, on which line.

No word of a chart says which value becomes which field, so rendering tells: a value that holds what is declared (or the
part of it that differs) is set to what is live; where the field is then as it is live, it is that value's. Only what
differs is rendered once more, several values at a time, and not without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gitops_audit.engine.case import Case, merged
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.errors import AuditError
from gitops_audit.model.finding import ABSENT, Change
from gitops_audit.model.path import child, pointer_tokens
from gitops_audit.model.redact import is_redacted
from gitops_audit.model.resource import JsonObject, Manifest, mapping
from gitops_audit.model.same import is_same
from gitops_audit.render.value_layers import Leaf
from gitops_audit.render.value_leaf import likeness, substituted

MOST_RENDERINGS = 30
"""For all sources of a cluster together."""

_ROUNDS = 3
_LONGEST = 1000
_LARGE = re.compile(r"[-+]?(\d{6,}(\.\d*)?|\d+(\.\d*)?e\+?\d+)", re.IGNORECASE)

_Way = tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Asked:
    """A change whose value is looked for: the `ways` that may lead to it, with what each would be, the likeliest first.
    `way` is the one that is tried.
    """

    case: Case
    change: Change
    ways: list[tuple[_Way, Any]] = field(repr=False)
    way: _Way = ()
    tried: int = 0

    def is_alone_in(self, values: Mapping[_Way, Any]) -> bool:
        """Whether no other value that is tried with it may have made the field what it is live."""
        others = ((values[way], new) for way, new in self.ways if way != self.way and way in values)
        return not any(is_same(tried, new) for tried, new in others)


class ValueOrigins:
    """Renders charts once more, with values of a cluster."""

    def __init__(self, earlier: EarlierSources) -> None:
        self._earlier = earlier
        self._left = MOST_RENDERINGS

    def told(self, cases: Sequence[Case]) -> Sequence[Case]:
        """The cases, with the places of the values that became the fields that changed."""
        by_source: dict[tuple[str, str], list[Case]] = {}
        for case in cases:
            if case.is_modified and self._earlier.kind(case.subject.source) == "helm":
                by_source.setdefault((case.subject.source, case.subject.key.cluster), []).append(case)
        return merged(cases, [one for key, own in by_source.items() for one in self._of_source(*key, own)])

    def _of_source(self, name: str, cluster: str, cases: Sequence[Case]) -> Iterator[Case]:
        try:
            leaves = self._earlier.leaves(name)
            asked = [one for case in cases for one in _asked(case, leaves)]
            found = {id(one.change): _told(one.way, leaves[one.way]) for one in self._proved(name, cluster, asked)}
        except AuditError:  # the finding is true without it
            return
        for case in cases if found else ():
            changes = tuple(replace(c, value_at=found.get(id(c), "")) for c in case.found.changes)
            yield replace(case, drift=replace(case.found, changes=changes))

    def _proved(self, name: str, cluster: str, asked: list[_Asked]) -> Iterator[_Asked]:
        for _ in range(_ROUNDS):
            values: dict[_Way, Any] = {}
            tried = [one for one in asked if _takes_turn(one, values)]
            if not tried or not self._left:
                return
            self._left -= 1
            made = self._earlier.with_values(name, cluster, _nested(values))
            proved = [one for one in tried if one.is_alone_in(values) and _is_live(one, made)]
            yield from proved
            asked = [one for one in asked if one not in proved]


def _asked(case: Case, leaves: Mapping[_Way, Leaf]) -> Iterator[_Asked]:
    for change in case.found.changes:
        if change.type == "changed" and change.ignored is None and _is_plain(change.declared, change.live):
            names = [token.lower() for token in pointer_tokens(change.pointer) if not token.isdecimal()]
            fitting = (
                (way, substituted(leaf.value, change.declared, change.live))
                for way, leaf in leaves.items()
                if not isinstance(leaf.value, list)
            )
            ways = sorted((pair for pair in fitting if pair[1] is not ABSENT), key=lambda p: -likeness(p[0], names))
            if ways:
                yield _Asked(case, change, ways)


def _is_plain(*values: Any) -> bool:
    """Whether nothing secret, nothing large (a chart may count to it) and no template would be rendered."""
    texts = [str(value) for value in values]
    is_scalar = all(isinstance(value, (str, int, float)) for value in values)
    is_open = not any(is_redacted(text) or "{{" in text for text in texts)
    return is_scalar and is_open and not any(len(t) > _LONGEST or _LARGE.fullmatch(t) for t in texts)


def _takes_turn(one: _Asked, values: dict[_Way, Any]) -> bool:
    """Puts the next way of a change among the values that are tried; not where another change takes it otherwise."""
    if one.tried == len(one.ways):
        return False
    way, new = one.ways[one.tried]
    if way in values and not is_same(values[way], new):
        return False
    values[way] = new
    one.way, one.tried = way, one.tried + 1
    return True


def _nested(values: Mapping[_Way, Any]) -> JsonObject:
    tree: JsonObject = {}
    for way, value in values.items():
        holder = tree
        for key in way[:-1]:
            holder = holder.setdefault(key, {})
        holder[way[-1]] = value
    return tree


def _is_live(one: _Asked, made: Sequence[Manifest]) -> bool:
    """Whether the field of the object is now what it is in the cluster."""
    key, body = one.case.subject.key, one.case.subject.body
    alike = [
        m.body
        for m in made
        if (m.body["apiVersion"], m.body["kind"]) == (body["apiVersion"], body["kind"])
        and mapping(m.body["metadata"]).get("name") == key.name
        and mapping(m.body["metadata"]).get("namespace") in (None, "", key.namespace)
    ]
    if len(alike) != 1:
        return False
    value: Any = alike[0]
    for token in pointer_tokens(one.change.pointer):
        value = child(value, token)
    return is_same(value, one.change.live)


def _told(way: _Way, leaf: Leaf) -> str:
    return f"{leaf.place} ({'.'.join(way)})"
