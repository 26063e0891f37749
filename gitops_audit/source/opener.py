"""Opens the sources of a run. A remote repository is fetched once, so that all its sources see the same state."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from gitops_audit.config.repository import is_url
from gitops_audit.config.rules import resolved_path
from gitops_audit.config.settings import NO_REPOSITORY, WORKTREE, SourceConfig
from gitops_audit.config.source_rules import revision_fault
from gitops_audit.errors import SourceError
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import Commit
from gitops_audit.source.cache import default_cache_dir, is_fetched_by_name, open_remote
from gitops_audit.source.checkout import Checkout
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.commit_checkout import CommitCheckout
from gitops_audit.source.history import described
from gitops_audit.source.no_repository import NoCheckout
from gitops_audit.source.objects import CORRUPT, FSCK
from gitops_audit.source.repository import Repository, open_local
from gitops_audit.source.revision import held_commit, pinned
from gitops_audit.source.unread import NO_PATH
from gitops_audit.source.worktree import WorktreeCheckout

NO_WORKTREE = "GA209"
_LONGEST_PATH = 4096


class Opener:
    """Opens the sources of one run, in any thread."""

    def __init__(self, base_dir: Path, *, cache_dir: Path | None = None, fetch: bool = True) -> None:
        """Relative repositories count from `base_dir`. `cache_dir` holds the copies of remote repositories (default:
        the user's cache); `fetch=False` uses them as they are.
        """
        self._base_dir, self._cache_dir, self._fetch = base_dir, cache_dir, fetch
        self._remotes: dict[tuple[str, str], Repository] = {}
        self._locals: dict[str, Repository] = {}
        self._lock = Lock()

    def open(self, config: SourceConfig, revision: str | None = None) -> Checkout:
        """One source, pinned to a commit (or its work tree); `revision` overrides the configured one.

        Raises SourceError, placed at the source's line.
        """
        try:
            return self._opened(config, revision or config.revision)
        except SourceError as error:
            where = error.where or config.where
            raise SourceError(error.message, code=error.code, where=where, hint=error.hint) from None

    def commit(self, repo: str, revisions: Iterable[str]) -> Commit | None:
        """The first of these revisions (`refs/...`, or commit ids) that a repository (a path or URL) holds; None where
        it holds none of them. A branch or tag that is called like a commit id is none.

        Raises SourceError where the repository cannot be read.
        """
        repository = self._repository(repo, "HEAD")
        held = ((name, held_commit(repository, name)) for name in revisions if not revision_fault(name))
        try:
            found = next((c for name, c in held if c and (name.startswith("refs/") or c.startswith(name))), None)
            return described(repository.git, found) if found is not None else None
        except GitFailedError as error:
            message = f"git cannot read {repository.display}: {error.reason}"
            raise SourceError(message, code=CORRUPT, hint=FSCK) from None

    def _opened(self, config: SourceConfig, revision: str) -> Checkout:
        if config.repo == NO_REPOSITORY:
            return NoCheckout.of(config)
        if "\0" in config.path or len(config.path) > _LONGEST_PATH:
            message = f"{printable(config.path[:100])!r} is no path: it is too long, or holds a NUL"
            raise SourceError(message, code=NO_PATH, hint="correct it")
        repository = self._repository(config.repo, revision)
        if revision != WORKTREE:
            return CommitCheckout(repository, revision, pinned(repository, revision), config.path)
        if repository.root is None:
            hint = "name a branch, tag or commit"
            raise SourceError(f"{repository.display} has no checked-out files", code=NO_WORKTREE, hint=hint)
        return WorktreeCheckout(repository, repository.root, config.path)

    def _repository(self, repo: str, revision: str) -> Repository:
        if not is_url(repo):
            with self._lock:
                if repo not in self._locals:
                    self._locals[repo] = open_local(resolved_path(self._base_dir, repo))
                return self._locals[repo]
        key = (repo, revision if is_fetched_by_name(revision) else "")
        with self._lock:
            if key not in self._remotes:
                cache_dir = self._cache_dir or default_cache_dir()
                self._remotes[key] = open_remote(repo, cache_dir, fetch=self._fetch, revision=revision)
            return self._remotes[key]


def open_source(
    config: SourceConfig,
    *,
    base_dir: Path,
    cache_dir: Path | None = None,
    fetch: bool = True,
    revision: str | None = None,
) -> Checkout:
    """One source on its own; see Opener. Raises SourceError."""
    return Opener(base_dir, cache_dir=cache_dir, fetch=fetch).open(config, revision)
