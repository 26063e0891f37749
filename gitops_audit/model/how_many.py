"""A number and what it counts, as a person says it."""

from __future__ import annotations

import re

_Y = re.compile(r"(?<=[^aeiou])y$")


def how_many(number: int, thing: str) -> str:
    """`1 resource`, `2 resources`, `0 policies`. Kinds of Kubernetes have plurals of their own: kube/plural.py."""
    return f"{number} {thing if number == 1 else several(thing)}"


def several(thing: str) -> str:
    """`resources`, `policies`."""
    return f"{_Y.sub('ie', thing)}s"
