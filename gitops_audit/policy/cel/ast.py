"""Expressions as trees: read from and written to `cel.expr.CheckedExpr` and `ParsedExpr` (cel-spec, proto/cel/expr).

Only the expression itself is understood. Types are read for the few rewrites that depend on them; references and
source information are carried along unread.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gitops_audit.policy.cel.wire import FIXED64, VARINT, encode, fields, record, signed

# what `cel.bind` names the variable of its loop, which has no turns
UNUSED = "#unused"
Literal = None | bool | int | float | str | bytes


@dataclass(frozen=True, slots=True)
class Const:
    id: int
    raw: bytes
    value: Literal
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Ident:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    id: int
    operand: Expr
    field: str
    test_only: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    id: int
    function: str
    target: Expr | None
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ListLiteral:
    id: int
    elements: tuple[Expr, ...]
    optional: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    key: Expr | str
    value: Expr
    optional: bool = False


@dataclass(frozen=True, slots=True)
class StructLiteral:
    """A map (no `name`) or a message."""

    id: int
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    id: int
    iter_var: str
    iter_var2: str
    iter_range: Expr
    accu_var: str
    accu_init: Expr
    condition: Expr
    step: Expr
    result: Expr


Expr = Const | Ident | Select | Call | ListLiteral | StructLiteral | Comprehension


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked expression: its root, the static type of each node (raw) and everything else as it came."""

    root: Expr
    types: dict[int, bytes]
    rest: tuple[bytes, ...]
    max_id: int

    def serialise(self, root: Expr | None = None) -> bytes:
        """What the runtime's `deserialize` takes, with another root where one is given."""
        body = b"".join(self.rest) + encode(4, _encode_expr(root or self.root))
        return encode(1, _CHECKED) + encode(2, body)


_CHECKED = b"type.googleapis.com/cel.expr.CheckedExpr"


def parse(serialised: bytes) -> Tree:
    """The tree in what the runtime's `serialize` gave (an `Any` that holds a CheckedExpr or a ParsedExpr)."""
    envelope = record(serialised)
    url, body = envelope[1], envelope[2]
    if not isinstance(body, bytes) or not isinstance(url, bytes):
        raise ValueError("not a serialised CEL expression")
    number = 4 if url == _CHECKED else 2
    root: Expr | None = None
    types: dict[int, bytes] = {}
    rest: list[bytes] = []
    for field, wire, value in fields(body):
        if field == number and isinstance(value, bytes):
            root = _decode(value)
            continue
        if field == 3 and isinstance(value, bytes) and url == _CHECKED:
            types.update(_type_entry(value))
        rest.append(encode(field, value, wire))
    if root is None:
        raise ValueError("a serialised CEL expression without an expression")
    return Tree(root, types, tuple(rest), max((node.id for node in walk(root)), default=0))


def children(node: Expr) -> Iterator[Expr]:
    match node:
        case Select():
            yield node.operand
        case Call():
            if node.target is not None:
                yield node.target
            yield from node.args
        case ListLiteral():
            yield from node.elements
        case StructLiteral():
            for entry in node.entries:
                if not isinstance(entry.key, str):
                    yield entry.key
                yield entry.value
        case Comprehension():
            yield from (node.iter_range, node.accu_init, node.condition, node.step, node.result)
        case _:
            return


def walk(node: Expr) -> Iterator[Expr]:
    """The node and everything below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def repeated(node: Expr) -> Iterator[Expr]:
    """Everything below the node that is evaluated once for each turn of a loop."""
    for child in children(node):
        yield from repeated(child)
    if isinstance(node, Comprehension) and node.iter_var != UNUSED:
        yield from (*walk(node.condition), *walk(node.step))


def transform(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The tree with `change` applied to every node, children first."""
    match node:
        case Select():
            node = replace(node, operand=transform(node.operand, change))
        case Call():
            target = transform(node.target, change) if node.target is not None else None
            node = replace(node, target=target, args=tuple(transform(a, change) for a in node.args))
        case ListLiteral():
            node = replace(node, elements=tuple(transform(e, change) for e in node.elements))
        case StructLiteral():
            node = replace(node, entries=tuple(_transform_entry(e, change) for e in node.entries))
        case Comprehension():
            node = replace(
                node,
                iter_range=transform(node.iter_range, change),
                accu_init=transform(node.accu_init, change),
                condition=transform(node.condition, change),
                step=transform(node.step, change),
                result=transform(node.result, change),
            )
        case _:
            pass
    return change(node)


def string(identity: int, value: str) -> Const:
    return Const(identity, encode(6, value.encode()), value)


def integer(identity: int, value: int) -> Const:
    return Const(identity, encode(3, value), value)


def boolean(identity: int, value: bool) -> Const:
    return Const(identity, encode(2, int(value)), value)


def _transform_entry(entry: Entry, change: Callable[[Expr], Expr]) -> Entry:
    key = entry.key if isinstance(entry.key, str) else transform(entry.key, change)
    return replace(entry, key=key, value=transform(entry.value, change))


def _type_entry(data: bytes) -> Iterator[tuple[int, bytes]]:
    entry = record(data)
    key, value = entry.get(1, 0), entry.get(2, b"")
    if isinstance(key, int) and isinstance(value, bytes):
        yield key, value


