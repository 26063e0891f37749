"""One change that is to be taken over into Git, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.finding import Change, Finding
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.remediate.togit.node import Uneditable


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one commit (`folder` is its export, which is only read), with changes laid over them."""

    folder: Path
    changes: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def read(self, path: str) -> bytes:
        """Raises Uneditable where there is no such file, or only a link to it."""
        if path in self.changes:
            return self.changes[path]
        place = self.folder / path
        if place.resolve() != self.folder.resolve() / path:
            raise Uneditable(f"{path} is a symbolic link, or behind one")
        try:
            return place.read_bytes()
        except OSError:
            raise Uneditable(f"{path} cannot be read") from None

    def has(self, path: str) -> bool:
        return path in self.changes or (self.folder / path).is_file()

    def with_changes(self, changes: Mapping[str, bytes]) -> Files:
        return Files(self.folder, {**self.changes, **changes})


Edit = Callable[[Files], Mapping[str, bytes]]
"""New contents of files. Raises Uneditable and LookupError where it cannot be done so."""


@dataclass(slots=True)
class Task:
    """A drift finding of one resource. `edits` are the ways to take it over, the best one first.

    `reason` is why the last one failed; `edit` the one that is tried, and `written` the files as it
    found (None: not there) and left them.
    """

    declared: Declared
    finding: Finding
    change: Change = field(repr=False)
    live: JsonObject = field(repr=False)
    schema: TypeSchema | None = field(repr=False)
    config: SourceConfig = field(repr=False)
    edits: Iterator[Edit] = field(default_factory=lambda: iter(()), repr=False)
    edit: Edit | None = field(default=None, repr=False)
    written: Mapping[str, tuple[bytes | None, bytes]] = field(default_factory=dict, repr=False)
    reason: str = ""

    def advance(self) -> bool:
        """Goes on to the next way; false where there is none."""
        self.edit = next(self.edits, None)
        return self.edit is not None
