"""Fields that two renderings of the same commit give differently: nobody can say what was declared in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gitops_audit.model.path import escaped
from gitops_audit.model.resource import Manifest

CHANCE = "two renderings of this commit differ there (the chart uses random or time functions)"
UNKNOWN = "the chart computes it of a value that Git does not hold"
BUILD = "it holds the version of the chart, and what Flux puts behind that is not known here"
LOOKUP = "its template looks objects up in the cluster, which the audit renders without"


def marked(first: Sequence[Manifest], second: Sequence[Manifest], why: str = CHANCE) -> tuple[Manifest, ...]:
    """The objects of the first rendering, with the fields in which the second differs.

    An object that the second has not, as its name is another one, varies as a whole.
    """
    others: dict[tuple[str, ...], list[Manifest]] = defaultdict(list)
    for other in reversed(second):
        others[_identity(other)].append(other)
    return tuple(_marked(built, others[_identity(built)], why) for built in first)


def _marked(built: Manifest, others: list[Manifest], why: str) -> Manifest:
    pointers = list(_differing(built.body, others.pop().body, "")) if others else [""]
    folded = [p.replace("/stringData/", "/data/", 1) for p in pointers if p.startswith("/stringData/")]
    return replace(built, varying=(*built.varying, *((p, why) for p in (*pointers, *folded)))) if pointers else built


def _identity(built: Manifest) -> tuple[str, ...]:
    metadata = built.body.get("metadata") or {}
    return tuple(
        str(v) for v in (built.body["apiVersion"], built.body["kind"], metadata.get("namespace"), metadata.get("name"))
    )


def _differing(one: Any, other: Any, pointer: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one:
            yield from _differing(one[key], other.get(key), f"{pointer}/{escaped(key)}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, item in enumerate(one):
            yield from _differing(item, other[index], f"{pointer}/{index}")
    elif one != other:
        yield pointer
