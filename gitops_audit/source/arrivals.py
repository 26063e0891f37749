"""When commits came to the audited branch: its first parents, each with the time since when the branch has it.

A branch of changes comes as a whole with the merge, whatever the dates of its commits. Nothing comes before its first
parent did, whatever clocks said. (A fast-forward keeps the dates of commits: nothing in Git tells when it was.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from gitops_audit.source.command import GitCommand, GitFailedError

# Deployments are days old, seldom months: nobody waits for the whole history of a large repository.
_MOST_COMMITS = 5000


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The first parents of a commit, the latest first, with the time of arrival (seconds since 1970).

    `touching` are those that changed the source; None: any may have. `is_whole`: the last one begins the history.
    """

    commits: tuple[tuple[str, int], ...] = ()
    touching: frozenset[str] | None = None
    is_whole: bool = False

    def versions(self, since: int, until: int) -> tuple[str, ...] | None:
        """The commits whose state stood in the branch at some time of a span, the latest first; None: not known."""
        first = bisect_left(self.commits, -until, key=_reversed)
        before = bisect_left(self.commits, -since, key=_reversed)
        late = [sha for sha, _ in self.commits[first:before] if self._is_other(sha)]
        if before == len(self.commits):
            return tuple(late) if self.is_whole else None
        return (*late, self._same_state(before))

    def _is_other(self, sha: str) -> bool:
        return self.touching is None or sha in self.touching

    def _same_state(self, index: int) -> str:
        """The commit that brought what stood there, or the latest where nothing changed since: one name for equal
        states."""
        if self.touching is not None and self.touching.isdisjoint(sha for sha, _ in self.commits[:index]):
            return self.commits[0][0]
        older = (sha for sha, _ in self.commits[index:] if self._is_other(sha))
        return next(older, self.commits[index][0])


def _reversed(commit: tuple[str, int]) -> int:
    return -commit[1]


def arrivals(git: GitCommand, commit: str, boundary: frozenset[str], paths: Sequence[str]) -> Arrivals:
    """The first parents of a commit; `paths` are what the source is made of, empty where that is not known.

    `boundary` are the commits at which a shallow clone ends. Nothing is raised: what cannot be read is not known.
    """
    try:
        lines = git.line(*_log("%H %ct"), commit, "--").splitlines()
        touching = git.line(*_log("%H"), commit, "--", *paths).split() if paths else None
    except GitFailedError:
        return Arrivals()
    found = [(sha, int(at)) for sha, _, at in (line.partition(" ") for line in lines)]
    times = accumulate((at for _, at in reversed(found)), max)
    commits = tuple((sha, at) for (sha, _), at in zip(reversed(found), times, strict=True))[::-1]
    is_whole = len(found) < _MOST_COMMITS and not boundary.intersection(sha for sha, _ in found)
    return Arrivals(commits, None if touching is None else frozenset(touching), is_whole)


def _log(form: str) -> tuple[str, ...]:
    return ("log", "--first-parent", f"--max-count={_MOST_COMMITS}", "--no-color", "--no-decorate", f"--format={form}")
