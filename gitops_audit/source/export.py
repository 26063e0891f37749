"""One exported tree for each commit of a run, shared by all sources that a tool renders from it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gitops_audit.errors import SourceError
from gitops_audit.lifetime import temporary_tree
from gitops_audit.source.checkout import Checkout
from gitops_audit.source.closing import Closing
from gitops_audit.source.materialise import NOT_WRITTEN


class Export:
    """The files of one commit. `plain` is only read; what has to be changed for a tool is changed in `changed()`."""

    def __init__(self) -> None:
        self._lifetime = ExitStack()
        folder = self._lifetime.enter_context(temporary_tree())
        self._folder = folder
        self._is_written = self._is_copied = False
        self._lent: list[Path] = []
        self._count = 0
        self._failure: SourceError | None = None
        self.plain = folder / "plain" / "tree"
        self._changed = folder / "changed" / "tree"
        self.lock = threading.RLock()

    def write(self, checkout: Checkout) -> None:
        """Writes the tree, the first time. Raises SourceError, the same one for every source where that failed."""
        with self.lock:
            if self._failure is not None:
                raise self._failure
            if not self._is_written:
                try:
                    self.plain.mkdir(parents=True)
                    checkout.materialise(self.plain)
                except OSError as error:
                    self._failure = _not_copied(error)
                    raise self._failure from None
                except SourceError as error:
                    self._failure = error
                    raise
                self._is_written = True

    def changed(self) -> Path:
        """A second tree of hard links: a file in it may be replaced, but not written to. Raises SourceError."""
        with self.lock:
            if not self._is_copied:
                self._copy(self._changed)
                self._is_copied = True
        return self._changed

    @contextmanager
    def lent(self) -> Iterator[Path]:
        """A tree of hard links for one rendering alone: whoever replaces a file gives it back. Raises SourceError."""
        with self.lock:
            if self._lent:
                tree = self._lent.pop()
            else:
                self._count += 1
                tree = self._folder / f"lent-{self._count}" / "tree"
                self._copy(tree)
        try:
            yield tree
        finally:
            with self.lock:
                self._lent.append(tree)

    def linked(self, target: Path) -> Path:
        """A tree of hard links for one rendering alone, to be changed as `changed` is. Raises SourceError."""
        self._copy(target)
        return target

    def give_back(self, tree: Path, path: str) -> None:
        """Puts a file of a lent tree back to what the commit has; away where it has none. Raises SourceError."""
        try:
            (tree / path).unlink(missing_ok=True)
            if os.path.lexists(self.plain / path):
                hard_linked(str(self.plain / path), str(tree / path))
        except OSError as error:
            raise _not_copied(error) from None

    def _copy(self, tree: Path) -> None:
        try:
            shutil.copytree(self.plain, tree, symlinks=True, copy_function=hard_linked)
        except OSError as error:
            raise _not_copied(error) from None

    def close(self) -> None:
        self._lifetime.close()


class Exports(Closing):
    """The exported trees of one run; gone when it is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exports: dict[tuple[str, str], Export] = {}

    def of(self, checkout: Checkout) -> Export:
        """The tree of a checkout's commit (or of its work tree), written once. Raises SourceError."""
        key = checkout.repo, checkout.commit or checkout.revision
        with self._lock:
            export = self._exports.get(key)
            if export is None:
                export = self._exports[key] = Export()
        export.write(checkout)
        return export

    def close(self) -> None:
        with self._lock:
            for export in self._exports.values():
                export.close()
            self._exports.clear()


def hard_linked(source: str, target: str) -> None:
    """A hard link; a copy where the file system has none."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _not_copied(error: OSError | shutil.Error) -> SourceError:
    reason = getattr(error, "strerror", None) or "not every file could be linked"
    hint = "see that there is room in the temporary folder"
    return SourceError(f"the files of the source cannot be copied: {reason}", code=NOT_WRITTEN, hint=hint)
