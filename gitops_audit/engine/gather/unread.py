"""What could not be read of the sources of a cluster, as subjects of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gitops_audit.deployer.expansion import Unfollowed
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.errors import AuditError, SourceError
from gitops_audit.model.resource import FileProblem
from gitops_audit.model.subject import Unread

NOT_FOLLOWED = "GA287"


def unread(cluster: str, sources: Sequence[ReadSource], *, fails_on_unfollowed: bool) -> Iterator[Unread]:
    """A subject for each source, file and (`fails_on_unfollowed`) unfollowed object."""
    for source in sources:
        if source.error is not None:
            yield Unread.of_source(cluster, source.config.name, source.error)
        problems: Mapping[str, tuple[FileProblem, ...]] = _by_path(source.rendered.problems)
        for path, found in problems.items():
            yield Unread.of_file(cluster, source.config.name, path, found)
        for one in source.unfollowed if fails_on_unfollowed else ():
            yield Unread.of_unfollowed(cluster, source.config.name, f"{one.kind}.{one.name}", _unfollowed(one))


def may_be_of(source: str, unfollowed: Sequence[Unfollowed]) -> bool:
    """Whether a source that an earlier commit had may be what one of these objects deploys, which is not followed."""
    names = (part for one in unfollowed for part in (one.name.replace("/", "."), one.name.rpartition("/")[2]))
    return any(f".{name}." in f"{source}." for name in names)


def _unfollowed(one: Unfollowed) -> AuditError:
    return SourceError(f"the {one.kind} {one.name} at {one.where} is not rendered: {one.reason}", code=NOT_FOLLOWED)


def _by_path(problems: Sequence[FileProblem]) -> dict[str, tuple[FileProblem, ...]]:
    grouped: dict[str, tuple[FileProblem, ...]] = {}
    for problem in problems:
        grouped[problem.path] = (*grouped.get(problem.path, ()), problem)
    return grouped
