"""What can go wrong in an expression."""

from __future__ import annotations

MAX_CHARS = 2_000_000
MAX_ITEMS = 200_000


class JmesError(ValueError):
    """An expression that cannot be parsed or evaluated."""


class NotFound(JmesError):
    """A key that the object does not have. Kyverno treats it apart: `||`, projections and filters take it as null."""


class Unsupported(JmesError):
    """A function that is not evaluated here (it needs the network, randomness or a certificate parser)."""


class TooMuch(JmesError):
    """A text or list beyond what an expression may build."""

    def __init__(self) -> None:
        most = f"{MAX_CHARS} characters or {MAX_ITEMS} elements (limit: JMESPath result)"
        super().__init__(f"the expression builds more than {most}")
