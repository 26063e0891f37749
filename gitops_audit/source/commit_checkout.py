"""A source at a commit: everything comes from Git's objects, so no change of a work tree can leak in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.errors import SourceError
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.source import history
from gitops_audit.source.arrivals import Arrivals, arrivals
from gitops_audit.source.checkout import Blob
from gitops_audit.source.closing import Closing
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.links import LinkError
from gitops_audit.source.materialise import write_links, write_tree
from gitops_audit.source.objects import ObjectReader
from gitops_audit.source.repository import Repository
from gitops_audit.source.tree import Entry, Tree
from gitops_audit.source.unread import DIRECTORY_LINK, NO_PATH, bad_link, near_path, submodule, too_large


@dataclass(frozen=True, slots=True)
class _Listing:
    """What lies under the path: files by path, and what is not read."""

    files: dict[str, Entry]
    problems: tuple[FileProblem, ...]
    skipped: tuple[tuple[str, str], ...]


class CommitCheckout(Closing):
    """Implements Checkout for a commit."""

    def __init__(self, repository: Repository, revision: str, commit: str, path: str) -> None:
        """Raises SourceError where the commit has no such path."""
        self._repository = repository
        self._objects = ObjectReader(repository.git)
        self._tree = Tree(repository.git, commit, self._objects)
        self.repo, self.revision, self.commit, self.path = repository.display, revision, commit, path
        self.is_shallow = repository.is_shallow
        try:
            self._listing = self._listed(self._start(path))
        except SourceError:
            self.close()
            raise

    @property
    def tree_id(self) -> str:
        try:
            return self._repository.git.line("rev-parse", "--verify", f"{self.commit}^{{tree}}")
        except GitFailedError:
            return ""

    @property
    def problems(self) -> Sequence[FileProblem]:
        return self._listing.problems

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        return self._listing.skipped

    def files(self) -> Sequence[str]:
        return sorted(self._listing.files)

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        files = [(p, e.id) for p, e in sorted(self._listing.files.items()) if wanted is None or wanted(p)]
        contents = self._objects.contents([object_id for _, object_id in files])
        yield from (Blob(path, data) for (path, _), data in zip(files, contents, strict=True))

    def read(self, path: str) -> bytes:
        entry = self._listing.files.get(path) or self._file(path)
        if entry is None:
            raise self._no_path(path)
        return self._objects.content(entry.id)

    def materialise(self, dest: Path) -> None:
        files, links = [], []
        for path, entry in self._tree.entries.items():
            if entry.kind == "blob":
                files.append(entry)
            elif entry.kind == "link" and self._is_inside(path):
                links.append((path, self._objects.content(entry.id)))
        small = self._small(files)
        contents = self._objects.contents([entry.id for entry in small])
        write_tree(dest, zip((entry.path for entry in small), contents, strict=True))
        write_links(dest, links)

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        real = {path: entry for path in paths if (entry := self._listing.files.get(path) or self._file(path))}
        wanted = {entry.path: entry.id for entry in real.values()}
        found = history.last_commits(self._repository.git, self.commit, wanted, self._repository.boundary())
        return {path: found[entry.path] for path, entry in real.items() if entry.path in found}

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        prefix = f"{self.path}/"
        is_inside = self.path and all(e.path.startswith(prefix) for e in self._listing.files.values())
        paths = [self.path] if is_path_alone and is_inside else []
        return arrivals(self._repository.git, self.commit, self._repository.boundary(), paths)

    def close(self) -> None:
        self._objects.close()

    def _start(self, path: str) -> Entry:
        """The directory or file the source begins with, links on the way followed."""
        if not path:
            return Entry("", "tree", self.commit)
        entry = self._tree.along(path).get(path)
        if entry is None or entry.kind == "link":
            entry = self._behind(path)
        if entry is None or entry.kind == "commit":
            raise self._no_path(path)
        return entry

    def _behind(self, path: str) -> Entry | None:
        """What a path means after following links; None where it means nothing."""
        try:
            real = self._tree.real_path(path)
        except LinkError:
            return None
        return self._tree.entries[real] if real else Entry("", "tree", self.commit)

    def _file(self, path: str) -> Entry | None:
        entry = self._behind(path)
        return entry if entry and entry.kind == "blob" else None

    def _is_inside(self, path: str) -> bool:
        return self._behind(path) is not None

    def _listed(self, start: Entry) -> _Listing:
        files: dict[str, Entry] = {}
        problems: list[FileProblem] = []
        skipped: list[tuple[str, str]] = []
        for entry in [start] if start.kind == "blob" else self._tree.below(start):
            if isinstance(entry, FileProblem):
                problems.append(entry)
            elif entry.kind == "commit":
                problems.append(submodule(entry.path))
            elif entry.kind == "link":
                self._follow(entry.path, files, problems, skipped)
            else:
                files[entry.path] = entry
        return self._measured(files, problems, skipped)

    def _follow(
        self, path: str, files: dict[str, Entry], problems: list[FileProblem], skipped: list[tuple[str, str]]
    ) -> None:
        try:
            real = self._tree.real_path(path)
        except LinkError as error:
            problems.append(bad_link(path, str(error)))
            return
        if self._tree.kind(real) == "blob":
            files[path] = self._tree.entries[real]
        else:
            skipped.append((path, DIRECTORY_LINK))

    def _measured(
        self, files: dict[str, Entry], problems: list[FileProblem], skipped: list[tuple[str, str]]
    ) -> _Listing:
        sizes = dict(zip(files, self._objects.sizes([entry.id for entry in files.values()]), strict=True))
        large = {path: size for path, size in sizes.items() if size > MAX_FILE_BYTES}
        problems.extend(too_large(path, size) for path, size in large.items())
        kept = {path: entry for path, entry in files.items() if path not in large}
        return _Listing(kept, tuple(problems), tuple(skipped))

    def _small(self, entries: list[Entry]) -> list[Entry]:
        sizes = self._objects.sizes([entry.id for entry in entries])
        return [entry for entry, size in zip(entries, sizes, strict=True) if size <= MAX_FILE_BYTES]

    def _no_path(self, path: str) -> SourceError:
        message = f"there is no {path!r} in {self.repo} at {self.revision} (commit {self.commit[:12]})"
        if self._tree.kind(path) == "link":
            message = f"{message}: the symbolic link there leads out of the repository, or to nothing"
        return SourceError(message, code=NO_PATH, hint=near_path(path, self._tree.directories()))
