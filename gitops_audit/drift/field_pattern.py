"""Pointers of ignore rules: `*` for any one step (or part of one), `[key=value]` for list elements that have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.kube.glob import is_like
from gitops_audit.model.path import pointer_tokens

_PREDICATE = re.compile(r"\[(.+)\]")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pattern: a name with wildcards, the keys that a list element must have, or what it must be."""

    name: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    element: Any = None

    @classmethod
    def of(cls, token: str) -> Step:
        predicate = _PREDICATE.fullmatch(token)
        if predicate is None:
            return cls(token)
        pairs = (part.partition("=") for part in predicate[1].split(","))
        return cls(keys=tuple((key.strip(), value.strip()) for key, _, value in pairs))

    def takes(self, token: str, child: Any) -> bool:
        """Whether it leads to what stands at a key or index."""
        if self.element is not None:
            return bool(child == self.element)
        if not self.keys:
            return is_like(self.name, token)
        return isinstance(child, dict) and all(k in child and is_like(v, child[k]) for k, v in self.keys)


Steps = tuple[Step, ...]


class FieldPattern:
    """A pointer with wildcards. It takes the field and all below it."""

    __slots__ = ("steps", "text")

    def __init__(self, text: str, steps: Steps | None = None) -> None:
        self.text = text
        self.steps: Steps = tuple(Step.of(token) for token in pointer_tokens(text)) if steps is None else steps

    @property
    def is_broad(self) -> bool:
        """Whether it hides a whole section of an object: one step or none."""
        return len(self.steps) <= 1

    def below(self, pointer: str, body: Any) -> Steps | None:
        """The steps that are left at `pointer` of `body`: none where it covers that, None where it leads elsewhere."""
        steps = self.steps
        for token in pointer_tokens(pointer):
            if not steps:
                return steps
            body = child_of(body, token)
            if not steps[0].takes(token, body):
                return None
            steps = steps[1:]
        return steps

    def matches(self, pointer: str, body: Any) -> bool:
        """Whether it covers the field at `pointer` of `body`."""
        return self.below(pointer, body) == ()


def located(path: Sequence[Any], body: Any, above: Steps = ()) -> Iterator[FieldPattern]:
    """The patterns of a place in `body`, given by its keys and indices (one from the end, or a slice, too).

    An element of a list that is a mapping is known by what it holds: on the other side it may have another index.
    """
    if not path:
        yield FieldPattern("", above)
        return
    step, *rest = path
    if isinstance(body, dict):
        yield from located(rest, body.get(step), (*above, Step(re.sub(r"([*?\[])", r"[\1]", str(step)))))
    elif isinstance(body, list):
        for index in _indices(step, len(body)):
            child = body[index]
            known = Step(element=child) if isinstance(child, dict) and child else Step(str(index))
            yield from located(rest, child, (*above, known))


def _indices(step: Any, length: int) -> Sequence[int]:
    if isinstance(step, dict):
        return range(length)[slice(step.get("start"), step.get("end"))]
    return range(length)[step : step + 1 or None] if isinstance(step, int) else ()


def child_of(body: Any, token: str) -> Any:
    """What stands at a key of a mapping or an index of a list, None where there is none."""
    if isinstance(body, dict):
        return body.get(token)
    return body[int(token)] if isinstance(body, list) and token.isdecimal() and int(token) < len(body) else None
