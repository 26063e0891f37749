"""Pins a revision to its commit, once: whatever moves afterwards, the audit stays with that commit."""

from __future__ import annotations

import re

from gitops_audit.config.source_rules import revision_fault
from gitops_audit.config.suggest import closest
from gitops_audit.errors import SourceError
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.repository import Repository

NO_REVISION, NO_COMMITS = "GA204", "GA205"

_NO_SUCH = "Needed a single revision"
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")


def pinned(repository: Repository, revision: str) -> str:
    """The full id of the commit that a branch, tag (annotated ones too), commit or expression means.

    Git's own rules decide between equal names. Raises SourceError, which names what is close.
    """
    if fault := revision_fault(revision):
        raise SourceError(f"the revision {revision!r} {fault}", code=NO_REVISION)
    commit, reason = _resolved(repository, revision)
    if not commit and repository.is_mirror and revision.startswith("origin/"):
        commit, reason = _resolved(repository, revision.removeprefix("origin/"))
    if not commit:
        raise _missing(repository, revision, reason)
    return commit


def merge_base(repository: Repository, one: str, other: str) -> str:
    """The last commit that the histories of two commits have in common. Raises SourceError where there is none."""
    try:
        return repository.git.line("merge-base", one, other)
    except GitFailedError:
        message = f"{one[:10]} and {other[:10]} have no commit in common in {repository.display}"
        hint = "the clone may be shallow: fetch the whole history (in CI: fetch depth 0)"
        raise SourceError(message, code=NO_REVISION, hint=hint) from None


def has(repository: Repository, revision: str) -> bool:
    """Whether the repository holds a revision."""
    return bool(_resolved(repository, revision)[0])


def held_commit(repository: Repository, revision: str) -> str:
    """The commit that a revision means; empty where the repository does not hold it.

    Raises GitFailedError where it does and its objects cannot be read: git itself says the same of both.
    """
    commit, reason = _resolved(repository, revision)
    if not commit and reason and _NO_SUCH not in reason:
        raise GitFailedError(reason)
    if not commit and revision.startswith("refs/"):
        repository.git.output("for-each-ref", revision)
    return commit


def _resolved(repository: Repository, revision: str) -> tuple[str, str]:
    try:
        return repository.git.line("rev-parse", "--verify", f"{revision}^{{commit}}"), ""
    except GitFailedError as error:
        return "", error.reason


def _missing(repository: Repository, revision: str, reason: str) -> SourceError:
    names = _names(repository)
    if not names and not has(repository, "HEAD"):
        hint = "commit something first"
        return SourceError(f"the repository {repository.display} has no commits", code=NO_COMMITS, hint=hint)
    message = f"there is no revision {revision!r} in {repository.display}"
    if "ambiguous" in reason and "unknown revision" not in reason:
        message = f"the revision {revision!r} is ambiguous in {repository.display}"
    return SourceError(message, code=NO_REVISION, hint=_hint(repository, revision, names))


def _hint(repository: Repository, revision: str, names: list[str]) -> str:
    hints = []
    if near := _near(revision, names):
        hints.append(f"did you mean {' or '.join(repr(name) for name in near)}?")
    if repository.is_shallow:
        hints.append("the clone is shallow: `git fetch --unshallow` gets the rest (in CI: fetch depth 0)")
    elif _SHA.fullmatch(revision) and not near:
        hints.append("no commit begins with this id; was it pushed?")
    return " ".join(hints) or f"branches and tags: {', '.join(names[:10]) or 'none'}"


def _near(revision: str, names: list[str]) -> list[str]:
    """Names that are like it, first of all the same branch of a remote."""
    remote = [name for name in names if name.endswith(f"/{revision}")]
    return list(dict.fromkeys([*remote, *closest(revision, names)]))[:3]


def _names(repository: Repository) -> list[str]:
    patterns = ("refs/heads", "refs/tags", "refs/remotes")
    try:
        listed = repository.git.output("for-each-ref", "--format=%(refname:short)", *patterns)
    except GitFailedError:
        return []
    return listed.decode("utf-8", "replace").split()
