"""Views of the variables: what an expression cannot see is not converted for it.

Status, managed fields and pod templates are most of an object, and many policies read none of them. An expression that
names its fields gets, in place of a variable, the narrowest view that has them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import Call, Comprehension, Const, Expr, Ident, Select

LeftOut = Mapping[str, Any]
Path = tuple[str, ...]
_BY_NAME = frozenset(("_?._", "_[_]", "_[?_]"))
_RECORDS: LeftOut = {"status": None, "metadata": {"managedFields": None}}
_TEMPLATES: LeftOut = {"spec": {"template": None, "jobTemplate": None}}


@dataclass(frozen=True, slots=True)
class View:
    """A variable without some of its fields, and those that its `base` is without (nested; None ends a path).

    No other name than that of a view has a dot in it.
    """

    name: str
    variable: str
    left_out: LeftOut
    base: View | None = None

    def of(self, value: Any) -> Any:
        """The same value where it has none of the fields. The value of a view with a base is one of that base."""
        return _without(value, self.left_out)

    def has(self, path: Path) -> bool:
        """Whether all that is at a path, and below it, is in the view."""
        left: Any = self.left_out
        for key in path:
            if key not in left:
                return self.base is None or self.base.has(path)
            left = left[key]
            if left is None:
                break
        return False


DECLARED = View("object.declared", "object", _RECORDS)
OWN = View("object.own", "object", _TEMPLATES, DECLARED)
POD = View("podSpec.own", "podSpec", {"containers": None, "initContainers": None, "ephemeralContainers": None})
# each behind its base, and so the narrowest last
VIEWS = (DECLARED, OWN, POD)
# a Namespace has these, whatever else it holds; an expression that asks for nothing else needs no other Namespace
CERTAIN = "namespaceObject.certain"
_NAMESPACE = "namespaceObject"
_CERTAIN_PATHS = frozenset(
    (
        ("apiVersion",),
        ("kind",),
        ("metadata", "name"),
        ("metadata", "labels", "kubernetes.io/metadata.name"),
    )
)
# what is looked for when an expression asks for it
LATE = frozenset((_NAMESPACE,))
_GONE = object()
_VARIABLES = frozenset(view.variable for view in VIEWS)


def with_views(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the variables, and of the views of them."""
    found = dict(values)
    for view in VIEWS:
        base = view.base.name if view.base is not None else view.variable
        if base in found:
            found[view.name] = view.of(found[base])
    return found


def narrowed(root: Expr, ids: Iterator[int]) -> Expr:
    """The expression with views in place of variables; `ids` are new ones, as the checker's references go by id."""
    names = {variable: name for variable in _VARIABLES if (name := _view(root, variable)) is not None}
    if _asks_what_is_certain(root):
        names[_NAMESPACE] = CERTAIN
    if not names:
        return root

    def rename(node: Expr) -> Expr:
        return Ident(next(ids), names[node.name]) if isinstance(node, Ident) and node.name in names else node

    return ast.transform(root, rename)


def _asks_what_is_certain(root: Expr) -> bool:
    named = set(paths(root, _NAMESPACE))
    is_bound = any(_NAMESPACE in _bound(node) for node in ast.walk(root))
    return bool(named) and named <= _CERTAIN_PATHS and not is_bound


def _view(root: Expr, variable: str) -> str | None:
    named = set(paths(root, variable))
    if not named or any(variable in _bound(node) for node in ast.walk(root)):
        return None
    views = (view for view in reversed(VIEWS) if view.variable == variable)
    return next((view.name for view in views if all(view.has(path) for path in named)), None)


def _bound(node: Expr) -> Path:
    return (node.iter_var, node.iter_var2, node.accu_var) if isinstance(node, Comprehension) else ()


def paths(node: Expr, variable: str) -> Iterator[Path]:
    """`object.metadata.?labels` -> `("metadata", "labels")`: each use of a variable, as far as names lead."""
    path = _path(node, variable)
    if path is not None:
        yield path
        return
    for child in ast.children(node):
        yield from paths(child, variable)


def _path(node: Expr, variable: str) -> Path | None:
    match node:
        case Ident(name=name):
            return () if name == variable else None
        case Select(operand=operand, field=field):
            return _extended(_path(operand, variable), field)
        case Call(function=function, target=None, args=(operand, Const(value=str(key)))) if function in _BY_NAME:
            return _extended(_path(operand, variable), key)
    return None


def _extended(path: Path | None, key: str) -> Path | None:
    return None if path is None else (*path, key)


def _without(value: Any, left_out: LeftOut) -> Any:
    if not isinstance(value, dict):
        return value
    kept = value
    for key, inner in left_out.items():
        if key not in value:
            continue
        new = _without(value[key], inner) if inner is not None else _GONE
        if new is not value[key]:
            kept = dict(value) if kept is value else kept
            kept[key] = new
            if new is _GONE:
                del kept[key]
    return kept
