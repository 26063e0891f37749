"""What can go wrong in an expression."""

from __future__ import annotations


class JmesError(ValueError):
    """An expression that cannot be parsed or evaluated."""


class NotFound(JmesError):
    """A key that the object does not have. Kyverno treats it apart: `||`, projections and filters take it as null."""

    def __init__(self, key: str) -> None:
        super().__init__(f'unknown key "{key}" in path')
        self.key = key


class Unsupported(JmesError):
    """A function that is not evaluated here (it needs the network, randomness or a certificate parser)."""
