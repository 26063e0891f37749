"""Follows symbolic links inside a tree, by the rules of POSIX and never out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_MAX_HOPS = 40


class LinkError(Exception):
    """A link that cannot be followed, and why."""


def resolve(path: str, kind: Callable[[str], str], target: Callable[[str], str]) -> str:
    """The real path behind a path in a tree; empty for the tree's root.

    `kind` says for a real path `blob`, `tree`, `link`, `commit`, or nothing where there is none; `target` gives what
    a link says. Raises LinkError.
    """
    rest, real, hops = deque(path.split("/")), list[str](), 0
    while rest:
        step = rest.popleft()
        if step in ("", "."):
            continue
        if step == "..":
            _leave(real)
            continue
        here = "/".join((*real, step))
        if kind(here) == "link":
            hops += 1
            rest.extendleft(reversed(_steps(target(here), hops)))
            continue
        _enter(here, kind, bool(rest))
        real.append(step)
    return "/".join(real)


def _steps(target: str, hops: int) -> list[str]:
    if hops > _MAX_HOPS:
        raise LinkError("runs in a circle")
    if target.startswith("/"):
        raise LinkError("leads out of the repository")
    return target.split("/")


def _leave(real: list[str]) -> None:
    if not real:
        raise LinkError("leads out of the repository")
    real.pop()


def _enter(here: str, kind: Callable[[str], str], has_more: bool) -> None:
    found = kind(here)
    if found == "commit":
        raise LinkError("leads into a submodule")
    if not found or (has_more and found != "tree"):
        raise LinkError("leads to nothing")
