"""What is no field of an engine's object, which the API server drops, or has not its type, which it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Shape = Any
"""`str`, `bool` or `int`; several of them; `[shape]`: a list; `{name: shape}`: these fields; `{"*": shape}`: any names;
None: anything."""

_WORDS = {str: "text", bool: "true or false", int: "a whole number", list: "a list", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """`path` is `spec.source.helm.valueFiles`; `wanted` says what must stand there, empty where it is no field."""

    path: str
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.path} must be {self.wanted}" if self.wanted else self.path


def faults(value: Any, shape: Shape, path: str = "spec", *, variable: str = "") -> Iterator[FieldFault]:
    """What an object does not have of its type. What is null is not there; a text that holds a `variable` may become
    anything."""
    if value is None or shape is None or (variable and isinstance(value, str) and variable in value):
        return
    kinds = _kinds(shape)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield FieldFault(path, " or ".join(_WORDS[kind] for kind in kinds))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, shape[0], f"{path}[{number}]", variable=variable)
    elif isinstance(value, dict):
        yield from _of_fields(value, shape, path, variable)


def _of_fields(value: dict[str, Any], shape: dict[str, Shape], path: str, variable: str) -> Iterator[FieldFault]:
    for name, child in value.items():
        below = f"{path}.{name}"
        if name in shape or "*" in shape:
            yield from faults(child, shape.get(name, shape.get("*")), below, variable=variable)
        else:
            yield FieldFault(below)


def _kinds(shape: Shape) -> tuple[type, ...]:
    if isinstance(shape, tuple):
        return shape
    return (shape,) if isinstance(shape, type) else (type(shape),)
