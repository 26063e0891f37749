"""Which parts of the object an expression can see: what it cannot see need not be converted for it.

`status` and `metadata.managedFields` are most of a live object, and few policies read them.
"""

from __future__ import annotations

from typing import Any

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import Call, Const, Expr, Ident, Select

OBJECT = "object"
_STATUS, _METADATA, _MANAGED = "status", "metadata", "managedFields"
_BY_NAME = frozenset(("_?._", "_[_]", "_[?_]"))


def sees_records(root: Expr) -> bool:
    """Whether an expression may see the status or the managed fields of `object`; True where that cannot be told."""
    path = _path(root)
    if path is None:
        return any(sees_records(child) for child in ast.children(root))
    return path[:1] in ((), (_STATUS,)) or (path[:1] == (_METADATA,) and path[1:2] in ((), (_MANAGED,)))


def _path(node: Expr) -> tuple[str, ...] | None:
    """`object.metadata.?labels` -> `("metadata", "labels")`; None for what is no field of the object."""
    match node:
        case Ident(name=name):
            return () if name == OBJECT else None
        case Select(operand=operand, field=field):
            return _extended(_path(operand), field)
        case Call(function=function, target=None, args=(operand, Const(value=str(key)))) if function in _BY_NAME:
            return _extended(_path(operand), key)
    return None


def _extended(path: tuple[str, ...] | None, key: str) -> tuple[str, ...] | None:
    return None if path is None else (*path, key)


def without_records(body: Any) -> Any:
    """The object without its status and managed fields; the same one where it has neither."""
    if not isinstance(body, dict):
        return body
    kept = {key: value for key, value in body.items() if key != _STATUS}
    metadata = body.get(_METADATA)
    if isinstance(metadata, dict) and _MANAGED in metadata:
        kept[_METADATA] = {key: value for key, value in metadata.items() if key != _MANAGED}
    elif len(kept) == len(body):
        return body
    return kept
