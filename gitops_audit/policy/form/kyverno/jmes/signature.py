"""Declares the argument types of a JMESPath function, in the form jmespath's registry looks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

STRING = ("string",)
NUMBER = ("number",)
ARRAY = ("array",)
OBJECT = ("object",)
TEXT = ("string", "number")
COLLECTION = ("object", "array")
TEXT_OR_ARRAY = ("string", "array")
REFERENCE = ("expref",)
ANY = ()


def takes(*arguments: tuple[str, ...]) -> Callable[[Function], Function]:
    """One tuple of type names per argument; the empty one stands for any type."""

    def declare(function: Function) -> Function:
        vars(function)["signature"] = [{"types": list(types)} for types in arguments]
        return function

    return declare
