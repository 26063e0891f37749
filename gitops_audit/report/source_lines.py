"""What was read of the sources, and what in them is no Kubernetes object, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.result import SourceInfo


def source_lines(sources: Sequence[SourceInfo], *, is_verbose: bool) -> Iterator[str]:
    """What was read of the sources, each repository once where none has anything else to tell."""
    quiet: dict[tuple[str, str, str], list[SourceInfo]] = {}
    for source in sources:
        if source.repo and not is_verbose:
            quiet.setdefault((source.repo, source.revision, source.commit), []).append(source)
        else:
            yield printable(_source_line(source))
            yield from ignored_lines(source, is_verbose=is_verbose)
    for found in quiet.values():
        several = f"{len(found)} sources of {_state(found[0])}, -v names them"
        yield printable(_source_line(found[0]) if len(found) == 1 else several)
        for source in found:
            yield from ignored_lines(source, is_verbose=is_verbose, is_named=len(found) > 1)


def ignored_lines(source: SourceInfo, *, is_verbose: bool, is_named: bool = False) -> Iterator[str]:
    """What in a source is no Kubernetes object."""
    if source.ignored:
        files, hold = how_many(len(source.ignored), "file"), "holds" if len(source.ignored) == 1 else "hold"
        of = f" of source {source.name}" if is_named else ""
        end = ":" if is_verbose else " (-v names them)"
        yield printable(f"  {files} {hold} no Kubernetes objects{of}{end}")
    yield from (printable(f"    {path}: {reason}") for path, reason in source.ignored if is_verbose)


def _source_line(source: SourceInfo) -> str:
    origin = f", from {source.followed_from}" if source.followed_from else ""
    if not source.repo:
        return f"source {source.name}: not read{origin}"
    if not source.commit and source.repo.startswith("cluster "):
        return f"source {source.name}: {source.repo}"
    return f"source {source.name}: {_state(source)}, path {source.path or '.'}{origin}"


def _state(source: SourceInfo) -> str:
    """The repository and its state. A person who stands in a repository knows where it is."""
    is_here = Path(source.repo).is_absolute() and Path.cwd().is_relative_to(source.repo)
    commit = source.commit[:10] or "work tree"
    return f"{'this repository' if is_here else source.repo} at {source.revision} ({commit})"
