"""Refuses expressions that could exhaust memory or crash the runtime's binding, before they run.

The runtime bounds the steps of comprehensions and the time of regular expressions, but not the size of values; and its
Python binding cannot convert optionals that are hidden in lists and maps.
"""

from __future__ import annotations

from gitops_audit.policy.cel import ast, size
from gitops_audit.policy.cel.ast import (
    Call,
    Expr,
    ListLiteral,
    StructLiteral,
    Tree,
)

_OPTIONAL = b"optional_type"
_CONSUMERS = frozenset(
    ("orValue", "or", "hasValue", "value", "optMap", "optFlatMap", "_?._", "_[?_]", "_[_]", "_==_", "_!=_", "_?_:_")
)
_PYTHON_CONTAINERS = frozenset(("cel.@mapInsert", "podsMatching", "selecting", "List"))


class Refused(ValueError):
    """Why an expression is not run."""


def check(tree: Tree) -> None:
    """Raises Refused."""
    _check_memory(tree)
    for node in ast.repeated(tree.root):
        if isinstance(node, Call) and node.function.startswith("regex."):
            raise Refused(f"{node.function}() in a loop could take for ever; matches() and find() can be bounded")
    if any(isinstance(n, Call) and n.function in _PYTHON_CONTAINERS for n in ast.walk(tree.root)):
        _check_optionals(tree)


def _check_memory(tree: Tree) -> None:
    try:
        largest = size.largest_input(size.needed(tree))
    except size.Unbounded as error:
        raise Refused(str(error)) from None
    if largest < 1.0:
        most = f"{size.MAX_MEMORY_BYTES >> 20} MiB of memory for any object (limit: CEL memory)"
        raise Refused(f"the expression could take more than {most}")


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
