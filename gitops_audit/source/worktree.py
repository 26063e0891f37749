"""A source as it is checked out: what is on disk now, with changes and new files, but not what Git ignores."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from gitops_audit.config.settings import WORKTREE
from gitops_audit.errors import SourceError
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.regular_file import open_regular
from gitops_audit.source import history
from gitops_audit.source.arrivals import Arrivals, arrivals
from gitops_audit.source.checkout import Blob
from gitops_audit.source.closing import Closing
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.materialise import write_tree
from gitops_audit.source.objects import ObjectReader
from gitops_audit.source.repository import Repository
from gitops_audit.source.revision import has, pinned
from gitops_audit.source.tree import Tree
from gitops_audit.source.unread import (
    DIRECTORY_LINK,
    NO_PATH,
    UNREADABLE,
    bad_link,
    closed_directories,
    name_fault,
    near_path,
    not_checked_out,
    submodule,
    too_large,
)


class WorktreeCheckout(Closing):
    """Implements Checkout for the checked-out files."""

    revision = WORKTREE
    commit = ""

    def __init__(self, repository: Repository, root: Path, path: str) -> None:
        """Raises SourceError where there is no such path."""
        self._repository = repository
        self._root = os.path.realpath(root)
        self.repo, self.path, self.is_shallow = repository.display, path, repository.is_shallow
        self._files: list[str] = []
        self._problems: list[FileProblem] = []
        self._skipped: list[tuple[str, str]] = []
        self._list(self._start(path))

    @property
    def problems(self) -> Sequence[FileProblem]:
        return tuple(self._problems)

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        return tuple(self._skipped)

    def files(self) -> Sequence[str]:
        return tuple(self._files)

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        for path in self._files:
            if wanted is None or wanted(path):
                yield Blob(path, self.read(path))

    def read(self, path: str) -> bytes:
        real = self._real(path)
        if real is None:
            raise self._no_path(path)
        try:
            with open_regular(Path(real), follow_links=False) as file:
                return file.read(MAX_FILE_BYTES)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}", code=UNREADABLE) from None

    def materialise(self, dest: Path) -> None:
        whole = WorktreeCheckout(self._repository, Path(self._root), "")
        write_tree(dest, ((blob.path, blob.data) for blob in whole.blobs()))

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        if not has(self._repository, "HEAD"):
            return {}
        head = pinned(self._repository, "HEAD")
        committed = Tree(self._repository.git, head, ObjectReader(self._repository.git)).entries
        wanted = {p: committed[p].id for p in paths if p in committed and self._is_committed(p, committed[p].id)}
        return history.last_commits(self._repository.git, head, wanted, self._repository.boundary())

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        """Of what is committed; links on disk may lead anywhere, so that each commit may have changed the source."""
        if not has(self._repository, "HEAD"):
            return Arrivals()
        head = pinned(self._repository, "HEAD")
        return arrivals(self._repository.git, head, self._repository.boundary(), [])

    def _is_committed(self, path: str, object_id: str) -> bool:
        """Whether the file is what the commit has, line ends apart, as `core.autocrlf` changes them."""
        if self._real(path) is None:
            return False
        data = self.read(path)
        return object_id in (blob_id(data, object_id), blob_id(data.replace(b"\r\n", b"\n"), object_id))

    def _start(self, path: str) -> str:
        """The path below the root with its links followed."""
        if not path:
            return ""
        real = os.path.realpath(os.path.join(self._root, path))
        if not self._is_inside(real) or not os.path.exists(real):
            raise self._no_path(path)
        return "" if real == self._root else os.path.relpath(real, self._root)

    def _list(self, start: str) -> None:
        pathspec = ["--", start] if start else []
        names, told = self._names(pathspec)
        self._problems.extend(closed_directories(told))
        for raw, is_sparse in sorted(names.items()):
            problem = name_fault(raw.removesuffix(b"/"))
            if problem:
                self._problems.append(problem)
            elif raw.endswith(b"/"):
                self._problems.append(submodule(raw.decode().removesuffix("/")))
            else:
                self._add(raw.decode(), is_sparse=is_sparse)

    def _names(self, pathspec: list[str]) -> tuple[dict[bytes, bool], str]:
        """Tracked files, submodules with a slash at the end, and new files that are not ignored, each with whether a
        sparse checkout leaves it out; and what git said beside it."""
        try:
            staged = self._repository.git.output("ls-files", "-z", "--stage", "-t", *pathspec)
            others, told = self._repository.git.told("ls-files", "-z", "--others", "--exclude-standard", *pathspec)
        except GitFailedError as error:
            raise SourceError(f"the files of {self.repo} cannot be listed: {error.reason}", code=UNREADABLE) from None
        names = dict.fromkeys(others.split(b"\0")[:-1], False)
        for line in staged.split(b"\0")[:-1]:
            meta, _, name = line.partition(b"\t")
            tag, mode, *_ = meta.split(b" ")
            names[name + b"/" if mode == b"160000" else name] = tag == b"S"
        return names, told

    def _add(self, path: str, *, is_sparse: bool) -> None:
        place = os.path.join(self._root, path)
        try:
            os.lstat(place)
            real = os.path.realpath(place)
            status = os.stat(real)
        except OSError as error:
            self._problems.append(_unreadable(path, place, error, is_sparse=is_sparse))
            return
        self._sort_in(path, place, real, status)

    def _sort_in(self, path: str, place: str, real: str, status: os.stat_result) -> None:
        if not self._is_inside(real):
            self._problems.append(bad_link(path, "leads out of the repository"))
        elif stat.S_ISDIR(status.st_mode) and os.path.islink(place):
            self._skipped.append((path, DIRECTORY_LINK))
        elif not stat.S_ISREG(status.st_mode):
            self._problems.append(FileProblem(path, 0, "not read: it is no regular file", UNREADABLE))
        elif status.st_size > MAX_FILE_BYTES:
            self._problems.append(too_large(path, status.st_size))
        else:
            self._files.append(path)

    def _real(self, path: str) -> str | None:
        """The file behind a path, None where there is none or it is outside."""
        real = os.path.realpath(os.path.join(self._root, path))
        return real if self._is_inside(real) and os.path.isfile(real) else None

    def _is_inside(self, real: str) -> bool:
        if real != self._root and not real.startswith(self._root.rstrip("/") + "/"):
            return False
        return ".git" not in os.path.relpath(real, self._root).lower().split("/")

    def _no_path(self, path: str) -> SourceError:
        names, _ = self._names([])
        files = (raw.decode("utf-8", "replace") for raw in names)
        directories = {parent.as_posix() for file in files for parent in PurePosixPath(file).parents} - {"."}
        message = f"there is no {path!r} in the work tree {self.repo}"
        if os.path.islink(os.path.join(self._root, path)):
            message = f"{message}: the symbolic link there leads out of the repository, or to nothing"
        return SourceError(message, code=NO_PATH, hint=near_path(path, directories))


def _unreadable(path: str, place: str, error: OSError, *, is_sparse: bool) -> FileProblem:
    if os.path.islink(place):
        return bad_link(path, "leads to nothing")
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return not_checked_out(path, is_sparse=is_sparse)
    return FileProblem(path, 0, f"not read: {error.strerror}", UNREADABLE)


def blob_id(data: bytes, like: str) -> str:
    """The id Git gives a blob, by the hash function of another id."""
    algorithm = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return algorithm(b"blob %d\0" % len(data) + data).hexdigest()
