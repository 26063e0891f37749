"""Makes a validation rule behave by the schema of the values that it names.

Values reach the runtime without their schema, so what depends on it is written into the expression (KEP-2876):

    self.until > timestamp(...)   `until` of format date-time   ->  timestamp(self.until) > timestamp(...)
    self.a == self.b              `a` of list type set or map   ->  the same elements, in any order
    self.a + self.b               the same                      ->  b's elements replace those of their key, or follow
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gitops_audit.kube.custom_resource import Schema, item_schema, rule_name
from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import Call, Comprehension, Const, Expr, Ident, ListLiteral, Select
from gitops_audit.policy.cel.environment import parse_unchecked
from gitops_audit.policy.manifest_schema.rule_value import TIMES

Scope = Mapping[str, Schema]
_NOTHING: Schema = {}
_LOOKS = frozenset(("_[_]", "_?._", "_[?_]"))
_UNWRAPPED = frozenset(("value", "orValue", "or", "optional.of", "optional.ofNonZeroValue"))
_ENDS = frozenset(("first", "last"))
_ORDERED = frozenset(("slice", "sort", "reverse", "distinct", "filter"))
_TIME = "cel.bind(v__, x__, type(v__) == string ? {}(v__) : v__)"
_EQUAL = (
    "cel.bind(l__, x__, cel.bind(r__, y__, type(l__) == list && type(r__) == list"
    " ? l__.size() == r__.size() && l__.all(e__, e__ in r__) && r__.all(e__, e__ in l__) : l__ == r__))"
)
_SET = "cel.bind(l__, x__, l__ + y__.filter(e__, !(e__ in l__)))"
_MAP = (
    "cel.bind(l__, x__, cel.bind(r__, y__, l__.map(e__, r__.exists(f__, {same})"
    " ? r__.filter(f__, {same})[0] : e__) + r__.filter(f__, !l__.exists(e__, {same}))))"
)


def typed(tree: ast.Tree, schema: Schema) -> ast.Tree:
    """The checked tree of a rule whose `self` has a schema."""
    root, _ = _Typing(tree.max_id).visit(tree.root, {"self": schema})
    return replace(tree, root=root, max_id=max(node.id for node in ast.walk(root)))


@dataclass(slots=True)
class _Typing:
    last_id: int

    def visit(self, node: Expr, scope: Scope) -> tuple[Expr, Schema]:
        """The node as it is to be run, and the schema of its value (empty: not known)."""
        match node:
            case Ident(name="oldSelf"):
                return Call(self._id(), "optional.none", None, ()), _NOTHING
            case Ident():
                schema = scope.get(node.name, _NOTHING)
                return self._timed(node, schema), schema
            case Select():
                operand, above = self.visit(node.operand, scope)
                schema = _NOTHING if node.test_only else _field(above, node.field)
                return self._timed(replace(node, operand=operand), schema), schema
            case Call():
                return self._called(node, scope)
            case Comprehension():
                return self._looped(node, scope)
            case ListLiteral():
                found = [self.visit(element, scope) for element in node.elements]
                items = found[0][1] if found else _NOTHING
                return replace(node, elements=tuple(e for e, _ in found)), _list_of(items)
        return ast.transform(node, lambda n: n) if not list(ast.children(node)) else self._literal(
            node, scope
        ), _NOTHING

    def _literal(self, node: Expr, scope: Scope) -> Expr:
        if not isinstance(node, ast.StructLiteral):
            return node
        entries = tuple(
            replace(
                entry,
                key=entry.key if isinstance(entry.key, str) else self.visit(entry.key, scope)[0],
                value=self.visit(entry.value, scope)[0],
            )
            for entry in node.entries
        )
        return replace(node, entries=entries)

    def _called(self, node: Call, scope: Scope) -> tuple[Expr, Schema]:
        target, above = self.visit(node.target, scope) if node.target is not None else (None, _NOTHING)
        found = [self.visit(arg, scope) for arg in node.args]
        call = replace(node, target=target, args=tuple(arg for arg, _ in found))
        first = above if target is not None else found[0][1] if found else _NOTHING
        if node.function in ("_==_", "_!=_", "_+_") and first.get("x-kubernetes-list-type") in ("set", "map"):
            return self._listed(call, first), first
        schema = _result(node, first, [schema for _, schema in found])
        is_value = node.function in ("_[_]", "value", "orValue")
        return self._timed(call, schema) if is_value else call, schema

    def _looped(self, node: Comprehension, scope: Scope) -> tuple[Expr, Schema]:
        source, over = self.visit(node.iter_range, scope)
        start, initial = self.visit(node.accu_init, scope)
        inner = {key: value for key, value in scope.items() if key not in (node.iter_var, node.iter_var2)}
        inner |= {node.accu_var: initial}
        if node.iter_var != ast.UNUSED:
            inner |= _elements(node, over)
        result, schema = self.visit(node.result, inner)
        step, built = self.visit(node.step, inner)
        condition, _ = self.visit(node.condition, inner)
        found = replace(node, iter_range=source, accu_init=start, condition=condition, step=step, result=result)
        is_list = node.iter_var != ast.UNUSED and isinstance(node.accu_init, ListLiteral)
        return found, built if is_list else schema

    def _timed(self, node: Expr, schema: Schema) -> Expr:
        kind = schema.get("format") if schema.get("type") == "string" else None
        if isinstance(node, Select) and node.test_only:
            return node
        if kind in TIMES:
            return self._filled(_TIME.format("timestamp"), {"x__": node})
        return self._filled(_TIME.format("duration"), {"x__": node}) if kind == "duration" else node

    def _listed(self, node: Call, schema: Schema) -> Expr:
        parts = {"x__": node.args[0], "y__": node.args[1]}
        if node.function != "_+_":
            equal = self._filled(_EQUAL, parts)
            return equal if node.function == "_==_" else Call(self._id(), "!_", None, (equal,))
        if schema["x-kubernetes-list-type"] == "set":
            return self._filled(_SET, parts)
        keys = [rule_name(str(key)) for key in schema.get("x-kubernetes-list-map-keys") or ()]
        same = " && ".join(f"e__.?{key} == f__.?{key}" for key in keys)
        return self._filled(_MAP.format(same=same), parts)

    def _filled(self, template: str, parts: Mapping[str, Expr]) -> Expr:
        def place(node: Expr) -> Expr:
            return parts[node.name] if isinstance(node, Ident) and node.name in parts else replace(node, id=self._id())

        return ast.transform(parse_unchecked(template), place)

    def _id(self) -> int:
        self.last_id += 1
        return self.last_id


def _elements(node: Comprehension, over: Schema) -> Scope:
    """What the variables of a loop are: elements of a list, or keys and values of a map."""
    is_list = over.get("type") == "array"
    values = item_schema(over) if is_list else _field(over, "")
    if node.iter_var2:
        return {node.iter_var: _NOTHING, node.iter_var2: values}
    return {node.iter_var: values if is_list else _NOTHING}


def _result(node: Call, first: Schema, args: list[Schema]) -> Schema:
    if node.function in _LOOKS:
        key = node.args[-1]
        return _field(first, key.value if isinstance(key, Const) and isinstance(key.value, str) else "")
    if node.function in _UNWRAPPED or node.function == "_+_":
        return first
    if node.function in _ENDS:
        return item_schema(first)
    if node.function in _ORDERED:
        return _list_of(item_schema(first))
    return (args[1] or args[2]) if node.function == "_?_:_" else _NOTHING


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items} if items else _NOTHING


def _field(schema: Schema, name: str) -> Schema:
    """The schema behind a name as rules write it, or of the values of a map or a list."""
    if schema.get("type") == "array":
        return item_schema(schema)
    for field, child in (schema.get("properties") or {}).items():
        if rule_name(field) == name and isinstance(child, dict):
            return child
    additional = schema.get("additionalProperties")
    return additional if isinstance(additional, dict) else _NOTHING
