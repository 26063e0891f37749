"""What checkouts have in common: each is closed at the end of a `with` block, and most have no tree of Git."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """Leaving the block closes it."""

    __slots__ = ()

    @property
    def tree_id(self) -> str:
        """Of whatever may change: none."""
        return ""

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
