"""How much one rule may work on one object, so that a hostile one ends in an error in bounded time."""

from __future__ import annotations

MAX_STEPS = 1_000_000
ELEMENT_STEPS = 20


class Exhausted(Exception):
    """The budget is spent. No ValueError: what cannot be evaluated may be left out, this may not."""

    def __init__(self) -> None:
        super().__init__(f"it takes more than {MAX_STEPS} steps (limit: rule steps)")


class Budget:
    """Steps that are left: about one per part of an expression and value it looks at."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Raises Exhausted."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted
