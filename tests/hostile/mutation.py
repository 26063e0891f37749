"""Changes of the structure of a document: values of other types, keys that are missing, lists in place of maps."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "\n",
    "a/b/c",
    [],
    [None],
    ["x"],
    [[]],
    [{}],
    {},
    {"x": None},
    {"name": {}},
)
Draw = Callable[[st.SearchStrategy[Any]], Any]


def mutated(document: Any, draw: Draw, most: int = 3) -> Any:
    """The document (which is changed) with one to `most` values replaced by odd ones, or taken away."""
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(document))
        if not places:
            break
        holder, key = draw(st.sampled_from(range(len(places))).map(places.__getitem__))
        if draw(st.integers(0, 4)) == 0:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value within, as what holds it and its key."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(inner)
