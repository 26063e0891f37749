"""Trees back to text, with the common macros as they were written."""

from __future__ import annotations

import json

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import (
    Call,
    Comprehension,
    Const,
    Entry,
    Expr,
    Ident,
    ListLiteral,
    Select,
    StructLiteral,
)
from gitops_audit.policy.cel.composition import PREFIX

_BINARY = {
    "_||_": (1, "||"),
    "_&&_": (2, "&&"),
    "_==_": (3, "=="),
    "_!=_": (3, "!="),
    "_<_": (3, "<"),
    "_<=_": (3, "<="),
    "_>_": (3, ">"),
    "_>=_": (3, ">="),
    "@in": (3, "in"),
    "_+_": (4, "+"),
    "_-_": (4, "-"),
    "_*_": (5, "*"),
    "_/_": (5, "/"),
    "_%_": (5, "%"),
}
_UNARY = {"!_": "!", "-_": "-"}
_TERNARY, _COMPARISON, _TIGHT = 0, 3, 6


def unparse(node: Expr) -> str:
    """The expression in CEL."""
    return _text(node, _TERNARY)


def _text(node: Expr, outer: int) -> str:
    match node:
        case Const():
            return _constant(node)
        case Ident():
            return node.name.replace(PREFIX, "variables.", 1) if node.name.startswith(PREFIX) else node.name
        case Select():
            inner = f"{_text(node.operand, _TIGHT)}.{node.field}"
            return f"has({inner})" if node.test_only else inner
        case Call():
            return _call(node, outer)
        case ListLiteral():
            return f"[{', '.join(_text(e, _TERNARY) for e in node.elements)}]"
        case StructLiteral():
            return f"{node.name}{{{', '.join(_entry(e) for e in node.entries)}}}"
        case Comprehension():
            return _macro(node)


def _constant(node: Const) -> str:
    if isinstance(node.value, bool) or node.value is None:
        return {True: "true", False: "false"}.get(bool(node.value), "null") if node.value is not None else "null"
    if isinstance(node.value, str):
        return "'" + json.dumps(node.value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    if isinstance(node.value, bytes):
        return "b'" + "".join(f"\\x{b:02x}" if b < 32 or b > 126 else chr(b) for b in node.value) + "'"
    return f"{node.value}u" if node.unsigned else str(node.value)


def _entry(entry: Entry) -> str:
    key = entry.key if isinstance(entry.key, str) else _text(entry.key, _TERNARY)
    return f"{'?' if entry.optional else ''}{key}: {_text(entry.value, _TERNARY)}"


def _call(node: Call, outer: int) -> str:
    args = node.args
    if node.function in _BINARY and len(args) == 2:
        level, sign = _BINARY[node.function]
        text = f"{_text(args[0], level)} {sign} {_text(args[1], level if level < _COMPARISON else level + 1)}"
        return f"({text})" if level < outer else text
    if node.function in _UNARY and len(args) == 1:
        return f"{_UNARY[node.function]}{_text(args[0], _TIGHT)}"
    if node.function == "_?_:_":
        text = f"{_text(args[0], 1)} ? {_text(args[1], 1)} : {_text(args[2], _TERNARY)}"
        return f"({text})" if outer > _TERNARY else text
    return _postfix(node)


def _postfix(node: Call) -> str:
    shown = [_text(a, _TERNARY) for a in node.args]
    receiver = _text(node.args[0], _TIGHT) if node.args else ""
    if node.function == "_[_]":
        return f"{receiver}[{shown[1]}]"
    if node.function == "_[?_]":
        return f"{receiver}[?{shown[1]}]"
    if node.function == "_?._":
        field = node.args[1]
        name = field.value if isinstance(field, Const) and isinstance(field.value, str) else shown[1]
        return f"{receiver}.?{name}"
    target = f"{_text(node.target, _TIGHT)}." if node.target is not None else ""
    return f"{target}{node.function}({', '.join(shown)})"


def _macro(node: Comprehension) -> str:
    """By the shape the parser gives each macro; the rest is shown by its range alone."""
    if node.iter_var == ast.UNUSED:
        return f"cel.bind({node.accu_var}, {unparse(node.accu_init)}, {unparse(node.result)})"
    variables = f"{node.iter_var}, {node.iter_var2}" if node.iter_var2 else node.iter_var
    name, args = _expanded(node)
    return f"{_text(node.iter_range, _TIGHT)}.{name}({', '.join([variables, *args])})"


def _expanded(node: Comprehension) -> tuple[str, list[str]]:
    step = node.step
    if not isinstance(step, Call):
        return "(...)", []
    if step.function in ("_&&_", "_||_"):
        return "all" if step.function == "_&&_" else "exists", [unparse(step.args[1])]
    condition = None
    if step.function == "_?_:_":
        condition, step = step.args[0], step.args[1]
    if not (isinstance(step, Call) and step.function == "_+_") or len(step.args) != 2:
        return "(...)", []
    return _collected(node, condition, step.args[1])


def _collected(node: Comprehension, condition: Expr | None, added: Expr) -> tuple[str, list[str]]:
    conditions = [unparse(condition)] if condition is not None else []
    if not isinstance(added, ListLiteral) or len(added.elements) != 1:
        return "exists_one", conditions
    element = added.elements[0]
    if conditions and isinstance(element, Ident) and element.name == node.iter_var:
        return "filter", conditions
    return "map" if not node.iter_var2 else "transformList", [*conditions, unparse(element)]
