"""Refuses expressions that could exhaust memory or crash the runtime's binding, before they run.

The runtime bounds the steps of comprehensions and the time of regular expressions, but not the size of values; and its
Python binding cannot convert optionals that are hidden in lists and maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import (
    Call,
    Comprehension,
    Const,
    Expr,
    Ident,
    ListLiteral,
    Select,
    StructLiteral,
    Tree,
)

MOST_COPIES = 1_000
_OPTIONAL = b"optional_type"
_SCALAR = frozenset(("size", "contains", "startsWith", "endsWith", "matches", "_==_", "_!=_", "@in", "indexOf", "hash"))
_AMPLIFIERS = frozenset(("replace", "join"))
_CONSUMERS = frozenset(
    ("orValue", "or", "hasValue", "value", "optMap", "optFlatMap", "_?._", "_[?_]", "_[_]", "_==_", "_!=_", "_?_:_")
)
_PYTHON_CONTAINERS = frozenset(("cel.@mapInsert", "podsMatching", "selecting", "List"))


class Refused(ValueError):
    """Why an expression is not run."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """A value is at most `copies` times (all inputs) to the power of `degree`."""

    copies: float
    degree: int

    def __add__(self, other: _Growth) -> _Growth:
        return _Growth(self.copies + other.copies, max(self.degree, other.degree))

    def __mul__(self, other: _Growth) -> _Growth:
        return _Growth(self.copies * other.copies, self.degree + other.degree)

    def __or__(self, other: _Growth) -> _Growth:
        return _Growth(max(self.copies, other.copies), max(self.degree, other.degree))


_CONSTANT, _INPUT = _Growth(1, 0), _Growth(1, 1)


def check(tree: Tree) -> None:
    """Raises Refused."""
    _growth(tree.root, {})
    for node in ast.repeated(tree.root):
        if isinstance(node, Call) and node.function.startswith("regex."):
            raise Refused(f"{node.function}() in a loop could take for ever; matches() and find() can be bounded")
    if any(isinstance(n, Call) and n.function in _PYTHON_CONTAINERS for n in ast.walk(tree.root)):
        _check_optionals(tree)


def _growth(node: Expr, bound: Mapping[str, _Growth]) -> _Growth:
    found = _grown(node, bound)
    if found.copies > MOST_COPIES:
        raise Refused(f"the expression could build a value more than {MOST_COPIES} times the size of its input")
    return found


def _grown(node: Expr, bound: Mapping[str, _Growth]) -> _Growth:
    match node:
        case Const():
            return _CONSTANT
        case Ident():
            return bound.get(node.name, _INPUT)
        case Select():
            return _growth(node.operand, bound)
        case Call():
            return _call(node, bound)
        case Comprehension():
            return _comprehension(node, bound)
        case ListLiteral() | StructLiteral():
            total = _CONSTANT
            for child in ast.children(node):
                total = total + _growth(child, bound)
            return total


def _call(node: Call, bound: Mapping[str, _Growth]) -> _Growth:
    parts = [_growth(child, bound) for child in ast.children(node)]
    if node.function in _SCALAR or not parts:
        return _CONSTANT
    if node.function == "_+_":
        return parts[0] + parts[1]
    if node.function in _AMPLIFIERS and len(parts) > 1:
        if parts[0].degree and parts[-1 if node.function == "join" else min(2, len(parts) - 1)].degree:
            raise Refused(f"{node.function}() of one input into another could build a value of any size")
        return parts[0]
    widest = parts[0]
    for part in parts[1:]:
        widest = widest | part
    return widest


def _comprehension(node: Comprehension, bound: Mapping[str, _Growth]) -> _Growth:
    initial, source = _growth(node.accu_init, bound), _growth(node.iter_range, bound)
    if node.iter_var == ast.UNUSED:
        return _growth(node.result, {**bound, node.accu_var: initial})
    inner = {**bound, node.iter_var: source, node.accu_var: _CONSTANT}
    if node.iter_var2:
        inner[node.iter_var2] = source
    _growth(node.condition, inner)
    return _growth(node.step, inner) | initial | source


def _check_optionals(tree: Tree) -> None:
    for node in ast.walk(tree.root):
        for index, child in enumerate(ast.children(node)):
            if _is_optional(tree, child) and not _may_hold(node, index):
                raise Refused("an optional inside of a list, a map or a dyn cannot be combined with this function")


def _is_optional(tree: Tree, node: Expr) -> bool:
    return _OPTIONAL in tree.types.get(node.id, b"")


def _may_hold(node: Expr, index: int) -> bool:
    match node:
        case Call():
            return node.function in _CONSUMERS
        case ListLiteral():
            return index in node.optional
        case StructLiteral():
            return any(e.optional for e in node.entries)
        case _:
            return True
