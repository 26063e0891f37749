"""A checkout with other contents of some files: what a source would be after a patch."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from gitops_audit.errors import SourceError
from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.source.arrivals import Arrivals
from gitops_audit.source.checkout import Blob, Checkout
from gitops_audit.source.closing import Closing
from gitops_audit.source.export import hard_linked
from gitops_audit.source.materialise import NOT_WRITTEN


class PatchedCheckout(Closing):
    """Implements Checkout over another one, which stays open. `tree` is its export, which is only read."""

    def __init__(self, base: Checkout, tree: Path, changes: Mapping[str, bytes]) -> None:
        self._base, self._tree, self._changes = base, tree, changes
        self.repo, self.revision, self.commit, self.path = base.repo, base.revision, base.commit, base.path
        self.is_shallow = base.is_shallow

    @property
    def problems(self) -> Sequence[FileProblem]:
        return self._base.problems

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        return self._base.skipped

    def files(self) -> Sequence[str]:
        prefix = f"{self.path}/" if self.path else ""
        return sorted({*self._base.files(), *(path for path in self._changes if path.startswith(prefix))})

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        own = {path for path in self.files() if path in self._changes and (wanted is None or wanted(path))}
        others = self._base.blobs(lambda path: path not in own and (wanted is None or wanted(path)))
        yield from sorted([*others, *(Blob(p, self._changes[p]) for p in own)], key=lambda blob: blob.path)

    def read(self, path: str) -> bytes:
        return self._changes[path] if path in self._changes else self._base.read(path)

    def materialise(self, dest: Path) -> None:
        try:
            shutil.copytree(self._tree, dest, symlinks=True, copy_function=hard_linked, dirs_exist_ok=True)
            for path, data in self._changes.items():
                place = dest / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.unlink(missing_ok=True)
                place.write_bytes(data)
        except OSError as error:
            reason = getattr(error, "strerror", None) or "not every file could be linked"
            raise SourceError(f"the files of the patch cannot be written: {reason}", code=NOT_WRITTEN) from None

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        return self._base.last_commits(paths)

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        return self._base.arrivals(is_path_alone=is_path_alone)

    def close(self) -> None:
        """The other checkout is closed by whoever opened it."""
