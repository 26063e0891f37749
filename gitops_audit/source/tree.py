"""The tree of one commit: what is under a path, and what its links lead to. Nothing of a work tree is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from gitops_audit.errors import SourceError
from gitops_audit.model.resource import FileProblem
from gitops_audit.source.command import GitCommand, GitFailedError
from gitops_audit.source.links import resolve
from gitops_audit.source.objects import CORRUPT, FSCK, ObjectReader
from gitops_audit.source.unread import name_fault

_KINDS = {"120000": "link", "160000": "commit", "040000": "tree"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a tree. `kind` is `blob`, `link`, `tree` or `commit` (a submodule)."""

    path: str
    kind: str
    id: str


class Tree:
    """The tree of a commit. Its parts are listed when they are needed, each once."""

    def __init__(self, git: GitCommand, commit: str, objects: ObjectReader) -> None:
        self._git = git
        self._objects = objects
        self.commit = commit

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Everything in the commit, directories included, by path; what has an impossible name is left out."""
        listed = self._listed("-r", "-t", self.commit)
        return {e.path: e for e in listed if isinstance(e, Entry)}

    def along(self, path: str) -> Mapping[str, Entry]:
        """The directories on the way to a path, and what is there."""
        steps = path.split("/")
        ways = ["/".join(steps[:count]) for count in range(1, len(steps) + 1)]
        return {e.path: e for e in self._listed(self.commit, "--", *ways) if isinstance(e, Entry)}

    def below(self, directory: Entry) -> Iterator[Entry | FileProblem]:
        """All files, links and submodules below a directory, in Git's order; a problem for an impossible name."""
        prefix = f"{directory.path}/" if directory.path else ""
        return self._listed("-r", directory.id, prefix=prefix)

    def real_path(self, path: str) -> str:
        """The path behind links, empty for the root. Raises LinkError."""
        return resolve(path, self.kind, self._target)

    def kind(self, path: str) -> str:
        entry = self.entries.get(path)
        return entry.kind if entry else ""

    def directories(self) -> list[str]:
        return [path for path, entry in self.entries.items() if entry.kind == "tree"]

    def _target(self, path: str) -> str:
        return self._objects.content(self.entries[path].id).decode("utf-8", "surrogateescape")

    def _listed(self, *arguments: str, prefix: str = "") -> Iterator[Entry | FileProblem]:
        """`ls-tree -z`: `<mode> <type> <id>TAB<name>NUL`, the name as it is in the tree object."""
        for line in self._output(*arguments).split(b"\0")[:-1]:
            meta, _, name = line.partition(b"\t")
            mode, _, object_id = meta.decode().split(" ")
            raw = prefix.encode() + name
            yield name_fault(raw) or Entry(raw.decode(), _KINDS.get(mode, "blob"), object_id)

    def _output(self, *arguments: str) -> bytes:
        try:
            return self._git.output("ls-tree", "-z", "--full-tree", *arguments)
        except GitFailedError as error:
            message = f"the tree of commit {self.commit[:12]} cannot be read: {error.reason}"
            raise SourceError(message, code=CORRUPT, hint=FSCK) from None
