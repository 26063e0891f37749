"""A source that is only a dictionary: the renderers see no difference to Git."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gitops_audit.errors import SourceError
from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.source import Blob
from gitops_audit.source.arrivals import Arrivals


@dataclass(frozen=True)
class DictCheckout:
    """`contents` is the whole repository: path to text or bytes."""

    contents: dict[str, str | bytes]
    path: str = ""
    problems: Sequence[FileProblem] = ()
    skipped: Sequence[tuple[str, str]] = ()
    repo: str = "repo"
    revision: str = "HEAD"
    commit: str = "0" * 40
    tree_id: str = ""
    is_shallow: bool = False

    def files(self) -> Sequence[str]:
        prefix = f"{self.path}/" if self.path else ""
        return sorted(path for path in self.contents if path.startswith(prefix))

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        return (Blob(path, self.read(path)) for path in self.files() if wanted is None or wanted(path))

    def read(self, path: str) -> bytes:
        if path not in self.contents:
            raise SourceError(f"there is no {path}")
        content = self.contents[path]
        return content if isinstance(content, bytes) else content.encode()

    def materialise(self, dest: Path) -> None:
        for path in self.contents:
            (dest / path).parent.mkdir(parents=True, exist_ok=True)
            (dest / path).write_bytes(self.read(path))

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        return {}

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        return Arrivals()

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