def _text(value: int | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _decode(data: bytes) -> Expr:
    identity, kind, body = 0, 0, b""
    for number, _, value in fields(data):
        if number == 2 and isinstance(value, int):
            identity = value
        elif isinstance(value, bytes):
            kind, body = number, value
    decode = _DECODERS.get(kind)
    return decode(identity, body) if decode else Const(identity, b"", None)


def _decode_const(identity: int, data: bytes) -> Const:
    for number, _, value in fields(data):
        return Const(identity, data, _literal(number, value), unsigned=number == 4)
    return Const(identity, data, None)


def _literal(number: int, value: int | bytes) -> Literal:
    if isinstance(value, int):
        return {1: None, 2: bool(value), 3: signed(value)}.get(number, value)
    if number == 5:
        return float(struct.unpack("<d", value)[0])
    return value.decode() if number == 6 else value


def _decode_ident(identity: int, data: bytes) -> Ident:
    return Ident(identity, _text(record(data).get(1, b"")))


def _decode_select(identity: int, data: bytes) -> Select:
    parts = record(data)
    return Select(identity, _sub(parts, 1), _text(parts.get(2, b"")), bool(parts.get(3, 0)))


def _decode_call(identity: int, data: bytes) -> Call:
    target: Expr | None = None
    function, args = "", []
    for number, _, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            target = _decode(value)
        elif number == 2:
            function = value.decode()
        else:
            args.append(_decode(value))
    return Call(identity, function, target, tuple(args))


def _decode_list(identity: int, data: bytes) -> ListLiteral:
    elements: list[Expr] = []
    optional: list[int] = []
    for number, wire, value in fields(data):
        if number == 1 and isinstance(value, bytes):
            elements.append(_decode(value))
        elif wire == VARINT and isinstance(value, int):
            optional.append(value)
        elif isinstance(value, bytes):
            optional.extend(_packed(value))
    return ListLiteral(identity, tuple(elements), tuple(optional))


def _packed(data: bytes) -> Iterator[int]:
    # a packed list is the varints alone: with a tag put before each, the field reader does the rest
    position = 0
    while position < len(data):
        end = position
        while data[end] & 0x80:
            end += 1
        value = next(fields(b"\x08" + data[position : end + 1]))[2]
        yield int(value)
        position = end + 1


def _decode_struct(identity: int, data: bytes) -> StructLiteral:
    name, entries = "", []
    for number, _, value in fields(data):
        if number == 1:
            name = _text(value)
        elif isinstance(value, bytes):
            parts = record(value)
            key = _sub(parts, 3) if 3 in parts else _text(parts.get(2, b""))
            entries.append(Entry(int(parts.get(1, 0)), key, _sub(parts, 4), bool(parts.get(5, 0))))
    return StructLiteral(identity, name, tuple(entries))


def _decode_comprehension(identity: int, data: bytes) -> Comprehension:
    parts = record(data)
    return Comprehension(
        identity,
        iter_var=_text(parts.get(1, b"")),
        iter_var2=_text(parts.get(8, b"")),
        iter_range=_sub(parts, 2),
        accu_var=_text(parts.get(3, b"")),
        accu_init=_sub(parts, 4),
        condition=_sub(parts, 5),
        step=_sub(parts, 6),
        result=_sub(parts, 7),
    )


def _sub(parts: dict[int, int | bytes], number: int) -> Expr:
    value = parts.get(number, b"")
    return _decode(value if isinstance(value, bytes) else b"")


_DECODERS: dict[int, Callable[[int, bytes], Expr]] = {
    3: _decode_const,
    4: _decode_ident,
    5: _decode_select,
    6: _decode_call,
    7: _decode_list,
    8: _decode_struct,
    9: _decode_comprehension,
}


def _encode_expr(node: Expr) -> bytes:
    number, body = _encode_kind(node)
    return encode(2, node.id) + encode(number, body)


def _encode_kind(node: Expr) -> tuple[int, bytes]:
    match node:
        case Const():
            return 3, node.raw
        case Ident():
            return 4, encode(1, node.name.encode())
        case Select():
            flag = encode(3, 1) if node.test_only else b""
            return 5, encode(1, _encode_expr(node.operand)) + encode(2, node.field.encode()) + flag
        case Call():
            target = encode(1, _encode_expr(node.target)) if node.target is not None else b""
            args = b"".join(encode(3, _encode_expr(a)) for a in node.args)
            return 6, target + encode(2, node.function.encode()) + args
        case ListLiteral():
            elements = b"".join(encode(1, _encode_expr(e)) for e in node.elements)
            return 7, elements + b"".join(encode(2, i) for i in node.optional)
        case StructLiteral():
            name = encode(1, node.name.encode()) if node.name else b""
            return 8, name + b"".join(encode(2, _encode_entry(e)) for e in node.entries)
        case Comprehension():
            return 9, _encode_comprehension(node)


def _encode_entry(entry: Entry) -> bytes:
    key = encode(2, entry.key.encode()) if isinstance(entry.key, str) else encode(3, _encode_expr(entry.key))
    flag = encode(5, 1) if entry.optional else b""
    return encode(1, entry.id) + key + encode(4, _encode_expr(entry.value)) + flag


def _encode_comprehension(node: Comprehension) -> bytes:
    second = encode(8, node.iter_var2.encode()) if node.iter_var2 else b""
    parts = (
        encode(1, node.iter_var.encode()),
        encode(2, _encode_expr(node.iter_range)),
        encode(3, node.accu_var.encode()),
        encode(4, _encode_expr(node.accu_init)),
        encode(5, _encode_expr(node.condition)),
        encode(6, _encode_expr(node.step)),
        encode(7, _encode_expr(node.result)),
    )
    return b"".join(parts) + second


def double(identity: int, value: float) -> Const:
    return Const(identity, encode(5, struct.pack("<d", value), FIXED64), value)


def unsigned(identity: int, value: int) -> Const:
    return Const(identity, encode(4, value), value, unsigned=True)
