"""What the server knows of the fields of a kind: one form for built-in and custom kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JsonObject = dict[str, Any]
Shape = Literal["struct", "map", "list", "scalar", "any"]


class _Missing:
    """No default: None is one that a CRD may declare."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """A node of a kind's schema.

    struct: `fields`, and `element` for the keys it does not name (None: such keys are unknown).
    map, list: `element`. scalar: `scalar` is one of string, bytes, time, microtime, bool, int32, int64, integer,
    number, quantity, intstr. any: free JSON, granular where it is an object, atomic where it is a list.
    """

    shape: Shape
    scalar: str = ""
    fields: Mapping[str, Field] = field(default_factory=dict)
    element: Type | None = None
    is_atomic: bool = False
    list_type: Literal["atomic", "set", "map"] = "atomic"
    keys: tuple[str, ...] = ()
    name: str = ""
    rules: JsonObject = field(default_factory=dict)

    def child(self, key: str) -> Type | None:
        """The type of one key of an object of this type, None where the key is unknown."""
        known = self.fields.get(key)
        if known is not None:
            return known.type
        return ANY if self.shape == "any" else self.element

    @property
    def is_leaf(self) -> bool:
        """Owned as a whole: nothing below it has an owner of its own."""
        return self.shape == "scalar" or self.is_atomic or (self.shape == "list" and self.list_type == "atomic")


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A named field of a struct.

    `is_kept`: an empty value stays as it was sent (a pointer in the server's Go types); `is_emitted`: it is always
    written, as its zero value if need be. `merge_key` and `strategy` are those of strategic merge patches.
    """

    type: Type
    default: Any = MISSING
    is_required: bool = False
    is_kept: bool = False
    is_emitted: bool = False
    merge_key: str = ""
    strategy: tuple[str, ...] = ()


ANY = Type("any")


def zero(schema: Type | None) -> Any:
    """What an empty object of a type looks like on the wire: fields that are always written, others left out."""
    if schema is None or schema.shape != "struct":
        return _ZEROES.get(schema.scalar) if schema is not None else None
    return {name: _zero_field(known) for name, known in schema.fields.items() if known.is_emitted}


def _zero_field(known: Field) -> Any:
    return None if known.is_kept else zero(known.type)


_ZEROES: Mapping[str, Any] = {
    "string": "",
    "bool": False,
    "int32": 0,
    "int64": 0,
    "intstr": 0,
    "quantity": "0",
}
