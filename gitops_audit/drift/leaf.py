"""Changes taken apart, so that a rule for a field covers it also where a whole struct or list element came or went.

Example: `securityContext: {runAsUser: 5, privileged: true}` was added, and a rule covers `.../runAsUser`. The change
becomes two: `securityContext.runAsUser` with the rule's waiver, and `securityContext.privileged`, which counts. Where
one rule covers every leaf, the change stays one, with that waiver; so it does where none covers any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.drift.compare import is_list_covered
from gitops_audit.drift.field_pattern import Steps
from gitops_audit.model.finding import ABSENT, Change, Waiver
from gitops_audit.model.path import escaped, field_path

Cover = tuple[Steps, Waiver]
"""The steps of a rule's pattern that are left below a place, and the waiver of the rule."""
OfLeaf = Callable[[str], Waiver | None]
"""The waiver of what stands at a pointer by who wrote it."""


@dataclass(frozen=True, slots=True)
class _Part:
    pointer: str
    value: Any
    waiver: Waiver | None


def parts(change: Change, covers: Sequence[Cover], of_leaf: OfLeaf) -> list[Change]:
    """The changes that a change comes to, in order."""
    if isinstance(change.declared, list) and isinstance(change.live, list):
        return _list_parts(change, covers)
    value = change.live if change.declared is ABSENT else change.declared
    if change.declared is not ABSENT and change.live is not ABSENT:
        value = None  # both sides have it, and it is no list: one thing
    found = _walk(value, "", covers, of_leaf, is_declared=change.declared is not ABSENT)
    return [_as_change(change, part, value) for part in found]


def _walk(value: Any, pointer: str, covers: Sequence[Cover], of_leaf: OfLeaf, *, is_declared: bool) -> list[_Part]:
    """The largest parts of a value that have one waiver, or none, throughout."""
    whole = next((waiver for steps, waiver in covers if not steps), None)
    children = list(_children(value))
    if whole is not None or not children:
        return [_Part(pointer, value, whole or of_leaf(pointer))]
    below = [
        part
        for token, child in children
        for part in _walk(
            child, f"{pointer}/{escaped(token)}", _narrowed(covers, token, child), of_leaf, is_declared=is_declared
        )
    ]
    telling = [p for p in below if p.waiver is not None or not _is_nothing(p.value, is_declared)] or below
    waivers = {part.waiver for part in telling}
    return [_Part(pointer, value, waivers.pop())] if len(waivers) == 1 else telling


def _list_parts(change: Change, covers: Sequence[Cover]) -> list[Change]:
    """A list that differs as a whole: what rules cover is left out on both sides before they are compared."""
    whole = next((waiver for steps, waiver in covers if not steps), None)
    if whole is not None:
        return [replace(change, ignored=whole)]
    taken: list[Change] = []
    declared, live = _pruned(change, "declared", covers, taken), _pruned(change, "live", covers, taken)
    if not taken:
        return [change]
    if is_list_covered(declared, live):
        return [replace(change, ignored=taken[0].ignored)]
    return [replace(change, declared=declared, live=live), *taken]


def _pruned(change: Change, side: str, covers: Sequence[Cover], taken: list[Change]) -> Any:
    def prune(value: Any, pointer: str, covers: Sequence[Cover]) -> Any:
        whole = next((waiver for steps, waiver in covers if not steps), None)
        if whole is not None:
            taken.append(_side_change(change, side, _Part(pointer, value, whole)))
            return ABSENT
        if not covers or not isinstance(value, dict | list):
            return value
        kept = {t: prune(c, f"{pointer}/{escaped(t)}", _narrowed(covers, t, c)) for t, c in _children(value)}
        left = {token: child for token, child in kept.items() if child is not ABSENT}
        return left if isinstance(value, dict) else list(left.values())

    return prune(getattr(change, side), "", covers)


def _side_change(change: Change, side: str, part: _Part) -> Change:
    told = _as_change(change, part, getattr(change, side))
    if side == "live":
        return replace(told, type="added", declared=ABSENT, live=part.value)
    return replace(told, type="removed", declared=part.value, live=ABSENT)


def _as_change(change: Change, part: _Part, value: Any) -> Change:
    if not part.pointer:
        return replace(change, ignored=part.waiver)
    below = field_path(part.pointer, value)
    path = f"{change.path}{'' if below.startswith('[') else '.'}{below}"
    values = {"live": part.value} if change.declared is ABSENT else {"declared": part.value}
    return replace(change, pointer=change.pointer + part.pointer, path=path, ignored=part.waiver, **values)


def _narrowed(covers: Sequence[Cover], token: str, child: Any) -> list[Cover]:
    return [(steps[1:], waiver) for steps, waiver in covers if steps[0].takes(token, child)]


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(index), element) for index, element in enumerate(value))


def _is_nothing(value: Any, is_declared: bool) -> bool:
    """What makes no difference beside what is covered: empty structs; declared, also zero and false."""
    return value is None or value in ({}, []) or (is_declared and value in (0, False) and value != "")
