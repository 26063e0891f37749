"""Files that are in no Git repository, for commands that look at a path as it lies there (`render PATH`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from gitops_audit.config.settings import WORKTREE
from gitops_audit.errors import SourceError
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.regular_file import open_regular
from gitops_audit.source.arrivals import Arrivals
from gitops_audit.source.checkout import Blob
from gitops_audit.source.closing import Closing
from gitops_audit.source.materialise import write_tree
from gitops_audit.source.unread import UNREADABLE, bad_link, closed_directory, too_large


class FolderCheckout(Closing):
    """Implements Checkout for a folder, or for one file in it. Links that lead out of the folder are not followed."""

    revision = WORKTREE
    commit = ""
    is_shallow = False
    skipped: Sequence[tuple[str, str]] = ()

    def __init__(self, path: Path) -> None:
        """Raises SourceError where there is no such path."""
        real = path.resolve()
        if not real.exists():
            raise SourceError(f"there is no {path}", code=UNREADABLE, hint="give a file or a folder")
        self._root = real if real.is_dir() else real.parent
        self.repo, self.path = str(self._root), ""
        self._files: list[str] = []
        self._problems: list[FileProblem] = []
        for found in sorted(self._walk()) if real.is_dir() else [real]:
            self._add(found)

    @property
    def problems(self) -> Sequence[FileProblem]:
        return tuple(self._problems)

    def files(self) -> Sequence[str]:
        return tuple(self._files)

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        for path in self._files:
            if wanted is None or wanted(path):
                yield Blob(path, self.read(path))

    def read(self, path: str) -> bytes:
        try:
            with open_regular(self._root / path) as file:
                return file.read(MAX_FILE_BYTES)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}", code=UNREADABLE) from None

    def materialise(self, dest: Path) -> None:
        write_tree(dest, ((blob.path, blob.data) for blob in self.blobs()))

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        return {}

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        return Arrivals()

    def _walk(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self._root, onerror=self._closed):
            folders[:] = [name for name in folders if name != ".git"]
            yield from (Path(folder) / name for name in files)

    def _closed(self, error: OSError) -> None:
        path = os.path.relpath(error.filename, self._root)
        self._problems.append(closed_directory("" if path == "." else path, error.strerror or "it is closed"))

    def _add(self, place: Path) -> None:
        path = place.relative_to(self._root).as_posix()
        if not place.resolve().is_relative_to(self._root):
            self._problems.append(bad_link(path, "leads out of the folder"))
        elif not place.is_file():
            self._problems.append(FileProblem(path, 0, "not read: it is no regular file", UNREADABLE))
        elif place.stat().st_size > MAX_FILE_BYTES:
            self._problems.append(too_large(path, place.stat().st_size))
        else:
            self._files.append(path)
