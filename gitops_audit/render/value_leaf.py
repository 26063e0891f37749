"""A value that a tool puts into objects, found in the tool's own file by what it is: values of a chart, image tags.

Nothing says which key of a values file becomes which field. But where a key holds the declared value, or the part of
it that differs (`image: "{{ .repository }}:{{ .tag }}"`), it may be the one: rendering tells. An example:

    declared  image: shop/web:1.2     live  image: shop/web:1.3     values  web: {image: shop/web, tag: "1.2"}

`web.tag` is a part of the declared text, and what stands around it is the same in the live one: its new value is `1.3`.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from gitops_audit.model.finding import ABSENT
from gitops_audit.model.same import is_same

Way = tuple[str | int, ...]
"""The keys and places that lead to a value."""


def nodes(value: Any, way: Way) -> Iterator[tuple[Way, Any]]:
    """Every value of a file, with the way to it."""
    yield way, value
    if isinstance(value, dict):
        for name, child in value.items():
            yield from nodes(child, (*way, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from nodes(child, (*way, index))


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


def likeness(way: Way, names: list[str]) -> float:
    """How much the names of a key are like those of the field, the last ones most."""
    own = [str(token).lower() for token in way if not isinstance(token, int)]
    score = 0.0
    for distance, name in enumerate(reversed(own)):
        best = max((SequenceMatcher(None, name, other).ratio() for other in names), default=0.0)
        score += best / (1 + distance)
    return score / (1 + 0.1 * len(own))
