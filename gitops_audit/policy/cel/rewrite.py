"""Turns checked Kubernetes expressions into ones the runtime evaluates alike.

What the runtime lacks is expressed by what it has, natively: no list and no optional value ever passes through Python,
which is what makes them fast and safe (the binding cannot convert optionals, and leaks references to None).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import Call, Comprehension, Const, Expr, Ident, ListLiteral, Tree
from gitops_audit.policy.cel.pattern import as_one_group, is_large
from gitops_audit.policy.cel.reach import narrowed
from gitops_audit.policy.cel.wire import record

Parser = Callable[[str], Expr]

# x, y, n stand for the receiver and the arguments; the other names are bound inside and cannot meet a user's
_TEMPLATES = {
    "isSorted": "cel.bind(l__, x__, l__.all(i__, v__, i__ == 0 || !(l__[i__ - 1] > v__)))",
    "indexOf": "cel.bind(y1__, y__, x__.transformList(i__, v__, v__ == y1__, i__).first().orValue(-1))",
    "lastIndexOf": "cel.bind(y1__, y__, x__.transformList(i__, v__, v__ == y1__, i__).last().orValue(-1))",
    "matches": "cel.bind(t__, x__, cel.bind(p__, y__, type(t__) == string && type(p__) == string"
    " ? matches__(t__, p__) : t__.matches(p__)))",
    "matches()": "cel.bind(t__, x__, cel.bind(p__, y__, type(t__) == string && type(p__) == string"
    " ? matches__(t__, p__) : matches(t__, p__)))",
    "affordable": "type(x__) != string || type(y__) != string || affordable__(x__, y__) ? z__ : ''",
    "find": "regex.extract(x__, y__).orValue('')",
    "findAll": "cel.bind(p__, y__, ''.matches(p__) ? findAllEmpty__(x__, p__) : regex.extractAll(x__, p__))",
    "findAllN": "cel.bind(l__, x__, cel.bind(n1__, n__, n1__ < 0 || n1__ > l__.size() ? l__ : l__.slice(0, n1__)))",
    "validate": "optional.ofNonZeroValue(x__.validate__(y__))",
    "format.named": "optional.ofNonZeroValue(named__(x__))",
    "unwrap": "x__.filter(e__, e__.hasValue()).map(e__, e__.value())",
    "orValue": "cel.bind(v__, x__, type(v__) == optional_type ? v__.orValue(y__) : v__)",
    "or": "cel.bind(v__, x__, type(v__) == optional_type ? v__.or(y__) : v__)",
    "dynIndexOf": "cel.bind(d__, x__, type(d__) == list ? list__ : d__.f__(y__))",
    "string": "cel.bind(s__, x__, s__.contains('.') ? regex.replace(s__, r'0+([sZ])$', r'\\1') : s__)",
    "lists.range": "cel.bind(n1__, x__, n1__ > 10000 ? [tooLong__(n1__)] : lists.range(n1__))",
    "sum": "cel.bind(l__, x__, l__.size() == 0 ? 0 : l__[0] - l__[0])",
}
_QUANTITY = b"kubernetes.Quantity"
_ABSTRACT_TYPE, _DYN, _LIST, _PRIMITIVE, _WELL_KNOWN = 14, 1, 6, 3, 5


@dataclass(slots=True)
class Rewriter:
    """`parse` gives the tree of an expression without checking it; `templates` are parsed once per process."""

    parse: Parser
    tree: Tree
    templates: dict[str, Expr] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    looped: frozenset[int] = frozenset()

    def run(self) -> Expr:
        self.ids = count(self.tree.max_id + 1)
        self.looped = frozenset(node.id for node in ast.repeated(self.tree.root))
        return narrowed(ast.transform(self.tree.root, self._change), self.ids)

    def _change(self, node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        change = _CHANGES.get(node.function)
        return change(self, node) if change else node

    def fill(self, name: str, parts: Mapping[str, Expr]) -> Expr:
        """The template with its placeholders replaced and fresh ids, so that no stale reference applies."""
        if name not in self.templates:
            self.templates[name] = self.parse(_TEMPLATES[name])
        return ast.transform(self.templates[name], lambda node: self._place(node, parts))

    def _place(self, node: Expr, parts: Mapping[str, Expr]) -> Expr:
        if isinstance(node, Ident) and node.name in parts:
            return parts[node.name]
        return replace(node, id=next(self.ids))

    def type_of(self, node: Expr | None) -> dict[int, int | bytes]:
        return record(self.tree.types.get(node.id, b"")) if node is not None else {}

    def is_dynamic(self, node: Expr | None) -> bool:
        found = self.type_of(node)
        return not found or _DYN in found


def _indexed(rewriter: Rewriter, node: Call) -> Expr:
    if node.target is None or len(node.args) != 1:
        return node
    parts: dict[str, Expr] = {"x__": node.target, "y__": node.args[0]}
    if _LIST in rewriter.type_of(node.target):
        return rewriter.fill(node.function, parts)
    if not rewriter.is_dynamic(node.target):
        return node
    bound = Ident(next(rewriter.ids), "d__")
    as_list = rewriter.fill(node.function, {"x__": bound, "y__": node.args[0]})
    filled = rewriter.fill("dynIndexOf", parts | {"list__": as_list})
    return ast.transform(
        filled, lambda n: replace(n, function=node.function) if isinstance(n, Call) and n.function == "f__" else n
    )


def _sorted(rewriter: Rewriter, node: Call) -> Expr:
    return rewriter.fill("isSorted", {"x__": node.target}) if node.target is not None and not node.args else node


def _sum(rewriter: Rewriter, node: Call) -> Expr:
    if node.target is None or node.args:
        return node
    new = rewriter.ids
    step = Call(next(new), "_+_", None, (Ident(next(new), "s__"), Ident(next(new), "e__")))
    return Comprehension(
        next(new),
        "e__",
        "",
        node.target,
        "s__",
        _zero(rewriter, node.target),
        ast.boolean(next(new), True),
        step,
        Ident(next(new), "s__"),
    )


def _zero(rewriter: Rewriter, values: Expr) -> Expr:
    """What an empty list of the static type sums to; the first element decides where only the run can tell."""
    found = rewriter.type_of(values).get(_LIST)
    element = record(_bytes(record(_bytes(found)).get(1))) if found is not None else {}
    identity = next(rewriter.ids)
    if _WELL_KNOWN in element:
        return Call(identity, "duration", None, (ast.string(next(rewriter.ids), "0s"),))
    primitive = element.get(_PRIMITIVE)
    if primitive == 3:
        return ast.unsigned(identity, 0)
    if primitive == 4:
        return ast.double(identity, 0.0)
    if primitive == 2:
        return ast.integer(identity, 0)
    return rewriter.fill("sum", {"x__": values})


def _bytes(value: int | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _extreme(rewriter: Rewriter, node: Call) -> Expr:
    if node.target is None or node.args:
        return node
    new = rewriter.ids

    def name(text: str) -> Expr:
        return Ident(next(new), text)

    operator = "_>_" if node.function == "min" else "_<_"
    better = Call(next(new), operator, None, (name("s__"), name("e__")))
    step = Call(next(new), "_?_:_", None, (better, name("e__"), name("s__")))
    first = Call(next(new), "_[_]", None, (name("l__"), ast.integer(next(new), 0)))
    fold = Comprehension(
        next(new), "e__", "", name("l__"), "s__", first, ast.boolean(next(new), True), step, name("s__")
    )
    message = ast.string(next(new), f"{node.function} called on empty list")
    failed = Call(next(new), "fail__", None, (message,))
    size = Call(next(new), "size", None, (name("l__"),))
    is_empty = Call(next(new), "_==_", None, (size, ast.integer(next(new), 0)))
    return bind(new, "l__", node.target, Call(next(new), "_?_:_", None, (is_empty, failed, fold)))


def bind(ids: Iterator[int], name: str, value: Expr, body: Expr) -> Comprehension:
    """`cel.bind(name, value, body)` as the macro expands it: `value` is evaluated at first use, at most once."""
    return Comprehension(
        next(ids),
        ast.UNUSED,
        "",
        ListLiteral(next(ids), ()),
        name,
        value,
        ast.boolean(next(ids), False),
        Ident(next(ids), name),
        body,
    )


def _group(rewriter: Rewriter, pattern: Expr) -> Expr:
    if isinstance(pattern, Const) and isinstance(pattern.value, str):
        return ast.string(next(rewriter.ids), as_one_group(pattern.value))
    return Call(next(rewriter.ids), "group__", None, (pattern,))


def _find(rewriter: Rewriter, node: Call) -> Expr:
    if node.target is None or len(node.args) not in (1, 2):
        return node
    pattern = _group(rewriter, node.args[0])
    if node.id in rewriter.looped:
        found = _affordable(rewriter, node.function, node.target, pattern)
    else:
        found = rewriter.fill(node.function, {"x__": node.target, "y__": pattern})
    if len(node.args) == 1:
        return found
    return rewriter.fill("findAllN", {"x__": found, "n__": node.args[1]})


def _affordable(rewriter: Rewriter, function: str, text: Expr, pattern: Expr) -> Expr:
    """A regular expression in a loop, its work counted before it is done."""
    new = rewriter.ids
    parts: dict[str, Expr] = {"x__": Ident(next(new), "f1__"), "y__": Ident(next(new), "g1__")}
    found = rewriter.fill("affordable", {**parts, "z__": rewriter.fill(function, parts)})
    return bind(new, "f1__", text, bind(new, "g1__", pattern, found))


def _matches(rewriter: Rewriter, node: Call) -> Expr:
    operands = node.args if node.target is None else (node.target, *node.args)
    if len(operands) != 2:
        return node
    text, pattern = operands
    is_dear = isinstance(pattern, Const) and isinstance(pattern.value, str) and is_large(pattern.value)
    if not is_dear and node.id not in rewriter.looped:
        return node
    return rewriter.fill("matches" if node.target is not None else "matches()", {"x__": text, "y__": pattern})


def _validate(rewriter: Rewriter, node: Call) -> Expr:
    if node.target is None or len(node.args) != 1:
        return node
    return rewriter.fill("validate", {"x__": node.target, "y__": node.args[0]})


def _named(rewriter: Rewriter, node: Call) -> Expr:
    return rewriter.fill("format.named", {"x__": node.args[0]})


def _range(rewriter: Rewriter, node: Call) -> Expr:
    return rewriter.fill("lists.range", {"x__": node.args[0]})


def _unwrap(rewriter: Rewriter, node: Call) -> Expr:
    return rewriter.fill("unwrap", {"x__": node.target if node.target is not None else node.args[0]})


def _or(rewriter: Rewriter, node: Call) -> Expr:
    # cel-go gives back a receiver that is no optional; the runtime here would call that an error
    if node.target is None or _ABSTRACT_TYPE in rewriter.type_of(node.target):
        return node
    return rewriter.fill(node.function, {"x__": node.target, "y__": node.args[0]})


def _map_insert(rewriter: Rewriter, node: Call) -> Expr:
    return Call(next(rewriter.ids), "mapInsert__", None, node.args)


def _equal(rewriter: Rewriter, node: Call) -> Expr:
    # equal quantities may be kept in two ways
    if not all(_is_quantity(rewriter, arg) for arg in node.args):
        return node
    compared = Call(next(rewriter.ids), "compareTo", node.args[0], (node.args[1],))
    return Call(next(rewriter.ids), node.function, None, (compared, ast.integer(next(rewriter.ids), 0)))


def _is_quantity(rewriter: Rewriter, node: Expr) -> bool:
    found = rewriter.type_of(node)
    return found.get(9) == _QUANTITY or record(_bytes(found.get(_ABSTRACT_TYPE))).get(1) == _QUANTITY


def _text(rewriter: Rewriter, node: Call) -> Expr:
    found = rewriter.type_of(node.args[0]) if node.args else {}
    return rewriter.fill("string", {"x__": node}) if _WELL_KNOWN in found else node


_CHANGES: dict[str, Callable[[Rewriter, Call], Expr]] = {
    "indexOf": _indexed,
    "lastIndexOf": _indexed,
    "isSorted": _sorted,
    "sum": _sum,
    "min": _extreme,
    "max": _extreme,
    "matches": _matches,
    "find": _find,
    "findAll": _find,
    "validate": _validate,
    "format.named": _named,
    "optional.unwrap": _unwrap,
    "unwrapOpt": _unwrap,
    "orValue": _or,
    "or": _or,
    "lists.range": _range,
    "cel.@mapInsert": _map_insert,
    "_==_": _equal,
    "_!=_": _equal,
    "string": _text,
}
