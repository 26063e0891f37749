"""Joining what came of several files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from gitops_audit.model.resource import Rendered


def merged(parts: Sequence[Rendered]) -> Rendered:
    """All of the parts, in order."""
    return Rendered(
        tuple(chain.from_iterable(part.manifests for part in parts)),
        tuple(chain.from_iterable(part.problems for part in parts)),
        tuple(chain.from_iterable(part.ignored for part in parts)),
        tuple(chain.from_iterable(part.notes for part in parts)),
        tools=tuple(dict.fromkeys(chain.from_iterable(part.tools for part in parts))),
    )
