"""A source without a repository of its own: its chart comes from a chart repository, its values stand in an object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import Commit, FileProblem
from gitops_audit.source.arrivals import Arrivals
from gitops_audit.source.checkout import Blob
from gitops_audit.source.closing import Closing
from gitops_audit.source.unread import NO_PATH


@dataclass(frozen=True, slots=True)
class NoCheckout(Closing):
    """Implements Checkout without a file. `repo` and `revision` are those of the chart."""

    repo: str
    revision: str
    path: str = ""
    commit: str = ""
    is_shallow: bool = False
    problems: Sequence[FileProblem] = ()
    skipped: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, config: SourceConfig) -> NoCheckout:
        """Raises SourceError for a source without a chart: nothing would be left of it."""
        chart = config.helm.chart
        if chart is None:
            raise SourceError(f"the source {config.name!r} has neither a repository nor a chart", code=NO_PATH)
        return cls(f"{without_user_info(chart.repository).rstrip('/')}/{chart.name}", chart.version or "latest")

    def files(self) -> Sequence[str]:
        return ()

    def blobs(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Blob]:
        return iter(())

    def read(self, path: str) -> bytes:
        raise SourceError(f"there is no {path!r}: the source has no repository", code=NO_PATH)

    def materialise(self, dest: Path) -> None:
        """There is nothing to write."""

    def last_commits(self, paths: Collection[str]) -> dict[str, Commit]:
        return {}

    def arrivals(self, *, is_path_alone: bool) -> Arrivals:
        return Arrivals()
