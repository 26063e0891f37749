"""Why an expression came out as it did: its parts with their values, down to the ones that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import Call, Comprehension, Const, Expr, Ident
from gitops_audit.policy.cel.composition import PREFIX
from gitops_audit.policy.cel.program import Activation, CelError, Program
from gitops_audit.policy.cel.rewrite import bind
from gitops_audit.policy.cel.unparse import unparse

_CONNECTIVES = frozenset(("_&&_", "_||_", "!_", "_?_:_"))
_MOST_ELEMENTS = 100
_LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-expression and its value, as text; `depth` counts from the whole expression."""

    text: str
    value: str
    depth: int = 0


def explain(program: Program, activation: Activation) -> Sequence[Part]:
    """The whole expression first; of `&&` and `||` both sides, of a comparison what was compared, of `all` and
    `exists` the first element that decided. Never raises for values: an error is a value here."""
    return tuple(_Explainer(program, activation).parts())


@dataclass(slots=True)
class _Explainer:
    program: Program
    activation: Activation

    def parts(self) -> Iterator[Part]:
        frames: list[Comprehension] = []
        node = self.program.tree.root
        while isinstance(node, Comprehension) and node.accu_var.startswith(PREFIX):
            frames.append(node)
            node = node.result
        yield from self._explained(node, frames, 0)

    def _explained(self, node: Expr, frames: Sequence[Comprehension], depth: int) -> Iterator[Part]:
        if isinstance(node, Const):
            return
        yield Part(unparse(node), self._value(node, frames), depth)
        match node:
            case Call() if node.function in _CONNECTIVES:
                for child in node.args:
                    yield from self._explained(child, frames, depth + 1)
            case Call():
                yield from self._operands(node, frames, depth + 1)
            case Comprehension():
                yield from self._elements(node, frames, depth + 1)
            case _:
                return

    def _operands(self, node: Call, frames: Sequence[Comprehension], depth: int) -> Iterator[Part]:
        for child in ast.children(node):
            if isinstance(child, Const) or (isinstance(child, Ident) and child.name in _NAMESPACES):
                continue
            yield Part(unparse(child), self._value(child, frames), depth)

    def _elements(self, node: Comprehension, frames: Sequence[Comprehension], depth: int) -> Iterator[Part]:
        yield Part(unparse(node.iter_range), self._value(node.iter_range, frames), depth)
        predicate = _predicate(node)
        if predicate is None or node.iter_var2:
            return
        is_all = isinstance(node.step, Call) and node.step.function == "_&&_"
        for index in range(min(self._size(node.iter_range, frames), _MOST_ELEMENTS)):
            inner = [*frames, self._bound_element(node, index)]
            if self._value(predicate, inner) == ("true" if is_all else "false"):
                continue
            yield Part(f"{node.iter_var} (element {index})", self._value(Ident(0, node.iter_var), inner), depth)
            yield from self._explained(predicate, inner, depth)
            return

    def _bound_element(self, node: Comprehension, index: int) -> Comprehension:
        ids = count(self.program.tree.max_id + 1_000_000)
        element = Call(next(ids), "_[_]", None, (node.iter_range, ast.integer(next(ids), index)))
        return bind(ids, node.iter_var, element, element)

    def _size(self, node: Expr, frames: Sequence[Comprehension]) -> int:
        # elements of a map have no index
        text = self._value(Call(0, "size", None, (node,)), frames)
        is_list = self._value(node, frames).startswith("[")
        return int(text) if is_list and text.isdigit() else 0

    def _value(self, node: Expr, frames: Sequence[Comprehension]) -> str:
        root = node
        for frame in reversed(frames):
            root = replace(frame, result=root)
        tree = replace(self.program.tree, root=root)
        try:
            text = Program(self.program.expression, "DYN", tree, self.program.extra).describe(self.activation)
        except CelError as error:
            text = f"error: {error}"
        return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


_NAMESPACES = frozenset(("math", "strings", "sets", "lists", "regex", "optional", "base64", "format", "ip", "image"))


def _predicate(node: Comprehension) -> Expr | None:
    """What `all` and `exists` ask of each element."""
    step = node.step
    if isinstance(step, Call) and step.function in ("_&&_", "_||_") and len(step.args) == 2:
        return step.args[1]
    return None
