"""Reads a kustomization as Go does: encoding/json takes a field whose name differs only in case for the field itself.

Written twice in two cases, the later one wins, or the two are mixed; nobody means that, so it is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops_audit.model.path import escaped


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a document with its pointer, as it is written there."""

    pointer: str
    value: Any

    def get(self, name: str) -> Iterator[Value]:
        """The field of that name, in whatever case it is written; more than one where it is written twice."""
        fields = self.value.items() if isinstance(self.value, dict) else ()
        for key, value in fields:
            if key == name or key.casefold() == name.casefold():
                yield Value(f"{self.pointer}/{escaped(key)}", value)

    def texts(self, name: str) -> Iterator[Value]:
        """A field that is a text."""
        return (found for found in self.get(name) if isinstance(found.value, str))

    def items(self, name: str) -> Iterator[Value]:
        """The elements of a field that is a list."""
        for found in self.get(name):
            for index, value in enumerate(found.value if isinstance(found.value, list) else ()):
                yield Value(f"{found.pointer}/{index}", value)

    def item_texts(self, name: str) -> Iterator[Value]:
        """The elements of a list that are texts."""
        return (found for found in self.items(name) if isinstance(found.value, str))

    def has(self, name: str) -> bool:
        return any(found.value for found in self.get(name))

    def twice(self) -> Iterator[tuple[str, str]]:
        """(pointer, words) of every field of this mapping that is written in two cases."""
        first: dict[str, str] = {}
        for key in self.value if isinstance(self.value, dict) else ():
            other = first.setdefault(key.casefold(), key)
            if other != key:
                yield f"{self.pointer}/{escaped(key)}", f"this field is written twice: {other!r} and {key!r}"
