"""A policy document with the lines of its fields, so that every complaint can name one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.config.suggest import did_you_mean
from gitops_audit.errors import Location, PolicyError
from gitops_audit.model.path import unescaped
from gitops_audit.model.resource import JsonObject, group_of


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a policy file. `lines` maps RFC 6901 pointers to lines; it may hold only some of them.

    `read` gives the bytes of a file named in the document, relative to the document's own; None where nothing may be
    read. It raises PolicyError.
    """

    body: JsonObject
    path: str
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)
    read: Callable[[str], bytes] | None = None

    @property
    def kind(self) -> str:
        return str(self.body.get("kind", ""))

    @property
    def group(self) -> str:
        return group_of(self.body)

    @property
    def name(self) -> str:
        metadata = self.body.get("metadata")
        return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""

    @property
    def annotations(self) -> Mapping[str, str]:
        metadata = self.body.get("metadata")
        found = metadata.get("annotations") if isinstance(metadata, dict) else None
        return found if isinstance(found, dict) else {}

    def at(self, pointer: str) -> Location:
        """Where a field stands; where its line is not known, that of the nearest field around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return Location(self.path, self.lines.get(pointer, self.line))

    def fault(self, pointer: str, message: str, *, code: str = "GA401", hint: str = "") -> PolicyError:
        """An error about one field, named after the document."""
        return PolicyError(f"{self.kind} {self.name!r}: {message}", code=code, where=self.at(pointer), hint=hint)

    def mapping(self, pointer: str) -> JsonObject:
        """The object at a pointer, empty where there is none. Raises PolicyError for any other value."""
        value = self.value(pointer)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault(pointer, f"{_shown(pointer)} must be an object, not {_kind_of(value)}")
        return value

    def sequence(self, pointer: str) -> list[Any]:
        """The list at a pointer, empty where there is none. Raises PolicyError for all else, and for nulls in it."""
        value = self.value(pointer)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fault(pointer, f"{_shown(pointer)} must be a list, not {_kind_of(value)}")
        if None in value:
            empty = f"{pointer}/{value.index(None)}"
            raise self.fault(empty, f"{_shown(empty)} is null: fill it or remove it")
        return value

    def text(self, pointer: str, default: str = "") -> str:
        """The string at a pointer. Raises PolicyError for any other value."""
        value = self.value(pointer)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.fault(pointer, f"{_shown(pointer)} must be a string, not {_kind_of(value)}")
        return value

    def choice(self, pointer: str, allowed: Iterable[str], default: str) -> str:
        """One of the allowed words. Raises PolicyError, with a suggestion, for another."""
        value = self.text(pointer, default)
        words = tuple(allowed)
        if value not in words:
            hint = f"{suggestion(value, words)}use one of {', '.join(words)}"
            raise self.fault(pointer, f"{_shown(pointer)} is {value!r}", hint=hint)
        return value

    def value(self, pointer: str) -> Any:
        """The value at a pointer, None where there is none."""
        found: Any = self.body
        for step in pointer.split("/")[1:]:
            step = unescaped(step)
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            else:
                return None
        return found

    def only(self, pointer: str, known: Iterable[str]) -> None:
        """Raises PolicyError for a key of the object at `pointer` that is not known: nothing is silently ignored."""
        words = tuple(known)
        for key in self.mapping(pointer):
            if key not in words:
                hint = f"{suggestion(key, words)}known here: {', '.join(words)}"
                raise self.fault(f"{pointer}/{key}", f"{_shown(f'{pointer}/{key}')} is not known", hint=hint)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'? ` to put before a hint, empty where nothing is close."""
    found = did_you_mean(word, known)
    return f"{found} " if found else ""


def _shown(pointer: str) -> str:
    shown = ""
    for step in pointer.split("/")[1:]:
        shown += f"[{step}]" if step.isdigit() else f".{step}"
    return shown.lstrip(".") or "the document"


def _kind_of(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)
