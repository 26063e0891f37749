"""How much memory an expression may take, as a polynomial in the sizes of what it reads.

The runtime frees what an expression makes only when it is done, and bounds nothing of it: `'a'.replace(...)` a few
times over are gigabytes. So sizes are followed through the expression before it runs:

    object.items.map(i, i.name + object.metadata.name)
    one turn:  i + name     all turns: items + items * name     (what depends on `i` adds up to the whole list)

A size counts characters, or those of a value's JSON; a number counts SCALAR. The runtime copies a list (or map) for
each element that a loop adds to it, which makes the square of the number of turns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.ast import Call, Comprehension, Const, Expr, Ident, Select, Tree
from gitops_audit.policy.cel.wire import record

MAX_MEMORY_BYTES = 256 << 20
SCALAR = 16.0
WORLD = "@world"
SEPARATOR = "\0"  # between the steps of a path: `object`, `metadata`, `name`
COUNT = "#"  # as the last step of a path: how many elements are there
_MOST_TERMS, _MOST_FACTORS = 300, 12
_WORLD_SIZE = 4096
_LONGEST_RANGE = 10_000
_MAP_ENTRY = 128.0
_STRING, _BYTES = 5, 6
_PRIMITIVE, _WELL_KNOWN = 3, 5
_WORLD_CALLS = frozenset(("resources", "resourcesWith", "resource", "List", "Get"))
_LOOKS = frozenset(("_[_]", "_?._", "_[?_]", "value", "orValue", "or", "first", "last", "optional.of"))
_SCALAR_CALLS = frozenset(
    ("size", "contains", "startsWith", "endsWith", "matches", "_==_", "_!=_", "@in", "indexOf", "hasValue", "_&&_")
)
_ESCAPES = frozenset(("strings.quote", "base64.encode", "string", "url", "format"))
_PIECES = frozenset(("split", "regex.extractAll", "findAll"))

Term = tuple[str, ...]


class Unbounded(ValueError):
    """An expression whose need of memory has no useful bound."""


@dataclass(frozen=True, slots=True)
class Size:
    """A sum of products: `{("a", "b"): 2.0, (): 5.0}` is `2ab + 5`."""

    terms: Mapping[Term, float] = field(default_factory=dict)

    def __add__(self, other: Size) -> Size:
        keys = {**self.terms, **other.terms}
        return _bounded({k: self.terms.get(k, 0.0) + other.terms.get(k, 0.0) for k in keys})

    def __or__(self, other: Size) -> Size:
        """No smaller than either."""
        keys = {**self.terms, **other.terms}
        return _bounded({k: max(self.terms.get(k, 0.0), other.terms.get(k, 0.0)) for k in keys})

    def __mul__(self, other: Size) -> Size:
        found: dict[Term, float] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                term = tuple(sorted(left + right))
                found[term] = found.get(term, 0.0) + a * b
        return _bounded(found)

    def summed(self, variable: str, whole: Size, count: Size) -> Size:
        """Over all elements of a list of that size and number; `variable` is the size of one."""
        total = NOTHING
        for term, factor in self.terms.items():
            power = term.count(variable)
            rest = Size({tuple(name for name in term if name != variable): factor})
            for _ in range(power):
                rest = rest * whole
            total = total + (rest if power else rest * count)
        return total

    def value(self, of: Callable[[str], float]) -> float:
        return sum(count * math.prod(map(of, term)) for term, count in self.terms.items())


def _bounded(terms: Mapping[Term, float]) -> Size:
    if len(terms) > _MOST_TERMS or any(len(term) > _MOST_FACTORS for term in terms):
        raise Unbounded("its loops are nested too deep to tell how much memory it takes")
    return Size(terms)


def exactly(count: float) -> Size:
    return Size({(): count})


NOTHING, ONE, NUMBER = Size(), exactly(1.0), exactly(SCALAR)
_A_FEW = exactly(1 / 8)  # elements per character, where they cannot be counted


def needed(tree: Tree) -> Size:
    """The memory of an expression as far as its size decides. Raises Unbounded."""
    return _Measure(tree).of(tree.root, {}).spent


def largest_input(size: Size) -> float:
    """The largest size that all variables may have together for MAX_MEMORY_BYTES to be enough; below 1 where not even
    the smallest may."""
    tried = (2.0**power for power in range(50, -1, -1))
    return next((largest for largest in tried if is_affordable(size, partial(_same, largest))), 0.0)


def _same(size: float, _path: str) -> float:
    return size


def is_affordable(size: Size, measured: Callable[[str], float]) -> bool:
    """Whether the memory is enough for the values there are; `measured` gives the size of one by its path."""
    return size.value(lambda name: _WORLD_SIZE if name == WORLD else measured(name)) <= MAX_MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class _Found:
    """The size of a value, the number of its elements, and the size of all that was made on the way to it."""

    size: Size
    count: Size = ONE
    spent: Size = NOTHING


_Bound = Mapping[str, _Found]


@dataclass(frozen=True, slots=True)
class _Measure:
    tree: Tree

    def of(self, node: Expr, bound: _Bound) -> _Found:
        if (path := _path(node, bound)) is not None:
            return _Found(Size({(path,): 1.0}), Size({(f"{path}{SEPARATOR}{COUNT}",): 1.0}))
        match node:
            case Const():
                length = len(node.value) if isinstance(node.value, str | bytes) else SCALAR
                return _Found(exactly(max(length, 1.0)))
            case Ident():
                return bound[node.name]
            case Select():
                return self._selected(node, bound)
            case Call():
                return self._called(node, bound)
            case Comprehension():
                return self._looped(node, bound)
            case _:
                return self._literal(node, bound)

    def _selected(self, node: Select, bound: _Bound) -> _Found:
        operand = self.of(node.operand, bound)
        if node.test_only:
            return _Found(NUMBER, ONE, operand.spent)
        return _Found(operand.size, operand.size * _A_FEW, operand.spent)

    def _literal(self, node: Expr, bound: _Bound) -> _Found:
        size, spent = NUMBER, NOTHING
        for child in ast.children(node):
            part = self.of(child, bound)
            size, spent = size + part.size, spent + part.spent
        return _Found(size, exactly(sum(1.0 for _ in ast.children(node))), spent + size)

    def _called(self, node: Call, bound: _Bound) -> _Found:
        parts = [self.of(child, bound) for child in ast.children(node)]
        spent = NOTHING
        for part in parts:
            spent = spent + part.spent
        if self._is_scalar(node) or not parts:
            return _Found(NUMBER, ONE, spent)
        sizes = [part.size for part in parts]
        if node.function in _LOOKS:
            return _Found(_widest(iter(sizes)), sizes[0] * _A_FEW, spent)
        size = _made(node, sizes)
        if node.function in _PIECES:
            return _Found(size, size, spent + size * exactly(32.0))
        return _Found(size, _counted(node, size, [part.count for part in parts]), spent + size)

    def _looped(self, node: Comprehension, bound: _Bound) -> _Found:
        source, initial = self.of(node.iter_range, bound), self.of(node.accu_init, bound)
        if node.iter_var == ast.UNUSED:
            result = self.of(node.result, {**bound, node.accu_var: _Found(initial.size, initial.count)})
            return _Found(result.size, result.count, initial.spent + source.spent + result.spent)
        variable = f"#{node.id}"
        whole = Size({(variable,): 1.0})
        element = _Found(whole, whole * _A_FEW)
        inner = {**bound, node.iter_var: element, node.accu_var: _Found(NOTHING, NOTHING)}
        if node.iter_var2:
            inner[node.iter_var2] = element
        condition, step = self.of(node.condition, inner), self.of(node.step, inner)
        total = initial.size + step.size.summed(variable, source.size, source.count)
        result = self.of(node.result, {**inner, node.accu_var: _Found(total, source.count)})
        turns = (condition.spent + step.spent).summed(variable, source.size, source.count)
        spent = source.spent + initial.spent + turns + result.spent
        if self._is_scalar(node):
            return _Found(NUMBER, ONE, spent)
        copied = source.count * source.count * exactly(_MAP_ENTRY if _is_map(node) else SCALAR)
        return _Found(result.size, source.count, spent + copied)

    def _is_scalar(self, node: Expr) -> bool:
        """Whether a value has one size whatever it is: by its type, or by the function."""
        kind = record(self.tree.types.get(node.id, b""))
        if _PRIMITIVE in kind:
            return kind[_PRIMITIVE] not in (_STRING, _BYTES)
        return _WELL_KNOWN in kind or (isinstance(node, Call) and node.function in _SCALAR_CALLS)


def _made(node: Call, sizes: list[Size]) -> Size:
    match node.function:
        case "_+_" | "cel.@mapInsert" | "mapInsert__":
            return _total(iter(sizes))
        case "replace" if len(sizes) > 2:
            return _replaced(sizes[0], _length(list(ast.children(node))[1]), sizes[2])
        case "regex.replace" if len(sizes) > 2:
            return sizes[0] + (sizes[0] + ONE) * sizes[2] * exactly(2.0)
        case "join" if len(sizes) > 1:
            return sizes[0] + sizes[0] * sizes[1]
        case "lists.range":
            return _range(node.args[0]) * NUMBER
        case name if name in _WORLD_CALLS:
            return Size({(WORLD,): 1.0})
        case name if name in _ESCAPES:
            return _total(iter(sizes)) * exactly(3.0)
    return _widest(iter(sizes))


def _replaced(text: Size, old: int, new: Size) -> Size:
    """Each `old` characters of the text may become `new`; where `old` may be nothing, so may each place between."""
    if old and set(new.terms) == {()}:
        return text * exactly(max(1.0, new.terms[()] / old))
    return text + (text + ONE) * new


def _counted(node: Call, size: Size, counts: list[Size]) -> Size:
    match node.function:
        case "lists.range":
            return _range(node.args[0])
        case "_+_" | "cel.@mapInsert":
            return _total(iter(counts))
        case "flatten" | "List" | "resources":
            return size * _A_FEW
    return _widest(iter(counts))


def _range(wanted: Expr) -> Size:
    count = wanted.value if isinstance(wanted, Const) else None
    return exactly(min(max(count, 1), _LONGEST_RANGE) if isinstance(count, int) else _LONGEST_RANGE)


def _is_map(node: Comprehension) -> bool:
    """Whether a loop builds a map, as `transformMap` does."""
    return any(isinstance(n, Call) and n.function == "cel.@mapInsert" for n in ast.walk(node.step))


def _length(node: Expr) -> int:
    return len(node.value) if isinstance(node, Const) and isinstance(node.value, str) else 0


def _total(sizes: Iterator[Size]) -> Size:
    total = next(sizes)
    for size in sizes:
        total = total + size
    return total


def _widest(sizes: Iterator[Size]) -> Size:
    widest = next(sizes)
    for size in sizes:
        widest = widest | size
    return widest


def _path(node: Expr, bound: _Bound) -> str | None:
    """`object.metadata.name` as the name of a size; None for all else, and below what a loop or `bind` names."""
    match node:
        case Ident(name=name):
            return None if name in bound else name
        case Select(operand=operand, field=key, test_only=False):
            inner = _path(operand, bound)
            return None if inner is None else f"{inner}{SEPARATOR}{key}"
    return None
