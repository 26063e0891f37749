"""What the later stages see of a source: files, their content, and who changed them last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.source.arrivals import Arrivals


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of one file; `path` is relative to the repository's root, with slashes."""

    path: str
    data: bytes = field(repr=False)


class Checkout(Protocol):
    """One source, opened at one revision.

    `repo` is for display and holds no user information; `commit` is empty for a work tree, `path` for the root.
    """

    @property
    def repo(self) -> str: ...

    @property
    def revision(self) -> str: ...

    @property
    def commit(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def tree_id(self) -> str:
        """The name that Git has for the content of the whole repository; empty where it may be another one."""
        ...

    @property
    def is_shallow(self) -> bool:
        """Whether history is cut off: the last commits of old files are not known then."""
        ...

    @property
    def problems(self) -> Sequence[FileProblem]:
        """What lies under `path` and is not read: links that lead out, submodules, too large or badly named files."""
        ...

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        """What kubectl and Argo CD do not read either (links to directories), with the reason."""
        ...

    def files(self) -> Sequence[str]:
        """The paths that `blobs` gives, sorted."""
        ...

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        """The files under `path`, or those of them whose path is wanted. Raises SourceError."""
        ...

    def read(self, path: str) -> bytes:
        """One file, given by its path in the repository. Raises SourceError."""
        ...

    def materialise(self, dest: Path) -> None:
        """Writes the whole repository, not only `path`, into an empty directory, for kustomize and helm.

        Links that lead out of the tree and files above MAX_FILE_BYTES are left out. Raises SourceError.
        """
        ...

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        """The commits that gave the files their present content; a file without one known is absent."""
        ...

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        """When each state came to the audited branch. `is_path_alone`: the source is made of what is under `path`."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
