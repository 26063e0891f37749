"""Pointers of ignore rules: `*` for any one step (or part of one), `[key=value]` for list elements that have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gitops_audit.kube.glob import is_like
from gitops_audit.model.path import pointer_tokens

_PREDICATE = re.compile(r"\[(.+)\]")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pattern: a name with wildcards, or the keys that a list element must have."""

    name: str = ""
    keys: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, token: str) -> Step:
        predicate = _PREDICATE.fullmatch(token)
        if predicate is None:
            return cls(token)
        pairs = (part.partition("=") for part in predicate[1].split(","))
        return cls(keys=tuple((key.strip(), value.strip()) for key, _, value in pairs))

    def takes(self, token: str, child: Any) -> bool:
        """Whether it leads to what stands at a key or index."""
        if not self.keys:
            return is_like(self.name, token)
        return isinstance(child, dict) and all(k in child and is_like(v, child[k]) for k, v in self.keys)


Steps = tuple[Step, ...]


class FieldPattern:
    """A pointer with wildcards. It takes the field and all below it."""

    __slots__ = ("steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps: Steps = tuple(Step.of(token) for token in pointer_tokens(text))

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


def child_of(body: Any, token: str) -> Any:
    """What stands at a key of a mapping or an index of a list, None where there is none."""
    if isinstance(body, dict):
        return body.get(token)
    return body[int(token)] if isinstance(body, list) and token.isdecimal() and int(token) < len(body) else None
